"""The run log is read as it was written, on both backends."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from nps_core.aws import clients, items
from nps_core.errors import UnreadableItem
from nps_core.sync.dynamo import DynamoSyncState
from nps_core.sync.dynamo_runs import DynamoRunLog
from nps_core.sync.runlog import RunRecord
from nps_testing.stacks.environment import TOKEN

NOW = datetime(2026, 3, 2, 17, 0, 0, 250_000, tzinfo=UTC)
WHOLE = RunRecord(
    run_id="20260302T170000250Z-ab",
    account_token=TOKEN,
    kind="sweep",
    started_at=NOW,
    status="partial",
    ended_at=NOW + timedelta(minutes=4),
    window_from=NOW - timedelta(days=180),
    window_to=NOW,
    fetched=400,
    gaps=5,
    error="out of time",
)
RUNNING = RunRecord("20260302T170500250Z-cd", "NPS-other", "live", NOW)


@pytest.fixture
def log(tables: str) -> DynamoRunLog:
    """Holds a run of each of two connections."""
    client, table = clients.dynamodb(), os.environ["STATE_TABLE"]
    for record in (RUNNING, WHOLE):
        DynamoSyncState(client, table, record.account_token).put_run(record.as_dict(), NOW)
    return DynamoRunLog(client, table)


def test_runs__are_in_order_of_their_ids_or_backwards(log: DynamoRunLog) -> None:
    assert list(log.runs()) == [WHOLE, RUNNING]
    assert list(log.runs(newest_first=True)) == [RUNNING, WHOLE]


def test_run__is_found_by_its_id_by_its_beginning_or_as_the_latest(log: DynamoRunLog) -> None:
    assert (log.run(WHOLE.run_id), log.run("nope")) == (WHOLE, None)
    assert log.latest() == RUNNING
    assert log.beginning("20260302T1700", 2) == [WHOLE]
    assert log.beginning("20260302", 1) == [WHOLE]


def test_record_of_another_version__has_defaults_for_what_it_lacks(log: DynamoRunLog) -> None:
    item = {"pk": "RUN", "sk": "r-1", "run_id": "r-1", "account_token": TOKEN, "kind": "nap"}
    more = {"started_at": "2026-03-02T17:00:00.250Z", "moons": 2}
    items.put(clients.dynamodb(), os.environ["STATE_TABLE"], {**item, **more})
    found = log.run("r-1")
    assert found == RunRecord("r-1", TOKEN, "nap", NOW)  # type: ignore[arg-type]  # a word of a version to come


def test_record_that_cannot_be_read__is_an_error_unless_it_is_skipped(log: DynamoRunLog) -> None:
    items.put(clients.dynamodb(), os.environ["STATE_TABLE"], {"pk": "RUN", "sk": "broken"})
    skipped: list[items.Item] = []
    assert list(log.runs(skipped.append)) == [WHOLE, RUNNING]
    assert [item["sk"] for item in skipped] == ["broken"]
    with pytest.raises(UnreadableItem, match="the run broken cannot be read"):
        list(log.runs())
