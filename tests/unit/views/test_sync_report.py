"""The report of a tick is typed on both sides; its JSON has only the known fields."""

import json
from typing import Any

import pytest

from nps_core.sync.runlog import RunRecord
from nps_core.views.sync.report import (
    AuditPreview,
    Comparison,
    RunReport,
    RunReports,
    parse_report,
    run_report,
    runs_of,
    tick_report,
)
from nps_testing.factories import NOW
from nps_testing.stacks.environment import TOKEN

RECORD = RunRecord("r-1", TOKEN, "live", NOW, "complete", fetched=7)
COUNTS = {"promoters": 3, "passives": 2, "detractors": 1}
MADE = {
    **{"at": "2026-03-02T17:16:01Z", "first_day": "2026-01-01", "last_day": "2026-03-01"},
    **{"source": COUNTS, "stored": COUNTS, "holds": True},
}
FOUND: list[dict[str, Any]] = [
    {},
    {"audit": MADE, "asked_at": "2026-03-02T17:16:00.500Z"},
    {"audit": None, "asked_at": "2026-03-02T17:16:00.500Z"},
    {"audit": {"days": None}},
    {"audit": {"days": ["2026-01-01", "2026-03-01"], "source": COUNTS, "stored": COUNTS}},
    {"audit": {}},
    {"backfill": {"since_s": 1, "until_s": 2, "responses": 3}},
    {"backfill": {}},
    {"asked_at": "2026-03-02T17:16:00Z"},
]


@pytest.mark.parametrize("found", FOUND)
def test_report__says_what_the_run_found_in_this_order_and_nothing_else(
    found: dict[str, Any],
) -> None:
    sent = json.dumps(tick_report([run_report(RECORD, found)]).as_json())
    assert sent == json.dumps({**RECORD.as_dict(), **found})
    assert json.dumps(parse_report(json.loads(sent)).as_json()) == sent


def test_comparison__is_told_from_a_preview() -> None:
    assert isinstance(run_report(RECORD, {"audit": MADE}).audit, Comparison)
    assert isinstance(run_report(RECORD, {"audit": {}}).audit, AuditPreview)


def test_report__of_several_has_their_runs() -> None:
    one = run_report(RECORD, {})
    report = parse_report(tick_report([one, one]).as_json())
    assert isinstance(report, RunReports)
    assert report.as_json() == {"status": "complete", "runs": [RECORD.as_dict()] * 2}
    assert runs_of(report) == (one, one)


def test_report__of_another_version_is_passed_on() -> None:
    reply = {**RECORD.as_dict(), "status": "paused", "moons": 2, "audit": {**MADE, "phase": "new"}}
    assert parse_report(reply).as_json() == reply


def test_report__of_an_older_version_lacks_what_that_did_not_say() -> None:
    reply = {name: value for name, value in RECORD.as_dict().items() if name != "closed_gaps"}
    report = parse_report(reply)
    assert isinstance(report, RunReport)
    assert (report.closed_gaps, report.as_json()) == (0, reply)


def test_anything_else__is_no_report() -> None:
    with pytest.raises(ValueError, match="run_id"):
        parse_report({"result": None})
