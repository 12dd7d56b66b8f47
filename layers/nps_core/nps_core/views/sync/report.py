"""What the sync function replies: the run of one connection, or those of several.

A reply says only what the run has found out. It may come from a function of another version, so
what is unknown here is passed on.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import ConfigDict, Field

from nps_core.sync.proof.audit import Proof
from nps_core.sync.runlog import RunRecord
from nps_core.views.view import Moment, View

_WORST = ("failed", "partial", "running", "complete", "skipped")


class _Reply(View):
    model_config = ConfigDict(extra="allow")

    def as_json(self) -> dict[str, Any]:
        """Return what was set, and nothing else."""
        return self.model_dump(mode="json", exclude_unset=True)


class ClassTotals(_Reply):
    """Answers of each class."""

    promoters: int
    passives: int
    detractors: int

    @property
    def n(self) -> int:
        """Number of answers."""
        return self.promoters + self.passives + self.detractors


class Comparison(_Reply):
    """The source's counts beside those stored, over whole days."""

    at: Moment
    first_day: date
    last_day: date
    source: ClassTotals
    stored: ClassTotals
    holds: bool
    reread_days: int


class AuditPreview(_Reply):
    """Which days an audit would read again; empty when nothing could be compared."""

    days: tuple[date, date] | None = None
    source: ClassTotals | None = None
    stored: ClassTotals | None = None
    differing: tuple[tuple[date, date], ...] | None = None
    requests: int | None = None


class BackfillPreview(_Reply):
    """How much a backfill would read, in Unix seconds and answers; empty when nobody could ask."""

    since_s: int | None = None
    until_s: int | None = None
    responses: int | None = None


class RunReport(_Reply):
    """One run. What an operator asked for comes last, and only if it was asked for."""

    run_id: str
    account_token: str
    kind: str
    started_at: Moment
    status: str
    ended_at: Moment | None = None
    window_from: Moment | None = None
    window_to: Moment | None = None
    pages: int = 0
    fetched: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    quarantined: int = 0
    requests: int = 0
    throttled: int = 0
    gaps: int = 0
    closed_gaps: int = 0
    error: str | None = None
    audit: Comparison | AuditPreview | None = Field(None, union_mode="left_to_right")
    backfill: BackfillPreview | None = None
    asked_at: Moment | None = None


class RunReports(_Reply):
    """The runs of several connections and the worst of their statuses."""

    status: str
    runs: tuple[RunReport, ...]


TickReport = RunReport | RunReports


def run_report(record: RunRecord, found: Mapping[str, Any]) -> RunReport:
    """Return a run with what it has found out for an operator."""
    return RunReport.model_validate({**record.as_dict(), **found})


def tick_report(runs: Sequence[RunReport]) -> TickReport:
    """Return the one run, or all of several."""
    if len(runs) == 1:
        return runs[0]
    worst = min((run.status for run in runs), key=_WORST.index)
    return RunReports(status=worst, runs=tuple(runs))


def parse_report(reply: Mapping[str, Any]) -> TickReport:
    """Read what the function replied. Raises ValueError for anything else than a report."""
    return (RunReports if "runs" in reply else RunReport).model_validate(reply)


def runs_of(report: TickReport) -> tuple[RunReport, ...]:
    """Return the runs of a report."""
    return report.runs if isinstance(report, RunReports) else (report,)


def comparison(proof: Proof) -> Comparison:
    """Return the last comparison of an audit."""
    return Comparison(
        at=proof.at,
        first_day=proof.days.first,
        last_day=proof.days.last,
        source=ClassTotals.model_validate(proof.source),
        stored=ClassTotals.model_validate(proof.stored),
        holds=proof.holds,
        reread_days=proof.reread,
    )
