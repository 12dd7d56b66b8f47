import json
import socket
from typing import Any
from urllib.parse import parse_qsl

import pytest

from nps_local.fakes.wootric.actions import NewAnswer
from nps_local.fakes.wootric.hooks.webhooks import sign
from nps_local.fakes.wootric.server import FakeWootric
from nps_testing.sources.probe import ManualClock, Probe, Receiver

pytest_plugins = ["nps_testing.sources.fixtures"]

KEY = "test-secret-0123456789abcdef"


def watch(fake: FakeWootric, receiver: Receiver, **more: Any) -> None:
    fake.switch({"webhook": {"url": receiver.url, "key": KEY, **more}})


def events(fake: FakeWootric, receiver: Receiver) -> list[str]:
    assert fake.context.sender.flush(timeout_s=10)
    return [json.loads(got.body)["event_name"] for got in receiver.received]


def test_raw_form__has_plain_brackets_and_the_same_fields(
    wootric: FakeWootric, receiver: Receiver
) -> None:
    watch(wootric, receiver, format="form_raw")
    wootric.actions.answer(NewAnswer(score=2, text="a & b=c", properties={"seat count": "1 & 2"}))
    assert wootric.context.sender.flush()
    raw = receiver.received[0].body.decode()
    assert "response[end_user_properties][seat%20count]=1%20%26%202" in raw
    assert dict(parse_qsl(raw, keep_blank_values=True))["response[text]"] == "a & b=c"


def test_life_of_an_answer__sends_created_then_updated(
    wootric: FakeWootric, receiver: Receiver
) -> None:
    watch(wootric, receiver)
    made = wootric.actions.answer(NewAnswer(score=2, email="ana@acme.example"))
    wootric.actions.edit(made, {"text": "slow"})
    assert events(wootric, receiver) == ["created", "updated"]
    first, second = (json.loads(got.body)["response"] for got in receiver.received)
    assert (first["text"], second["text"]) == (None, "slow")
    assert second["updated_at"] > first["updated_at"]
    assert not {"tags", "notes", "completed", "end_user"} & set(second)
    for got in receiver.received:
        assert got.headers["x-wootric-signature"] == sign(got.body, KEY)


def test_posted_answer_and_decline__are_notified(
    wootric: FakeWootric, probe: Probe, receiver: Receiver
) -> None:
    watch(wootric, receiver)
    person = wootric.actions.new_user(email="ana@acme.example").id
    body = {"score": "9", "ip_address": "203.0.113.1", "origin_url": "static"}
    probe.call("POST", f"/v1/end_users/{person}/responses", data=body)
    probe.call("POST", f"/v1/end_users/{person}/declines", data=body)
    assert events(wootric, receiver) == ["created", "created"]
    assert [next(iter(json.loads(got.body))) for got in receiver.received] == [
        "response",
        "decline",
    ]


@pytest.mark.parametrize("sends", [False, True])
def test_colleague_edits__are_silent_unless_switched_on(
    wootric: FakeWootric, receiver: Receiver, sends: bool
) -> None:
    made = wootric.actions.answer(NewAnswer(score=2))
    watch(wootric, receiver, updated_on_api_edit=sends)
    wootric.actions.flag(made, excluded=True, completed=None)
    wootric.actions.tag(made, ["BILLING"])
    wootric.actions.note(made, "called", "dana@example.com")
    wootric.store.remove_row(made)
    assert events(wootric, receiver) == (["updated"] * 3 if sends else [])


@pytest.mark.parametrize("fresh", [True, False])
def test_retries__stop_at_success_and_renew_the_timestamp_by_switch(
    wootric: FakeWootric, wootric_clock: ManualClock, receiver: Receiver, fresh: bool
) -> None:
    wootric_clock.step_s = 1.0
    receiver.statuses += [500, 503]
    watch(wootric, receiver, retries=5, retry_wait_ms=1, retry_new_timestamp=fresh)
    wootric.actions.answer(NewAnswer(score=2))
    assert events(wootric, receiver) == ["created"] * 3
    stamps = {json.loads(got.body)["timestamp"] for got in receiver.received}
    assert len(stamps) == (3 if fresh else 1)
    assert [a["status"] for a in wootric.context.sender.as_json()] == [500, 503, 200]


def test_dropped_and_duplicate_deliveries__follow_their_shares(
    wootric: FakeWootric, receiver: Receiver
) -> None:
    watch(wootric, receiver, drop=1.0)
    wootric.actions.answer(NewAnswer(score=2))
    assert events(wootric, receiver) == []
    watch(wootric, receiver, drop=0.0, duplicate=1.0)
    wootric.actions.answer(NewAnswer(score=2))
    assert events(wootric, receiver) == ["created", "created"]


def test_reorder__lets_deliveries_overtake(wootric: FakeWootric, receiver: Receiver) -> None:
    watch(wootric, receiver, reorder=True)
    made = [wootric.actions.answer(NewAnswer(score=2)).id for _ in range(12)]
    events(wootric, receiver)
    got = [json.loads(item.body)["response"]["id"] for item in receiver.received]
    assert sorted(got) == made
    assert got != made


def test_unreachable_receiver__counts_as_an_attempt_without_status(
    wootric: FakeWootric, probe: Probe
) -> None:
    made = wootric.actions.answer(NewAnswer(score=2)).id
    order = {"ids": [made], "url": "http://127.0.0.1:9/", "key": KEY}
    assert [a["status"] for a in probe.admin("POST", "/webhooks", order).json()] == [0]


def test_null_email__is_null_in_json_and_empty_in_a_form(
    wootric: FakeWootric, receiver: Receiver
) -> None:
    watch(wootric, receiver)
    wootric.actions.answer(NewAnswer(score=2))
    watch(wootric, receiver, format="form")
    wootric.actions.answer(NewAnswer(score=2))
    assert wootric.context.sender.flush()
    as_json, as_form = (got.body for got in receiver.received)
    assert json.loads(as_json)["response"]["email"] is None
    fields = dict(parse_qsl(as_form.decode(), keep_blank_values=True))
    assert fields["response[email]"] == ""


def test_survey_mode_and_escaping__follow_their_switches(
    wootric: FakeWootric, receiver: Receiver
) -> None:
    wootric.switch(survey_mode="CSAT")
    watch(wootric, receiver, html_escape_text=True)
    wootric.actions.answer(NewAnswer(score=2, text="a & b"))
    assert events(wootric, receiver) == ["created"]
    sent = json.loads(receiver.received[0].body)
    assert (sent["survey_mode"], sent["response"]["text"]) == ("CSAT", "a &amp; b")


@pytest.mark.parametrize(
    ("style", "printed"),
    [
        ("json", '"created_at":"2026-03-02T18:00:00.000+01:00"'),
        ("form_raw", "response[created_at]=2026-03-02%2018%3A00%3A00%20%2B0100"),
    ],
)
def test_payload_switches__reach_webhooks_too(
    wootric: FakeWootric, receiver: Receiver, style: str, printed: str
) -> None:
    wootric.switch(payload_time_zone="Europe/Berlin", unnamed_keys=True)
    watch(wootric, receiver, format=style)
    wootric.actions.answer(NewAnswer(score=2))
    assert wootric.context.sender.flush()
    body = receiver.received[0].body.decode()
    assert printed in body
    assert "driver_picklist" in body


def test_content_type__is_that_of_the_format_unless_given(
    wootric: FakeWootric, receiver: Receiver
) -> None:
    for changes in ({"format": "json"}, {"format": "form"}, {"content_type": "text/plain"}):
        watch(wootric, receiver, **changes)
        wootric.actions.answer(NewAnswer(score=2))
    assert wootric.context.sender.flush()
    assert [got.headers["content-type"] for got in receiver.received] == [
        "application/json",
        "application/x-www-form-urlencoded",
        "text/plain",
    ]


def test_no_secret__sends_no_signature(wootric: FakeWootric, receiver: Receiver) -> None:
    wootric.switch({"webhook": {"url": receiver.url, "key": ""}})
    wootric.actions.answer(NewAnswer(score=2))
    assert events(wootric, receiver) == ["created"]
    assert "x-wootric-signature" not in receiver.received[0].headers


def test_timeout__gives_a_slow_receiver_up_and_retries(
    wootric: FakeWootric, receiver: Receiver
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts and never answers
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        watch(wootric, receiver, timeout_s=0.1, retries=1, retry_wait_ms=1)
        wootric.switch({"webhook.url": url})
        wootric.actions.answer(NewAnswer(score=2))
        assert wootric.context.sender.flush()
    tried = [(a["number"], a["status"]) for a in wootric.context.sender.as_json()]
    assert tried == [(1, 0), (2, 0)]


def test_delay__holds_a_delivery_back_until_it_is_due(
    wootric: FakeWootric, receiver: Receiver
) -> None:
    watch(wootric, receiver, delay_ms=60_000)
    wootric.actions.answer(NewAnswer(score=2))
    assert not wootric.context.sender.flush(timeout_s=0.1)
    assert receiver.received == []
