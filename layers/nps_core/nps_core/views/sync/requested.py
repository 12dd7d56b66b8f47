"""Results of an operator's audit or backfill, from the report of its run."""

from datetime import date, datetime
from typing import Any

from nps_core.connections.settings import Connection
from nps_core.scoring import NPS
from nps_core.sync.reading.cursor import PAGE_SIZE
from nps_core.views.sync.report import AuditPreview, ClassTotals, Comparison, RunReport
from nps_core.views.view import Moment, View


class AuditRow(View):
    """The comparison of a run, null if it made none."""

    account_token: str
    status: str
    at: Moment | None
    first_day: date | None
    last_day: date | None
    source: ClassTotals | None
    stored: ClassTotals | None
    holds: bool | None
    dry_run: bool
    error: str | None


class BackfillRow(View):
    """The size of a backfill (dry run) or its progress so far, null for unknown values."""

    account_token: str
    status: str
    since: Moment
    responses: int | None
    requests: int | None
    minutes: float | None
    fetched: int | None
    created: int | None
    updated: int | None
    unchanged: int | None
    dry_run: bool
    error: str | None


def audit_row(run: RunReport, *, dry_run: bool) -> AuditRow:
    """Return the comparison of the run.

    A comparison from before the request belongs to another run and is left out.
    """
    found = dict.fromkeys(AuditRow.model_fields) | _compared(run)
    told = {"account_token": run.account_token, "status": run.status, "error": run.error}
    return AuditRow.model_validate({**found, **told, "dry_run": dry_run})


def _compared(run: RunReport) -> dict[str, Any]:
    match run.audit:
        case AuditPreview(days=days, source=source, stored=stored):
            first, last = days or (None, None)
            return {
                "at": run.ended_at if days else None,
                "first_day": first,
                "last_day": last,
                "source": source,
                "stored": stored,
                "holds": None if source is None else source == stored,
            }
        case Comparison(at=at) as made if run.asked_at is None or at >= run.asked_at:
            return {name: getattr(made, name) for name in Comparison.model_fields}
    return {}


def backfill_row(
    run: RunReport, connection: Connection, since: datetime, *, dry_run: bool
) -> BackfillRow:
    """Return the size of a backfill, or its progress.

    The source counts NPS answers only, and no declines.
    """
    size = _to_read(run, connection) if dry_run else _read_so_far(run)
    return BackfillRow.model_validate(
        {
            **dict.fromkeys(BackfillRow.model_fields),
            **{"account_token": run.account_token, "status": run.status, "error": run.error},
            **{"since": since, "dry_run": dry_run},
            **size,
        }
    )


def _read_so_far(run: RunReport) -> dict[str, Any]:
    return {name: getattr(run, name) for name in ("fetched", "created", "updated", "unchanged")}


def _to_read(run: RunReport, connection: Connection) -> dict[str, Any]:
    count = run.backfill.responses if run.backfill else None
    if count is None or connection.metric != NPS:
        return {}
    requests = -(-count // PAGE_SIZE) + 2  # the last page of each stream may bring nothing
    minutes = round(requests / connection.requests_per_minute, 1)
    return {"responses": count, "requests": requests, "minutes": minutes}
