"""Undocumented behaviour of the API: the fake can behave either way."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from nps_local.fakes.wootric.actions import NewAnswer, NewRow
from nps_local.fakes.wootric.data.model import Answer
from nps_local.fakes.wootric.server import FakeWootric
from nps_local.fakes.wootric.switches import Switches, WebhookSwitches
from nps_testing.sources.probe import MONDAY_S, ManualClock, Probe

pytest_plugins = ["nps_testing.sources.fixtures"]

MONDAY_MS = int(MONDAY_S) * 1000


@pytest.fixture
def answer(wootric: FakeWootric) -> Answer:
    """One answer of a day ago."""
    return wootric.actions.answer(
        NewAnswer(
            score=5,
            external_id="u-1",
            properties={"company": "Acme Inc"},
            created_ms=MONDAY_MS - 86_400_000,
            tags=("BILLING",),
        )
    )


def test_every_switch__is_set_by_a_contract_test() -> None:
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*"))
    names = [item.name for owner in (Switches, WebhookSwitches) for item in fields(owner)]
    unset = [name for name in names if f"{name}=" not in tests and f'{name}":' not in tests]
    assert unset == []


@pytest.mark.parametrize("page", [0, -1])
def test_page_below_one__is_refused_or_the_first(
    wootric: FakeWootric, probe: Probe, answer: Answer, page: int
) -> None:
    assert probe.get("/v1/responses", page=page).status_code == 400
    wootric.switch(page_below_one="first_page")
    assert probe.ids(page=page) == [answer.id]


@pytest.mark.parametrize(
    ("reading", "wanted", "shown"),
    [
        ("ignored", "true", {5, 9}),
        ("ignored", "false", {5, 9}),
        ("ignored", "maybe", {5, 9}),
        ("supported", "true", {9}),
        ("supported", "false", {5}),
        ("supported", None, {5, 9}),
    ],
)
def test_excluded_filter__is_ignored_or_supported(
    wootric: FakeWootric,
    probe: Probe,
    answer: Answer,
    reading: str,
    wanted: str | None,
    shown: set[int],
) -> None:
    wootric.actions.answer(NewAnswer(score=9, external_id="u-1", excluded=True))
    wootric.switch(excluded_filter=reading)
    asked = {} if wanted is None else {"excluded_from_calculations": wanted}
    for path in ("/v1/responses", "/v1/end_users/7001/responses"):
        assert {row["score"] for row in probe.rows(path, asked)} == shown


def test_supported_excluded_filter__refuses_other_values(
    wootric: FakeWootric, probe: Probe
) -> None:
    wootric.switch(excluded_filter="supported")
    reply = probe.get("/v1/responses", excluded_from_calculations="maybe")
    assert reply.status_code == 400


def test_excluded_answers__are_listed_unless_switched_off(
    wootric: FakeWootric, probe: Probe, answer: Answer
) -> None:
    wootric.actions.flag(answer, excluded=True, completed=None)
    assert probe.ids() == [answer.id]
    wootric.switch(list_excluded=False)
    assert probe.ids() == []
    assert probe.get(f"/v1/end_users/7001/responses/{answer.id}").status_code == 200
    wootric.actions.flag(answer, excluded=False, completed=None)
    assert probe.ids() == [answer.id]


def test_response_by_id__is_not_offered_or_shows_one_that_lives(
    wootric: FakeWootric, probe: Probe, answer: Answer
) -> None:
    path = f"/v1/responses/{answer.id}"
    assert probe.get(path).status_code == 405
    wootric.switch(response_by_id="offered", create_lag_ms=5000)
    nested = f"/v1/end_users/{answer.end_user_id}/responses/{answer.id}"
    assert probe.get(path).json() == probe.get(nested).json()
    late = wootric.actions.answer(NewAnswer(score=9))
    assert probe.get(f"/v1/responses/{late.id}").status_code == 404
    wootric.store.remove_row(answer)
    assert probe.get(path).status_code == 404


@pytest.mark.parametrize("edit", [{"score": 1}, {"text": "slow"}, {"tags": ["A"]}])
@pytest.mark.parametrize("bumps", [False, True])
def test_answer_edit__moves_the_persons_updated_at_only_by_switch(
    wootric: FakeWootric,
    probe: Probe,
    wootric_clock: ManualClock,
    answer: Answer,
    bumps: bool,
    edit: dict[str, Any],
) -> None:
    wootric.switch(answer_edit_bumps_end_user=bumps, flag_edit_bumps_updated_at=True)
    wootric_clock.now_s += 60
    wootric.edit({"id": answer.id, **edit})
    recent = {"updated[gte]": int(MONDAY_S) + 60, "sort_key": "updated_at"}
    assert len(probe.rows("/v1/end_users", recent)) == int(bumps)
    assert answer.updated_ms == MONDAY_MS + 60_000


def test_note_edit__does_not_touch_the_person(
    wootric: FakeWootric, probe: Probe, wootric_clock: ManualClock, answer: Answer
) -> None:
    wootric.switch(answer_edit_bumps_end_user=True)
    wootric_clock.now_s += 60
    wootric.edit({"id": answer.id, "note": "called"})
    assert probe.rows("/v1/end_users", {"updated[gte]": int(MONDAY_S) + 1}) == []


@pytest.mark.parametrize("bumps", [False, True])
def test_new_answer__moves_the_persons_updated_at_only_by_switch(
    wootric: FakeWootric,
    probe: Probe,
    wootric_clock: ManualClock,
    answer: Answer,
    bumps: bool,
) -> None:
    wootric.switch(new_answer_bumps_end_user=bumps)
    wootric_clock.now_s += 60
    wootric.actions.answer(NewAnswer(score=9, external_id="u-1"))
    people = probe.rows("/v1/end_users", {"updated[gte]": int(MONDAY_S) + 1})
    assert len(people) == int(bumps)


def test_tags__are_strings_or_objects(wootric: FakeWootric, probe: Probe, answer: Answer) -> None:
    assert probe.rows("/v1/responses", {})[0]["tags"] == ["BILLING"]
    wootric.switch(tag_shape="objects")
    assert probe.rows("/v1/responses", {})[0]["tags"] == [{"name": "BILLING"}]


def test_unnamed_keys__are_absent_or_there(
    wootric: FakeWootric, probe: Probe, answer: Answer
) -> None:
    before = set(probe.rows("/v1/responses", {})[0])
    wootric.switch(unnamed_keys=True)
    assert set(probe.rows("/v1/responses", {})[0]) - before == {"driver_picklist"}


def test_payload_time_zone__prints_the_same_moment_elsewhere(
    wootric: FakeWootric, probe: Probe, answer: Answer
) -> None:
    wootric.actions.decline(NewRow(external_id="u-1"))
    for zone, printed in (
        ("America/Los_Angeles", "2026-03-02 09:00:00 -0800"),
        ("Australia/Adelaide", "2026-03-03 03:30:00 +1030"),
        ("UTC", "2026-03-02 17:00:00 +0000"),
    ):
        wootric.switch(payload_time_zone=zone)
        assert probe.rows("/v1/declines", {})[0]["created_at"] == printed
        assert probe.rows("/v1/end_users", {})[0]["created_at"] == printed
        assert probe.rows("/v1/segments", {})[0]["created_at"] == printed
        assert probe.rows("/v1/responses", {})[0]["created_at"][-5:] == printed[-5:]
    assert probe.ids(created__gte=answer.created_ms // 1000) == [answer.id]


@pytest.mark.parametrize(
    ("shape", "body"),
    [
        ("error", b'{"error":"page does not have a valid value"}'),
        ("message", b'{"message":"page does not have a valid value"}'),
        ("string", b'"page does not have a valid value"'),
        ("empty", b""),
    ],
)
def test_error_body__can_have_any_shape_seen(
    wootric: FakeWootric, probe: Probe, shape: str, body: bytes
) -> None:
    listed = probe.get("/v1/responses", page=0).json()["errors"]
    assert [item["field"] for item in listed] == ["page"]
    wootric.switch(error_body=shape)
    reply = probe.get("/v1/responses", page=0)
    assert (reply.status_code, reply.content) == (400, body)


@pytest.mark.parametrize("status", [200, 201])
def test_create_status__is_that_of_people_and_declines(
    wootric: FakeWootric, probe: Probe, answer: Answer, status: int
) -> None:
    wootric.switch(create_status=status)
    made = probe.call("POST", "/v1/end_users", data={"email": "ana@acme.example"})
    assert made.status_code == status
    path = f"/v1/end_users/{answer.end_user_id}/declines"
    assert probe.call("POST", path, data={"origin_url": "static"}).status_code == status


@pytest.mark.parametrize(
    ("reading", "left"),
    [("replace", {"plan": "Team"}), ("merge", {"company": "Acme Inc", "plan": "Team"})],
)
def test_put_properties__replace_or_merge(
    wootric: FakeWootric, probe: Probe, answer: Answer, reading: str, left: dict[str, str]
) -> None:
    wootric.switch(put_properties=reading)
    path = f"/v1/end_users/{answer.end_user_id}"
    probe.call("PUT", path, data={"properties[plan]": "Team"})
    assert probe.get(path).json()["properties"] == left
