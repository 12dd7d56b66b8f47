"""`nps sync status` on a real table."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from nps_core import clock
from nps_core.aws import clients
from nps_core.connections.dynamo_settings import DynamoConnections
from nps_core.connections.profile import DynamoProfiles
from nps_core.connections.settings import Connection
from nps_core.keys import AnswerKey
from nps_core.sync.dynamo import DynamoSyncState
from nps_core.sync.lease import Grant
from nps_core.sync.proof.audit import AuditState, Proof
from nps_core.sync.proof.counting import ClassCounts, Days
from nps_core.sync.proof.dynamo import DynamoProofStore
from nps_core.sync.proof.gaps import Gap
from nps_core.sync.proof.suspects import Suspect
from nps_core.sync.reading.checkpoint import StreamCheckpoint
from nps_core.sync.reading.cursor import Position
from nps_core.sync.runlog import RunRecord
from nps_testing.factories import NOW
from nps_testing.stacks.environment import TOKEN
from nps_testing.stacks.operator import ON_STACK, OperatorStack, deployed, run, run_json

EU = "NPS-EU-5e6f7a8b"
FIRST = StreamCheckpoint.first(NOW - timedelta(hours=2), 180, timedelta(minutes=15))
LIVE = replace(
    FIRST,
    proven_at=NOW - timedelta(seconds=40),
    backfill=replace(FIRST.backfill, position=Position(1, done=True), ended_at=NOW, rows=5_200),
)
GAP_S = int((NOW - timedelta(days=3)).timestamp())


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[OperatorStack]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with deployed() as stack:
        yield stack


class State:
    """A connection whose sync has run."""

    def __init__(self, stack: OperatorStack, token: str = TOKEN) -> None:
        client = clients.dynamodb()
        self.sync = DynamoSyncState(client, stack.state, token)
        self.proof_store = DynamoProofStore(client, stack.state, token)
        self.token = token
        DynamoProfiles(client, stack.state).activate(token, NOW)

    def save(self, **texts: str) -> None:
        grant = self.sync.acquire("r-1", NOW)
        assert isinstance(grant, Grant)
        for name, text in texts.items():
            self.sync.open_checkpoint(grant, name)
            self.sync.save_checkpoint(grant, name, text)
        self.sync.release(grant)

    def ran(self, run_id: str, **values: Any) -> None:
        record = RunRecord(run_id, self.token, "live", NOW - timedelta(minutes=5))
        ended = replace(record, **{"status": "complete", "ended_at": NOW, **values})
        self.sync.put_run(ended.as_dict(), NOW)


@pytest.fixture
def live(stack: OperatorStack) -> State:
    state = State(stack)
    days = Days(date(2025, 9, 4), date(2026, 3, 1))
    proof = Proof(NOW, days, ClassCounts(30, 20, 10), ClassCounts(30, 20, 10))
    state.save(
        responses=LIVE.to_json(),
        declines=LIVE.to_json(),
        people=LIVE.to_json(),
        audit=AuditState(proof, lists_changes=True).to_json(),
    )
    state.ran("20260302T171100000Z-a", fetched=50)
    return state


def test_a_healthy_connection__is_complete_up_to_the_overlap(live: State) -> None:
    (row,) = run_json("sync", "status")
    assert (row["account_token"], row["phase"]) == (TOKEN, "live")
    assert (row["complete_to"], row["held_by"]) == ("2026-03-02T17:00:20Z", None)
    assert (row["answers"], row["rate_per_minute"], row["lag_seconds"]) == (10_400, 10.0, 40)
    assert (row["people"], row["lists_changes"], row["suspects"]) == (True, True, 0)
    assert row["last_run"] == {
        **{"run_id": "20260302T171100000Z-a", "status": "complete", "error": None},
    }
    assert row["last_audit"]["source"] == {"promoters": 30, "passives": 20, "detractors": 10}


def test_people__read_up_to_when_it_is_complete_and_why_not_later(live: State) -> None:
    shown = run("sync", "status", *ON_STACK).output
    assert "2026-03-02 17:00:20 UTC" in shown
    assert "nothing is missing; every tick reads the latest 15 minutes again" in shown
    assert "equal, 60 answers of 2025-09-04 to 2026-03-01" in shown
    assert "40 s" in shown


def test_gaps__hold_it_back_and_suspects_are_told_beside_it(live: State) -> None:
    gap = Gap("responses", "second", GAP_S, GAP_S + 1, "3,100 answers in a second", NOW, "r-1")
    live.proof_store.put_gap(gap)
    live.proof_store.close_gap(replace(gap, from_s=GAP_S - 60), NOW)
    suspect = Suspect(AnswerKey(TOKEN, "response", "7"), GAP_S + 60, None, NOW)
    live.proof_store.put_suspect(suspect)
    (row,) = run_json("sync", "status")
    assert (row["complete_to"], row["suspects"]) == ("2026-02-27T17:16:00Z", 1)
    assert [one["from"] for one in row["open_gaps"]] == ["2026-02-27T17:16:00Z"]
    shown = run("sync", "status", *ON_STACK).output
    assert shown.count("3,100 answers in a second") == 2
    assert "1 answer that Wootric no longer lists, the oldest of 2026-02-27" in " ".join(
        shown.split()
    )


def test_the_last_run__is_the_newest_of_the_account_and_no_preview(
    live: State, stack: OperatorStack
) -> None:
    live.ran("20260302T171200000Z-b", status="failed", error="Unauthorized: HTTP 401")
    live.ran("20260302T171300000Z-c", kind="preview")
    State(stack, EU).ran("20260302T171400000Z-d", fetched=1)
    (row,) = run_json("sync", "status")
    assert row["last_run"] == {
        **{"run_id": "20260302T171200000Z-b", "status": "failed"},
        "error": "Unauthorized: HTTP 401",
    }


def test_every_connection__has_a_row_and_one_can_be_chosen(
    live: State, stack: OperatorStack
) -> None:
    settings = Connection(EU, "", "NPS", "Europe/Berlin", 50)
    DynamoConnections(clients.dynamodb(), stack.state).put(settings)
    ours, theirs = run_json("sync", "status")
    assert (ours["account_token"], theirs["account_token"]) == (TOKEN, EU)
    assert (theirs["host"], theirs["phase"]) == ("https://api.wootric.eu", "not connected")
    assert run_json("sync", "status", "--connection", EU) == [theirs]
    shown = run("sync", "status", *ON_STACK).output
    assert "not connected: `nps connect --account NPS-EU-5e6f7a8b`" in shown


def test_a_backfill__shows_how_far_it_is(stack: OperatorStack) -> None:
    state = State(stack)
    half = FIRST.backfill.from_s + 90 * 86_400
    fill = replace(FIRST.backfill, position=Position(half), rows=6_000)
    reading = replace(FIRST, backfill=fill).to_json()
    state.save(responses=reading, declines=FIRST.to_json())
    state.ran("20260302T171100000Z-a", status="running", ended_at=None, fetched=6_000)
    (row,) = run_json("sync", "status")
    assert (row["phase"], row["backfill_percent"], row["seconds_left"]) == ("backfill", 25.0, 300)
    shown = run("sync", "status", *ON_STACK).output
    assert "backfill, 25 % of its time, 6,000 answers, 1,200 a minute, about 5 min left" in shown


def test_history_that_was_asked_for__is_shown_before_a_run_takes_it_up(live: State) -> None:
    live.sync.request_backfill(1_700_000_000, NOW)
    (row,) = run_json("sync", "status")
    assert (row["phase"], row["extension"]["percent"]) == ("extension", 0.0)
    assert (
        "reading history since 2023-11-14 22:13 UTC, 0 %" in run("sync", "status", *ON_STACK).output
    )


def test_a_checkpoint_of_another_version__is_one_line(live: State) -> None:
    live.save(responses="{}")
    result = run("sync", "status", *ON_STACK)
    assert result.exit_code == 1
    assert "of another version: deploy this version" in result.output
