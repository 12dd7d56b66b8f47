"""The fake and DynamoDB (moto and DynamoDB Local) keep the same promises about lease and fence."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nps_core.aws import clients, items
from nps_core.connections.profile import DynamoProfiles
from nps_core.errors import LeaseLost
from nps_core.outbox.items import to_mail
from nps_core.outbox.mail_states import OutboxMail
from nps_core.sync.dynamo import DynamoSyncState
from nps_core.sync.lease import Grant, Held
from nps_core.sync.ports import SyncState
from nps_core.sync.reading.checkpoint import StreamCheckpoint
from nps_core.sync.reading.cursor import Drain, Position
from nps_core.sync.requests import OperatorRequests
from nps_core.sync.runlog import RunRecord
from nps_testing.fakes.sync import InMemorySyncState
from nps_testing.stacks.backends import BACKENDS, local_tables, moto_tables
from nps_testing.stacks.environment import TOKEN

NOW = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
CHECKPOINT = StreamCheckpoint.first(NOW, 180, timedelta(minutes=15))


@pytest.fixture(params=["memory", *BACKENDS])
def states(request: pytest.FixtureRequest) -> Iterator[Callable[[], SyncState]]:
    """Each call gives another process's view of the same connection."""
    shared = InMemorySyncState()
    if request.param == "memory":
        yield lambda: shared
        return
    local = request.param == "dynamodb-local"
    endpoint = request.getfixturevalue("dynamodb_local") if local else ""
    with local_tables(endpoint) if local else moto_tables():
        table = os.environ["STATE_TABLE"]
        yield lambda: DynamoSyncState(clients.dynamodb(), table, TOKEN)


@pytest.fixture
def state(tables: str) -> DynamoSyncState:
    """Only DynamoDB."""
    assert tables
    return DynamoSyncState(clients.dynamodb(), os.environ["STATE_TABLE"], TOKEN)


def granted(lease: Grant | Held) -> Grant:
    assert isinstance(lease, Grant)
    return lease


def test_lease__has_one_holder_until_it_is_given_back(states: Callable[[], SyncState]) -> None:
    mine = granted(states().acquire("a", NOW))
    held = states().acquire("b", NOW + timedelta(seconds=11))
    assert isinstance(held, Held)
    assert held.run_id == "a"
    states().release(mine)
    theirs = granted(states().acquire("b", NOW + timedelta(seconds=12)))
    assert (theirs.fence, theirs.crashed_run) == (mine.fence + 1, None)


def test_lease__that_ran_out_is_taken_over_and_names_the_run_that_crashed(
    states: Callable[[], SyncState],
) -> None:
    mine = granted(states().acquire("a", NOW))
    theirs = granted(states().acquire("b", NOW + timedelta(seconds=13)))
    assert (theirs.fence, theirs.crashed_run) == (mine.fence + 1, "a")
    with pytest.raises(LeaseLost):
        states().renew(mine, NOW)
    states().release(mine)  # must not release what is not ours
    assert isinstance(states().acquire("c", NOW + timedelta(seconds=14)), Held)


def test_lease__lives_on_while_it_is_renewed(states: Callable[[], SyncState]) -> None:
    mine = granted(states().acquire("a", NOW))
    states().renew(mine, NOW + timedelta(seconds=10))
    assert isinstance(states().acquire("b", NOW + timedelta(seconds=21)), Held)


def test_lease__from_a_clock_that_was_set_back_since_is_no_obstacle(
    state: DynamoSyncState,
) -> None:
    state.acquire("a", NOW + timedelta(hours=8))
    assert isinstance(state.acquire("b", NOW), Grant)


def test_checkpoint__is_empty_at_first_and_then_what_was_saved(
    states: Callable[[], SyncState],
) -> None:
    mine = granted(states().acquire("a", NOW))
    assert states().open_checkpoint(mine, "responses") is None
    assert states().read_checkpoint("responses") is None
    position = Position(
        5, frozenset({"1"}), 9, drain=Drain("desc", 3, frozenset({"1", "2"}), frozenset({"2"}), 90)
    )
    saved = CHECKPOINT.after_live(position, NOW, NOW)
    states().save_checkpoint(mine, "responses", saved.to_json())
    assert states().read_checkpoint("responses") == saved.to_json()
    assert states().open_checkpoint(mine, "responses") == saved.to_json()
    assert StreamCheckpoint.from_json(saved.to_json()) == saved
    assert states().read_checkpoint("declines") is None


def test_checkpoint__of_an_overtaken_run_is_refused_from_the_moment_the_next_one_has_read_it(
    states: Callable[[], SyncState],
) -> None:
    mine = granted(states().acquire("a", NOW))
    states().open_checkpoint(mine, "responses")
    theirs = granted(states().acquire("b", NOW + timedelta(minutes=5)))
    states().open_checkpoint(theirs, "responses")
    with pytest.raises(LeaseLost):
        states().save_checkpoint(mine, "responses", CHECKPOINT.to_json())
    with pytest.raises(LeaseLost):
        states().open_checkpoint(mine, "responses")
    assert states().read_checkpoint("responses") is None
    states().save_checkpoint(theirs, "responses", CHECKPOINT.to_json())


def test_checkpoint__cannot_be_saved_without_opening_it(states: Callable[[], SyncState]) -> None:
    mine = granted(states().acquire("a", NOW))
    with pytest.raises(LeaseLost):
        states().save_checkpoint(mine, "responses", CHECKPOINT.to_json())


def test_checkpoint__costs_one_write_unit(state: DynamoSyncState) -> None:
    mine = granted(state.acquire("a", NOW))
    state.open_checkpoint(mine, "responses")
    ids = frozenset(str(500_000_000 + i) for i in range(5))
    after = CHECKPOINT.after_live(Position(5, ids), NOW, NOW)
    state.save_checkpoint(mine, "responses", after.to_json())
    table = os.environ["STATE_TABLE"]
    (item,) = items.query(
        clients.dynamodb(),
        table,
        "pk = :p AND begins_with(sk, :s)",
        {":p": f"CONN#{TOKEN}", ":s": "CH"},
    )
    size = sum(len(name) + len(str(value)) for name, value in item.items())
    assert size < 900


def test_backfill__is_finished_once_with_one_mail_in_the_same_step(
    states: Callable[[], SyncState],
) -> None:
    mail = OutboxMail("backfill#x", "backfill", "admin@example.com", NOW, NOW, NOW)
    assert states().backfill_finished() is False
    assert states().finish_backfill(mail, NOW) is True
    assert states().backfill_finished() is True
    assert states().finish_backfill(mail, NOW) is False


def test_backfill_mail__is_due_and_readable_by_the_deliverer(state: DynamoSyncState) -> None:
    DynamoProfiles(clients.dynamodb(), os.environ["STATE_TABLE"]).activate(TOKEN, NOW)
    facts = {"responses": 7, "account_token": TOKEN}
    mail = OutboxMail("backfill#x", "backfill", "admin@example.com", NOW, NOW, NOW, facts=facts)
    state.finish_backfill(mail, NOW)
    table = os.environ["STATE_TABLE"]
    (item,) = items.query(clients.dynamodb(), table, "pk = :p", {":p": "MAIL"})
    assert (item["due_pk"], item["due_at"], item["responses"]) == (
        "MAIL",
        "2026-03-02T17:00:00Z",
        7,
    )
    assert to_mail(item) == mail
    profile = items.get_item(clients.dynamodb(), table, {"pk": f"CONN#{TOKEN}", "sk": "PROFILE"})
    assert profile is not None
    assert {"activated_at", "backfilled_at"} <= profile.keys()


def test_run_log__is_written_and_a_crashed_run_is_closed(state: DynamoSyncState) -> None:
    record = RunRecord("20260302T170000000Z-abc", TOKEN, "live", NOW)
    state.put_run(record.as_dict(), NOW)
    state.mark_crashed(record.run_id, NOW + timedelta(minutes=5))
    (item,) = items.query(clients.dynamodb(), os.environ["STATE_TABLE"], "pk = :p", {":p": "RUN"})
    assert (item["status"], item["ended_at"]) == ("failed", "2026-03-02T17:05:00Z")
    assert "without a report" in item["error"]
    state.put_run(replace(record, status="complete", ended_at=NOW).as_dict(), NOW)
    state.mark_crashed(record.run_id, NOW)  # a run that did report stays as it is
    state.mark_crashed("20260302T170000000Z-never-logged", NOW)
    (item,) = items.query(clients.dynamodb(), os.environ["STATE_TABLE"], "pk = :p", {":p": "RUN"})
    assert (item["status"], item.get("error")) == ("complete", None)


def test_requests__are_what_an_operator_asked_for_last(states: Callable[[], SyncState]) -> None:
    assert states().requests() == OperatorRequests()
    states().request_audit(NOW)
    states().request_backfill(1_700_000_000, NOW + timedelta(seconds=1))
    asked = OperatorRequests("2026-03-02T17:00:00Z", "2026-03-02T17:00:01Z", 1_700_000_000)
    assert states().requests() == asked
    states().request_backfill(1_600_000_000, NOW + timedelta(seconds=2))
    assert (states().requests().since_s, states().requests().audit_at) == (
        1_600_000_000,
        asked.audit_at,
    )
