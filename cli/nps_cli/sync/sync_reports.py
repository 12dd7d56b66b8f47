"""What the function found out for an operator, as the documented rows. Pure."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from nps_core.connections.settings import Connection
from nps_core.scoring import NPS
from nps_core.sync.reading.cursor import PAGE_SIZE
from nps_core.times import iso
from nps_core.views.answers import Row

AUDIT = (
    *("account_token", "status", "at", "first_day", "last_day", "source", "stored", "holds"),
    *("reread_days", "differing", "requests", "dry_run", "error"),
)
BACKFILL = (
    *("account_token", "status", "since", "responses", "requests", "minutes", "fetched"),
    *("created", "updated", "unchanged", "dry_run", "error"),
)


def audit_row(run: Mapping[str, Any], *, dry_run: bool) -> Row:
    """Return the comparison that a run made, null where it made none.

    A comparison from before the request is not this run's and is left out.
    """
    found = run.get("audit") or {}
    if dry_run:
        days = found.get("days") or [None, None]
        counts = {
            "at": run.get("ended_at") if found.get("days") else None,
            "first_day": days[0],
            "last_day": days[1],
            "holds": found["source"] == found["stored"] if "source" in found else None,
        }
    else:
        is_new = _moment(found.get("at")) >= _moment(run.get("asked_at"))
        found = found if is_new else {}
        counts = {}
    whole = {**found, **counts, "dry_run": dry_run}
    told = {name: run.get(name) for name in ("account_token", "status", "error")}
    return {name: {**whole, **told}.get(name) for name in AUDIT}


def backfill_row(
    run: Mapping[str, Any], connection: Connection, since: datetime, *, dry_run: bool
) -> Row:
    """Return what a backfill reads (dry run) or has read so far, null for what is not known.

    The source counts NPS answers only, and no declines.
    """
    row: Row = {**{name: run.get(name) for name in BACKFILL}, "since": iso(since)}
    row |= {"responses": None, "requests": None, "minutes": None, "dry_run": dry_run}
    if not dry_run:
        return row
    row |= dict.fromkeys(("fetched", "created", "updated", "unchanged"))
    count = (run.get("backfill") or {}).get("responses")
    if count is None or connection.metric != NPS:
        return row
    requests = -(-count // PAGE_SIZE) + 2  # the last page of each stream may bring nothing
    minutes = round(requests / connection.requests_per_minute, 1)
    return {**row, "responses": count, "requests": requests, "minutes": minutes}


def days_text(first: str | None, last: str | None) -> str | None:
    """Return a range of days with its length."""
    if not first or not last:
        return None
    length = (date.fromisoformat(last) - date.fromisoformat(first)).days + 1
    return first if length == 1 else f"{first} to {last}, {length:,} days"


def _moment(text: str | None) -> datetime:
    return datetime.fromisoformat(text) if text else datetime.min.replace(tzinfo=UTC)
