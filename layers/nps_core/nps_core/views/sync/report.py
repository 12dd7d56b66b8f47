"""Reply of the sync function: the run of one connection, or the runs of several.

A reply has only the fields that the run has set. Another version of the function may have sent it,
so unknown fields are passed on.
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
        """Return only the fields that were set."""
        return self.model_dump(mode="json", exclude_unset=True)


class ClassTotals(_Reply):
    promoters: int
    passives: int
    detractors: int

    @property
    def n(self) -> int:
        return self.promoters + self.passives + self.detractors


class Comparison(_Reply):
    """The source's counts beside the stored ones, over whole days."""

    at: Moment
    first_day: date
    last_day: date
    source: ClassTotals
    stored: ClassTotals
    holds: bool


class AuditPreview(_Reply):
    """A comparison that stores nothing; empty if nothing could be compared."""

    days: tuple[date, date] | None = None
    source: ClassTotals | None = None
    stored: ClassTotals | None = None


class BackfillPreview(_Reply):
    """Size of a backfill, in Unix seconds and answers; empty if the source cannot be asked."""

    since_s: int | None = None
    until_s: int | None = None
    responses: int | None = None


class RunReport(_Reply):
    """One run. The reply to an operator's request comes last, if there was one."""

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
    return RunReport.model_validate({**record.as_dict(), **found})


def tick_report(runs: Sequence[RunReport]) -> TickReport:
    if len(runs) == 1:
        return runs[0]
    worst = min((run.status for run in runs), key=_WORST.index)
    return RunReports(status=worst, runs=tuple(runs))


def parse_report(reply: Mapping[str, Any]) -> TickReport:
    """Parse the function's reply. Raises ValueError if it is not a report."""
    return (RunReports if "runs" in reply else RunReport).model_validate(reply)


def runs_of(report: TickReport) -> tuple[RunReport, ...]:
    return report.runs if isinstance(report, RunReports) else (report,)


def comparison(proof: Proof) -> Comparison:
    return Comparison(
        at=proof.at,
        first_day=proof.days.first,
        last_day=proof.days.last,
        source=ClassTotals.model_validate(proof.source),
        stored=ClassTotals.model_validate(proof.stored),
        holds=proof.holds,
    )
