from typing import Any

import pytest

from nps_local.fakes.wootric.actions import NewAnswer, NewRow
from nps_local.fakes.wootric.server import FakeWootric
from nps_testing.sources.probe import MONDAY_S, ManualClock, Probe

pytest_plugins = ["nps_testing.sources.fixtures"]

NOT_FOUND = {
    "type": "error_list",
    "errors": [
        {
            "status": "record_not_found",
            "message": "The record could not be found",
            "field": None,
        }
    ],
}


def emails(probe: Probe, **params: Any) -> list[str]:
    return [row["email"] for row in probe.rows("/v1/end_users", params)]


def test_people__are_sorted_by_email_unless_asked_otherwise(
    wootric: FakeWootric, probe: Probe, wootric_clock: ManualClock
) -> None:
    for name in ("cy", "ana", "bo"):
        wootric.actions.answer(NewAnswer(score=9, email=f"{name}@acme.example"))
        wootric_clock.now_s += 10
    by_name = ["ana@acme.example", "bo@acme.example", "cy@acme.example"]
    by_age = ["cy@acme.example", "ana@acme.example", "bo@acme.example"]
    assert emails(probe) == by_name
    assert emails(probe, sort_order="desc") == by_name[::-1]
    assert emails(probe, sort_key="created_at") == by_age
    assert emails(probe, sort_key="updated_at", per_page=1, page=2) == ["ana@acme.example"]
    assert emails(probe, email="bo@acme.example") == ["bo@acme.example"]
    assert emails(probe, **{"created[gte]": int(MONDAY_S) + 10}) == by_name[:2]


def test_updated_filter_of_people__works(
    wootric: FakeWootric, probe: Probe, wootric_clock: ManualClock
) -> None:
    for name in ("ana", "bo"):
        wootric.actions.answer(NewAnswer(score=9, external_id=name, email=f"{name}@acme.example"))
    wootric_clock.now_s += 60
    wootric.actions.edit_user(wootric.store.users[7002], {"phone_number": "+14155550100"})
    assert emails(probe, **{"updated[gt]": int(MONDAY_S)}) == ["bo@acme.example"]


def test_never_surveyed_people__are_hidden(wootric: FakeWootric, probe: Probe) -> None:
    wootric.actions.new_user(email="ana@acme.example")
    assert emails(probe) == []
    wootric.switch(hide_never_surveyed_end_users=False)
    assert emails(probe) == ["ana@acme.example"]


def test_person__has_settings_and_the_last_response(wootric: FakeWootric, probe: Probe) -> None:
    for score, text in ((9, None), (3, "a & b")):
        wootric.actions.answer(
            NewAnswer(
                score=score,
                text=text,
                email="ana@acme.example",
                external_id="u-42",
                created_ms=int(MONDAY_S) * 1000 - score,
            )
        )
    person = probe.get("/v1/end_users/7001").json()
    assert person["last_response"] == {
        "id": 500002,
        "score": 3,
        "text": "a &amp; b",
        "survey": {"channel": "web"},
    }
    assert person["settings"]["web_nps"] is True
    assert person["last_surveyed"] == "2026-03-02 08:59:59 -0800"
    settings = probe.get("/v1/end_users/7001/settings").json()
    assert settings["end_user_id"] == 7001


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("7001", 200),
        ("u-42?lookup_by_external_id=true", 200),
        ("ana%2Btest@acme.example?lookup_by_email=true", 200),
        ("phone_number/+14155550100", 200),
        ("ana%2Btest@acme.example", 404),
        ("u-42", 404),
        ("7002", 404),
        ("phone_number/14155550100", 404),
        ("u-43?lookup_by_external_id=true", 404),
    ],
)
def test_lookup__finds_only_by_what_is_named(
    wootric: FakeWootric, probe: Probe, path: str, status: int
) -> None:
    wootric.actions.new_user(
        email="ana+test@acme.example", external_id="u-42", phone_number="+14155550100"
    )
    answer = probe.get(f"/v1/end_users/{path}")
    assert answer.status_code == status
    assert answer.json() == NOT_FOUND if status == 404 else answer.json()["id"] == 7001


def test_nested_lists__show_only_the_persons_rows(wootric: FakeWootric, probe: Probe) -> None:
    made = {
        score: wootric.actions.answer(NewAnswer(score=score, external_id="u-1")).id
        for score in (0, 6, 7, 8, 9, 10)
    }
    wootric.actions.answer(NewAnswer(score=9, external_id="u-2"))
    declined = wootric.actions.decline(NewRow(external_id="u-1")).id
    base = "/v1/end_users/7001"
    assert sorted(probe.ids(f"{base}/responses")) == list(made.values())
    assert set(probe.ids(f"{base}/responses/detractors")) == {made[0], made[6]}
    assert set(probe.ids(f"{base}/responses/passives")) == {made[7], made[8]}
    assert set(probe.ids(f"{base}/responses/promoters")) == {made[9], made[10]}
    assert probe.ids(f"{base}/declines") == [declined]
    assert probe.get(f"{base}/declines/{declined}").json()["id"] == declined


def test_single_answer__is_found_only_below_its_person(wootric: FakeWootric, probe: Probe) -> None:
    made = wootric.actions.answer(NewAnswer(score=4, external_id="u-1"))
    wootric.actions.answer(NewAnswer(score=4, external_id="u-2"))
    assert probe.get(f"/v1/end_users/7001/responses/{made.id}").json()["score"] == 4
    other = probe.get(f"/v1/end_users/7002/responses/{made.id}")
    assert (other.status_code, other.json()) == (404, NOT_FOUND)


def test_erased_person__is_gone_with_every_row_and_read(wootric: FakeWootric, probe: Probe) -> None:
    made = wootric.actions.answer(NewAnswer(score=4, external_id="u-1")).id
    declined = wootric.actions.decline(NewRow(external_id="u-1")).id
    wootric.actions.answer(NewAnswer(score=9, external_id="u-2"))
    base = "/v1/end_users/7001"
    paths = (
        base,
        "/v1/end_users/u-1?lookup_by_external_id=true",
        f"{base}/settings",
        f"{base}/responses",
        f"{base}/responses/detractors",
        f"{base}/responses/{made}",
        f"{base}/declines",
        f"{base}/declines/{declined}",
    )
    lists = ("/v1/responses", "/v1/declines", "/v1/end_users")
    before = [probe.ids(path) for path in lists]
    assert {probe.get(path).status_code for path in paths} == {200}
    wootric.erase(7001)
    for path in paths:
        answer = probe.get(path)
        assert (answer.status_code, answer.json()) == (404, NOT_FOUND)
    assert [len(ids) for ids in before] == [2, 1, 2]
    assert [probe.ids(path) for path in lists] == [before[0][1:], [], before[2][1:]]


def test_deleted_decline__is_gone_while_its_person_stays(
    wootric: FakeWootric, probe: Probe
) -> None:
    made = wootric.actions.decline(NewRow(external_id="u-1"))
    wootric.store.remove_row(made)
    gone = probe.get(f"/v1/end_users/7001/declines/{made.id}")
    assert (gone.status_code, gone.json()) == (404, NOT_FOUND)
    assert probe.ids("/v1/end_users/7001/declines") == probe.ids("/v1/declines") == []


def test_export__is_accepted_without_a_body(wootric: FakeWootric, probe: Probe) -> None:
    wootric.actions.new_user(email="ana@acme.example")
    answer = probe.get("/v1/end_users/7001/export")
    assert (answer.status_code, answer.content) == (202, b"")
