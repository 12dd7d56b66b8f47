from collections import Counter
from typing import Any

import pytest

from nps_local.fakes.wootric.actions import NewAnswer, NewRow
from nps_local.fakes.wootric.data.generator import DAY_MS
from nps_local.fakes.wootric.server import FakeWootric
from nps_local.fakes.wootric.switches import Switches
from nps_testing.sources.probe import MONDAY_S, Probe

pytest_plugins = ["nps_testing.sources.fixtures"]

MONDAY_MS = int(MONDAY_S) * 1000


def test_switches__are_shown_changed_and_checked(probe: Probe) -> None:
    shown = probe.admin("GET", "/switches").json()
    assert shown["page_over_cap"] == "empty"
    assert shown["webhook"]["format"] == "json"
    changed = probe.admin("POST", "/switches", {"bounds": "whole_second", "webhook.retries": 2})
    assert changed.json()["bounds"] == "whole_second"
    assert changed.json()["webhook"]["retries"] == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"colour": "blue"},
        {"page_over_cap": "error500"},
        {"rate_limit": "many"},
        {"html_escape_text": 1},
        {"webhook.speed": 3},
        {"webhook": {"format": "xml"}},
        {"payload_time_zone": "Mars/Olympus"},
        {"account_time_zone": "../UTC"},
        {"create_status": 204},
    ],
)
def test_wrong_switch__is_refused_and_changes_nothing(
    wootric: FakeWootric, probe: Probe, changes: dict[str, Any]
) -> None:
    before = wootric.context.switches
    answer = probe.admin("POST", "/switches", changes)
    assert answer.status_code == 400
    assert "switch" in answer.json()["error"]
    assert wootric.context.switches == before


def test_switch_export__can_be_read_back() -> None:
    changed = Switches().with_changes(
        {"unlimited_endpoints": ["/v1/segments"], "webhook.drop": 0.5}
    )
    assert Switches().with_changes(changed.as_json()) == changed


def test_answers__are_added_edited_and_deleted_by_control_calls(probe: Probe) -> None:
    new = {"score": 2, "email": "ana@acme.example", "properties": {"company_id": "c-1"}}
    ids = probe.admin("POST", "/answers", [new, {**new, "score": 9}]).json()["ids"]
    edits = {
        "score": 4,
        "text": "better",
        "excluded": True,
        "tags": ["BILLING"],
        "note": "called",
        "properties": {"company_id": "c-2"},
    }
    assert probe.admin("PATCH", f"/answers/{ids[0]}", edits).status_code == 200
    row = next(row for row in probe.rows("/v1/responses", {}) if row["id"] == ids[0])
    assert (row["score"], row["text"]) == (4, "better")
    assert (row["excluded_from_calculations"], row["tags"]) == (True, ["BILLING"])
    assert row["notes"] == ["called"]
    assert row["end_user"]["properties"]["company_id"] == "c-2"
    probe.admin("PATCH", f"/answers/{ids[0]}", {"notes": ["a", "b"]})
    row = probe.rows("/v1/end_users/7001/responses/detractors", {})[0]
    assert row["notes"] == ["a", "b"]
    assert probe.admin("DELETE", f"/answers/{ids[1]}").status_code == 204
    assert probe.ids() == [ids[0]]


def test_person__is_added_edited_and_erased_by_control_calls(probe: Probe) -> None:
    made = probe.admin("POST", "/users", {"email": "ana@acme.example"}).json()["id"]
    probe.admin("POST", "/answers", {"score": 2, "end_user_id": made})
    probe.admin("PATCH", f"/users/{made}", {"email": "Unknown"})
    assert probe.rows("/v1/responses", {})[0]["end_user"]["email"] == "Unknown"
    probe.admin("DELETE", f"/users/{made}", immediate="true")
    assert probe.ids() == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/answers", {"score": 2, "colour": "blue"}),
        ("POST", "/answers", {}),
        ("POST", "/answers", {"score": 2, "id": 500001}),
        ("POST", "/declines", {"id": 31001}),
        ("PATCH", "/answers/500001", {"colour": "blue"}),
        ("PATCH", "/answers", [{"score": 1}]),
        ("PATCH", "/users/7001", {"colour": "blue"}),
        ("POST", "/generate", {"answerz": 3}),
        ("GET", "/source?kind=survey", None),
        ("POST", "/webhooks", {"ids": []}),
    ],
)
def test_wrong_control_call__says_what_is_wrong(
    wootric: FakeWootric, probe: Probe, method: str, path: str, body: Any
) -> None:
    wootric.actions.answer(NewAnswer(score=9))
    wootric.actions.decline(NewRow())
    answer = probe.admin(method, path, body)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_source__is_the_truth_with_deleted_rows_and_plain_text(
    wootric: FakeWootric, probe: Probe
) -> None:
    new = {"score": 2, "text": "a & b", "external_id": "u-1", "created_ms": MONDAY_MS - 1234}
    ids = probe.admin("POST", "/answers", [new, new]).json()["ids"]
    probe.admin("DELETE", f"/answers/{ids[1]}")
    rows = probe.admin("GET", "/source").json()
    assert rows == wootric.source()
    assert [(row["id"], row["deleted"], row["visible"]) for row in rows] == [
        (ids[0], False, True),
        (ids[1], True, False),
    ]
    assert (rows[0]["text"], rows[0]["created_ms"]) == ("a & b", MONDAY_MS - 1234)
    assert rows[0]["external_id"] == "u-1"
    assert probe.admin("GET", "/source", kind="user").json()[0]["external_id"] == "u-1"


def test_many_answers__are_edited_by_one_call(wootric: FakeWootric, probe: Probe) -> None:
    ids = probe.admin("POST", "/answers", [{"score": 2}, {"score": 3}, {"score": 4}]).json()["ids"]
    edits = [{"id": ids[0], "score": 9}, {"id": ids[2], "tags": ["A"], "note": "called"}]
    assert probe.admin("PATCH", "/answers", edits).json() == {"ids": [ids[0], ids[2]]}
    rows = wootric.source()
    assert [row["score"] for row in rows] == [9, 3, 4]
    assert (rows[2]["tags"], rows[2]["notes"]) == (["A"], ["called"])
    wootric.edit({"id": ids[1], "score": 0}, {"id": ids[2], "text": "slow"})
    assert [(row["score"], row["text"]) for row in wootric.source()[1:]] == [(0, None), (4, "slow")]


@pytest.mark.parametrize(("wrong", "status"), [({"id": 1}, 404), ({"colour": "blue"}, 400)])
def test_many_edits_with_a_wrong_one__change_nothing(
    wootric: FakeWootric, probe: Probe, wrong: dict[str, Any], status: int
) -> None:
    made = wootric.actions.answer(NewAnswer(score=2)).id
    edits = [{"id": made, "score": 9}, {"id": made, **wrong}]
    assert probe.admin("PATCH", "/answers", edits).status_code == status
    assert wootric.source()[0]["score"] == 2


def test_source__tells_a_deleted_row_from_an_erased_person(
    wootric: FakeWootric, probe: Probe
) -> None:
    for person in ("u-1", "u-2"):
        wootric.actions.answer(NewAnswer(score=2, external_id=person))
        wootric.actions.decline(NewRow(external_id=person))
    wootric.store.remove_row(wootric.store.answers[500001])
    wootric.store.remove_row(wootric.store.declines[31001])
    probe.admin("DELETE", "/users/7002", immediate="true")
    for kind in ("response", "decline"):
        rows = probe.admin("GET", "/source", kind=kind).json()
        assert [(row["deleted"], row["person_erased"]) for row in rows] == [
            (True, False),
            (True, True),
        ]


def test_marked_person__is_not_erased_yet(wootric: FakeWootric, probe: Probe) -> None:
    wootric.actions.answer(NewAnswer(score=2))
    probe.admin("DELETE", "/users/7001")
    assert wootric.source()[0]["person_erased"] is False
    wootric.erase(7001)
    assert wootric.source()[0]["person_erased"] is True


def test_stats__count_endpoints_and_refusals_but_no_control_calls(
    wootric: FakeWootric, probe: Probe
) -> None:
    wootric.switch(rate_limit=2)
    for path in ("/v1/responses", "/v1/end_users/7001/responses", "/v1/declines"):
        probe.get(path, page=3)
    stats = probe.admin("GET", "/stats").json()
    assert stats["endpoints"] == {
        "POST /oauth/token": 1,
        "GET /v1/responses": 1,
        "GET /v1/end_users/:id/responses": 1,
        "GET /v1/declines": 1,
    }
    assert (stats["total"], stats["rate_limited"]) == (4, 1)
    log = probe.admin("GET", "/requests").json()
    assert log[1]["path"] == "/v1/responses"
    assert log[1]["params"] == {"page": "3"}
    probe.admin("POST", "/stats/reset")
    assert probe.admin("GET", "/stats").json()["total"] == 0


def test_reset__forgets_data_and_switches(wootric: FakeWootric, probe: Probe) -> None:
    probe.admin("POST", "/generate", {"answers": 5})
    wootric.switch(tie_order="stable")
    probe.admin("POST", "/reset")
    assert probe.admin("GET", "/switches").json()["tie_order"] == "shuffled"
    assert probe.login().ids() == []


def test_generated_data__is_the_same_for_the_same_seed() -> None:
    sources = []
    for seed in (5, 5, 6):
        with FakeWootric(now=lambda: MONDAY_S) as fake:
            fake.generate(answers=200, seed=seed)
            sources.append(fake.source())
    assert sources[0] == sources[1]
    assert sources[0] != sources[2]


def test_generated_data__has_every_kind_of_difficulty(wootric: FakeWootric) -> None:
    made = wootric.generate(answers=3000, people=400, accounts=40, days=90, bulk_second=70)
    rows = wootric.source()
    assert made["answers"] == len(rows) == 3000
    assert made["declines"] == len(wootric.source("decline")) == 450
    assert all(MONDAY_MS - 90 * DAY_MS <= row["created_ms"] <= MONDAY_MS for row in rows)
    assert all(row["created_ms"] <= row["updated_ms"] <= MONDAY_MS for row in rows)
    assert {row["score"] for row in rows} == set(range(11))
    assert 10 < sum(row["excluded"] for row in rows) < 100
    assert any(row["email"] == "Unknown" for row in rows)
    assert any(row["email"] is None for row in rows)
    assert any(row["text"] is None for row in rows)
    assert any(row["text"] and "&" in row["text"] for row in rows)
    assert any(not row["properties"] for row in rows)
    assert any("company_id" not in row["properties"] for row in rows if row["properties"])
    assert any("csm_email" not in row["properties"] for row in rows if row["properties"])
    seconds = Counter(row["created_ms"] // 1000 for row in rows)
    assert max(seconds.values()) >= 70
    assert sum(number > 1 for number in seconds.values()) > 50


def test_generated_people__sometimes_answer_for_two_accounts(wootric: FakeWootric) -> None:
    wootric.generate(answers=3000, people=300, name_only=0.0, unknown_email=0.0)
    accounts: dict[int, set[str]] = {}
    for row in wootric.source():
        companies = accounts.setdefault(row["end_user_id"], set())
        companies.add(row["properties"].get("company_id", ""))
    share = sum(len(companies) > 1 for companies in accounts.values()) / len(accounts)
    assert 0.04 < share < 0.18
