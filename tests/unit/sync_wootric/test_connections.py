"""Several connections run side by side, and none delays another."""

from dataclasses import replace
from datetime import UTC, datetime
from threading import Barrier
from zoneinfo import ZoneInfoNotFoundError

import pytest

from nps_core.connections.settings import Connection
from nps_core.errors import PayloadError
from nps_core.sync.runlog import RunRecord, RunStatus
from nps_core.views.sync.report import runs_of
from nps_testing.worlds.sync import World
from sync_wootric.app import report
from sync_wootric.connections import ConnectionRun, Connections
from sync_wootric.journal import RunResult
from sync_wootric.requests import Invocation
from sync_wootric.tick import Sync

NOW = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
US = Connection("NPS-1a2b3c4d", "", "NPS", "America/Los_Angeles", 80)
EU = Connection("NPS-EU-5e6f7a8b", "", "NPS", "Europe/Berlin", 80)
AU = Connection("NPS-AU-9c8d7e6f", "", "CSAT", "Australia/Sydney", 40)


def connections(*added: Connection) -> Connections:
    return Connections(US, lambda: list(added), lambda _connection: World().sync)


def record(run_id: str, status: RunStatus = "complete") -> RunRecord:
    return RunRecord(run_id, "NPS-1a2b3c4d", "live", NOW, status)


def test_connections__run_connections_at_the_same_time_under_names_of_their_own() -> None:
    together = Barrier(3, timeout=10)

    def job(_sync: Sync, run_id: str) -> RunResult:
        together.wait()
        return RunResult(record(run_id))

    every = connections(EU, AU)
    runs = every.run(every.chosen(None), "name", job)
    assert [run.connection for run in runs] == [US, EU, AU]
    names = [run.record.run_id for run in runs if run.record]
    assert names == ["name", "name-NPS-EU-5e6f7a8b", "name-NPS-AU-9c8d7e6f"]


def test_defect_of_one_connection__does_not_stop_the_others() -> None:
    def job(_sync: Sync, run_id: str) -> RunResult:
        if run_id.endswith("EU-5e6f7a8b"):
            raise ZeroDivisionError
        return RunResult(record(run_id))

    every = connections(EU, AU)
    runs = every.run(every.chosen(None), "name", job)
    assert [type(run.defect) for run in runs] == [type(None), ZeroDivisionError, type(None)]
    assert report(runs).status == "complete"


@pytest.mark.parametrize("alone", [False, True])
def test_connection_that_cannot_be_built__does_not_stop_the_others(alone: bool) -> None:
    def make(connection: Connection) -> Sync:
        assert connection.zone
        return World().sync

    lost = replace(EU, time_zone="Mars/Olympus")
    every = Connections(US, lambda: [lost, AU], make)

    def job(_sync: Sync, run_id: str) -> RunResult:
        return RunResult(record(run_id))

    runs = every.run(every.chosen(lost.account_token if alone else None), "name", job)
    defects = [type(run.defect) for run in runs]
    assert defects == (
        [ZoneInfoNotFoundError] if alone else [type(None), ZoneInfoNotFoundError, type(None)]
    )


def test_connection__is_chosen_by_its_token_and_keeps_its_client() -> None:
    every = connections(EU)
    (chosen,) = every.chosen(EU.account_token)
    assert chosen == EU
    assert every.sync(EU) is every.sync(EU)
    assert every.sync(EU) is not every.sync(US)
    with pytest.raises(PayloadError, match="no connection NPS-nobody"):
        every.chosen("NPS-nobody")


def test_added_connection_of_the_templates_account__changes_nothing() -> None:
    assert connections(Connection(US.account_token, "", "CES", "UTC", 1)).chosen(None) == [US]


@pytest.mark.parametrize(
    ("statuses", "worst"),
    [
        (("complete", "failed", "partial"), "failed"),
        (("complete", "partial", "skipped"), "partial"),
        (("skipped", "complete"), "complete"),
    ],
)
def test_report__of_several_has_the_worst_status(
    statuses: tuple[RunStatus, ...], worst: str
) -> None:
    runs = [ConnectionRun(US, record(str(n), one), None, {}) for n, one in enumerate(statuses)]
    found = report(runs)
    assert (found.status, len(runs_of(found))) == (worst, len(statuses))


def test_report__of_one_is_its_run() -> None:
    found = report([ConnectionRun(US, record("a"), None, {"audit": None})])
    assert found.as_json() == {**record("a").as_dict(), "audit": None}


@pytest.mark.parametrize(
    ("event", "field"),
    [
        ({"task": "dance"}, "task"),
        ({"task": "backfill"}, "since"),
        ({"task": "backfill", "since": "yesterday"}, "since"),
        ({"task": "backfill", "since": "2026-01-01T00:00:00"}, "since"),
        ({"dry_run": True}, "dry_run"),
        ({"connection": 5}, "connection"),
    ],
)
def test_event__that_is_wrong_names_the_field(event: dict[str, object], field: str) -> None:
    with pytest.raises(PayloadError, match=field):
        Invocation.from_event(event)


def test_event__of_the_schedule_is_a_tick_of_all() -> None:
    invocation = Invocation.from_event({"schedule": "sync"})
    assert (invocation.task, invocation.connection, invocation.dry_run) == ("tick", None, False)
    assert Invocation.from_event({}) == invocation
    asked = Invocation.from_event({"task": "backfill", "since": "2026-01-01T00:00:00Z"})
    assert asked.since_s == 1_767_225_600
