from typing import Any

import pytest
import requests

from nps_local.fakes.wootric.actions import NewAnswer, NewRow
from nps_local.fakes.wootric.data.model import Answer
from nps_local.fakes.wootric.oauth import Credentials
from nps_local.fakes.wootric.server import FakeWootric
from nps_testing.sources.probe import MONDAY_S, TIMEOUT_S, ManualClock, Probe

pytest_plugins = ["nps_testing.sources.fixtures"]

MONDAY_MS = int(MONDAY_S) * 1000


@pytest.fixture
def answer(wootric: FakeWootric) -> Answer:
    """One answer of a day ago."""
    return wootric.actions.answer(
        NewAnswer(
            score=5,
            email="ana@acme.example",
            properties={"company": "Acme Inc"},
            created_ms=MONDAY_MS - 86_400_000,
        )
    )


def test_new_person__comes_back_with_milliseconds(probe: Probe) -> None:
    reply = probe.call(
        "POST",
        "/v1/end_users",
        data={
            "email": "ana@acme.example",
            "external_id": "u-42",
            "external_created_at": "1731628800",
            "properties[company]": "Acme Inc",
            "properties[seats_amount]": "120",
        },
    )
    assert reply.status_code == 201
    person = reply.json()
    assert person["created_at"] == "2026-03-02T09:00:00.000-08:00"
    assert person["external_created_at"] == 1731628800
    assert person["properties"] == {"company": "Acme Inc", "seats_amount": 120}


def test_taken_email__is_refused_with_a_plain_error(probe: Probe, answer: Answer) -> None:
    reply = probe.call("POST", "/v1/end_users", data={"email": "ana@acme.example"})
    message = "Validation failed: Email has already been taken"
    assert (reply.status_code, reply.json()) == (400, {"error": message})


def test_person_update__replaces_properties_and_takes_json(probe: Probe, answer: Answer) -> None:
    path = f"/v1/end_users/{answer.end_user_id}"
    changes: dict[str, Any] = {"email": "an@acme.example", "properties": {"plan": "Team"}}
    assert probe.call("PUT", path, json=changes).status_code == 200
    person = probe.get(path).json()
    assert (person["email"], person["properties"]) == ("an@acme.example", {"plan": "Team"})
    row = probe.rows("/v1/responses", {})[0]
    assert row["end_user"] == {
        "email": "an@acme.example",
        "properties": {"company": "Acme Inc"},
    }


def test_settings_update__changes_only_what_is_given(probe: Probe, answer: Answer) -> None:
    path = f"/v1/end_users/{answer.end_user_id}/settings"
    assert probe.call("PUT", path, data={"email_nps": "false"}).json()["email_nps"] is False
    assert probe.get(path).json()["web_nps"] is True


def test_posted_answer__can_be_back_dated_and_updates_the_person(
    probe: Probe, answer: Answer
) -> None:
    path = f"/v1/end_users/{answer.end_user_id}/responses"
    body = {
        "score": "10",
        "ip_address": "203.0.113.7",
        "origin_url": "static",
        "created_at": "1700000000",
        "end_user[properties][plan]": "Team",
    }
    reply = probe.call("POST", path, data=body)
    assert reply.status_code == 201
    assert probe.ids(created__eq=1700000000) == [reply.json()["id"]]
    person = probe.get(f"/v1/end_users/{answer.end_user_id}").json()
    assert person["properties"] == {"company": "Acme Inc", "plan": "Team"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"score": None}, "score is missing"),
        ({"score": "11"}, "score does not have a valid value"),
        ({"score": "good"}, "score is invalid"),
        ({"origin_url": None}, "origin_url is missing"),
    ],
)
def test_incomplete_posted_answer__is_refused(
    probe: Probe, answer: Answer, changes: dict[str, Any], message: str
) -> None:
    body = {"score": "1", "ip_address": "203.0.113.7", "origin_url": "static", **changes}
    reply = probe.call("POST", f"/v1/end_users/{answer.end_user_id}/responses", data=body)
    assert reply.status_code == 400
    assert reply.json()["errors"][0]["message"] == message


@pytest.mark.parametrize("moves", [False, True])
def test_exclusion__is_204_and_moves_updated_at_only_by_switch(
    wootric: FakeWootric, probe: Probe, answer: Answer, moves: bool
) -> None:
    wootric.switch(flag_edit_bumps_updated_at=moves)
    before = answer.updated_ms
    body = {"excluded_from_calculations": "true", "completed": "true"}
    reply = probe.call("PUT", f"/v1/responses/{answer.id}", data=body)
    assert (reply.status_code, reply.content) == (204, b"")
    row = probe.rows("/v1/responses", {})[0]
    assert (row["excluded_from_calculations"], row["completed"]) == (True, True)
    assert (answer.updated_ms > before) is moves


def test_history_rewrite__is_locked_unless_enabled(
    wootric: FakeWootric, probe: Probe, answer: Answer
) -> None:
    path, body = f"/v1/responses/{answer.id}", {"end_user[properties][company]": "New Co"}
    assert probe.call("PUT", path, data=body).status_code == 423
    wootric.switch(historical_properties="enabled")
    assert probe.call("PUT", path, data=body).status_code == 204
    assert probe.rows("/v1/responses", {})[0]["end_user"]["properties"]["company"] == "New Co"


def test_deleted_answer__leaves_no_trace(probe: Probe, answer: Answer) -> None:
    path = f"/v1/end_users/{answer.end_user_id}/responses/{answer.id}"
    assert probe.call("DELETE", path).status_code == 204
    assert probe.call("DELETE", path).status_code == 404
    assert probe.get(path).status_code == 404
    assert probe.ids() == []


def test_decline__can_be_posted_and_deleted(probe: Probe, answer: Answer) -> None:
    path = f"/v1/end_users/{answer.end_user_id}/declines"
    made = probe.call("POST", path, data={"origin_url": "static"})
    assert made.status_code == 201
    assert probe.ids("/v1/declines") == [made.json()["id"]]
    assert probe.call("DELETE", f"{path}/{made.json()['id']}").status_code == 204
    assert probe.ids("/v1/declines") == []


def test_deleted_person__is_erased_at_the_next_seven_utc(
    wootric: FakeWootric, probe: Probe, wootric_clock: ManualClock, answer: Answer
) -> None:
    assert probe.call("DELETE", "/v1/end_users/ana@acme.example").status_code == 200
    seven_utc = 1_772_521_200 - 0.001  # Tuesday 2026-03-03 07:00 UTC, one millisecond before
    wootric_clock.now_s = seven_utc
    probe.login()
    assert probe.ids() == [answer.id]
    wootric_clock.now_s += 0.001
    assert probe.ids() == []
    assert probe.get(f"/v1/end_users/{answer.end_user_id}").status_code == 404
    assert wootric.source()[0]["deleted"] is True


def test_delete_end_user_switch__erases_at_once(
    wootric: FakeWootric, probe: Probe, answer: Answer
) -> None:
    wootric.switch(delete_end_user="immediate")
    probe.call("DELETE", f"/v1/end_users/{answer.end_user_id}")
    assert probe.ids() == []


@pytest.mark.parametrize("moves", [False, True])
def test_note__needs_a_persons_token_and_leaves_updated_at_alone(
    wootric: FakeWootric, probe: Probe, answer: Answer, moves: bool
) -> None:
    wootric.switch(note_edit_bumps_updated_at=moves)
    before = answer.updated_ms
    body = {"response_id": str(answer.id), "text": "Called the admin"}
    refused = probe.call("POST", "/v1/notes", data=body)
    assert refused.status_code == 403
    assert "logged in with credentials" in refused.json()["errors"][0]["message"]
    login = {
        "grant_type": "password",
        "username": Credentials().username,
        "password": Credentials().password,
    }
    reply = requests.post(f"{probe.url}/oauth/token", data=login, timeout=TIMEOUT_S)
    probe.token = reply.json()["access_token"]
    assert probe.call("POST", "/v1/notes", data=body).status_code == 201
    row = probe.rows("/v1/responses", {})[0]
    assert row["notes"] == ["Called the admin"]
    assert (answer.updated_ms > before) is moves
    listed = probe.rows("/v1/notes", {"response_ids[]": answer.id})
    assert (listed[0]["text"], listed[0]["response_id"]) == ("Called the admin", answer.id)


def test_summary__counts_days_of_the_account_and_leaves_out_excluded(
    wootric: FakeWootric, probe: Probe
) -> None:
    midnight_ms = MONDAY_MS - 9 * 3_600_000  # 2026-03-02 00:00 Pacific
    for score, at_ms in ((10, 0), (9, 1), (8, 2), (0, 3), (0, -1), (10, 86_400_000 - 1)):
        wootric.actions.answer(NewAnswer(score=score, created_ms=midnight_ms + at_ms, visible_ms=0))
    wootric.actions.answer(NewAnswer(score=0, created_ms=midnight_ms + 5, excluded=True))
    wootric.actions.decline(NewRow(created_ms=midnight_ms + 6))
    day = {"date[start]": "2026-03-02", "date[end]": "2026-03-02"}
    summary = probe.call("GET", "/v1/nps_summary", params=day).json()
    assert summary == {
        "nps": 40,
        "responses": 5,
        "detractors": 1,
        "passives": 1,
        "promoters": 3,
        "response_rate": 83,
        "email_response_rate": 0,
    }
    wootric.switch(account_time_zone="UTC")  # 00:00 Pacific is 08:00 UTC
    assert probe.call("GET", "/v1/nps_summary", params=day).json()["detractors"] == 2
    last_month = probe.get("/v1/nps_summary").json()
    assert last_month["responses"] == 0


def test_segments__name_property_keys_with_their_type(wootric: FakeWootric, probe: Probe) -> None:
    properties: dict[str, str | int] = {"plan": "Team", "seats_amount": 3, "renewal_date": 1}
    wootric.actions.answer(NewAnswer(score=9, properties=properties))
    found = {row["name"]: row["data_type"] for row in probe.rows("/v1/segments", {})}
    assert found == {"plan": "string", "renewal_date": "date", "seats_amount": "integer"}
