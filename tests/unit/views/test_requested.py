from datetime import UTC, datetime
from typing import Any

import pytest

from nps_core.connections.settings import Connection
from nps_core.sync.runlog import RunRecord, RunStatus
from nps_core.views.sync import requested
from nps_core.views.sync.report import RunReport, parse_report
from nps_testing.stacks.environment import TOKEN

CONNECTION = Connection(TOKEN, "", "NPS", "UTC", 50)
SINCE = datetime(2025, 1, 31, tzinfo=UTC)
COUNTS = {"promoters": 3, "passives": 2, "detractors": 1}
FEWER = {**COUNTS, "detractors": 0}
AUDIT = [
    *("account_token", "status", "at", "first_day", "last_day", "source", "stored", "holds"),
    *("dry_run", "error"),
]
BACKFILL = [
    *("account_token", "status", "since", "responses", "requests", "minutes", "fetched"),
    *("created", "updated", "unchanged", "dry_run", "error"),
]


def run(status: RunStatus = "complete", **more: Any) -> dict[str, Any]:
    """What the function replies."""
    return {**RunRecord("r-1", TOKEN, "live", SINCE, status).as_dict(), **more}


def audit_row(reply: dict[str, Any], *, dry_run: bool) -> dict[str, Any]:
    return requested.audit_row(parsed(reply), dry_run=dry_run).as_json()


def backfill_row(reply: dict[str, Any], at: Connection, *, dry_run: bool) -> dict[str, Any]:
    return requested.backfill_row(parsed(reply), at, SINCE, dry_run=dry_run).as_json()


def parsed(reply: dict[str, Any]) -> RunReport:
    report = parse_report(reply)
    assert isinstance(report, RunReport)
    return report


def audited(**proof: Any) -> dict[str, Any]:
    found = {
        **{"at": "2026-03-02T17:16:01Z", "first_day": "2026-01-01", "last_day": "2026-03-01"},
        **{"source": COUNTS, "stored": COUNTS, "holds": True},
    }
    return run(audit={**found, **proof}, asked_at="2026-03-02T17:16:00.500Z", requests=7)


def test_an_audit__has_the_documented_fields_in_order() -> None:
    row = audit_row(audited(), dry_run=False)
    assert list(row) == AUDIT
    assert (row["holds"], row["source"], row["dry_run"]) == (True, COUNTS, False)


def test_a_comparison_from_before_the_request__is_not_its_result() -> None:
    row = audit_row(audited(at="2026-03-02T17:16:00.400Z"), dry_run=False)
    assert (row["holds"], row["at"], row["status"]) == (None, None, "complete")


@pytest.mark.parametrize("audit", [None, {}])
def test_no_comparison__is_null(audit: Any) -> None:
    row = audit_row({**audited(), "audit": audit, "status": "skipped"}, dry_run=False)
    assert (row["holds"], row["source"], row["status"]) == (None, None, "skipped")


def test_a_dry_run__says_whether_counts_differ() -> None:
    found = {"days": ["2026-01-01", "2026-03-01"], "source": COUNTS, "stored": FEWER}
    reply = {**audited(), "audit": found, "ended_at": "2026-03-02T17:16:02Z"}
    row = audit_row(reply, dry_run=True)
    assert list(row) == AUDIT
    assert row["holds"] is False
    assert (row["first_day"], row["last_day"]) == ("2026-01-01", "2026-03-01")
    assert row["at"] == "2026-03-02T17:16:02Z"


def test_a_dry_run_without_a_day__compares_nothing() -> None:
    row = audit_row({**audited(), "audit": {"days": None}}, dry_run=True)
    assert (row["holds"], row["first_day"], row["at"]) == (None, None, None)


def test_a_backfill__says_what_it_has_read() -> None:
    reply = run("partial", fetched=70, created=60, requests=9)
    row = backfill_row(reply, CONNECTION, dry_run=False)
    assert list(row) == BACKFILL
    assert (row["status"], row["fetched"], row["created"]) == ("partial", 70, 60)
    assert (row["since"], row["responses"], row["requests"]) == ("2025-01-31T00:00:00Z", None, None)


def test_a_dry_run_of_a_backfill__says_how_much_it_would_read() -> None:
    reply = run(requests=1, backfill={"responses": 4_901})
    row = backfill_row(reply, CONNECTION, dry_run=True)
    assert list(row) == BACKFILL
    assert (row["responses"], row["requests"], row["minutes"]) == (4_901, 101, 2.0)
    assert row["fetched"] is None


@pytest.mark.parametrize(("metric", "backfill"), [("CES", {"responses": 0}), ("NPS", {})])
def test_what_the_source_does_not_count__is_not_known(
    metric: str, backfill: dict[str, int]
) -> None:
    other = Connection(TOKEN, "", metric, "UTC", 50)
    row = backfill_row(run(backfill=backfill), other, dry_run=True)
    assert (row["responses"], row["requests"], row["minutes"]) == (None, None, None)
