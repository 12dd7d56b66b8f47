"""Where the sync of a connection stands, as the documented row. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from nps_core.sync.lists import Stream
from nps_core.sync.proof.audit import AuditState
from nps_core.sync.proof.coverage import coverage
from nps_core.sync.proof.gaps import Gap
from nps_core.sync.proof.suspects import Suspect
from nps_core.sync.reading.checkpoint import Backfill, StreamCheckpoint
from nps_core.sync.requests import OperatorRequests
from nps_core.times import from_iso, iso
from nps_core.views.answers import Row, when

_ALMOST = 0.999
"""A read that is not finished is never shown as all of it."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored about a connection; a checkpoint is None before its first save."""

    account_token: str
    host: str
    activated_at: datetime | None
    overlap: timedelta
    zone: ZoneInfo
    streams: Mapping[Stream, StreamCheckpoint | None]
    people: StreamCheckpoint | None
    audit: AuditState
    wanted: OperatorRequests
    gaps: Iterable[Gap]
    suspects: Iterable[Suspect]
    last_run: Mapping[str, Any] | None

    @property
    def saved(self) -> list[StreamCheckpoint]:
        """The checkpoints that there are."""
        return [one for one in self.streams.values() if one is not None]

    @property
    def backfilled(self) -> bool:
        """Whether the first sync has reached the present."""
        return len(self.saved) == len(self.streams) and all(
            one.backfill.position.done for one in self.saved
        )

    @property
    def everybody_listed(self) -> bool:
        """Whether all end users have been read once."""
        return self.people is not None and self.people.backfill.position.done

    @property
    def is_wanted(self) -> bool:
        """Whether history was asked for that no run has begun to read."""
        return any(self.wanted.backfill_at > one.extended_at for one in self.saved)

    @property
    def extending(self) -> bool:
        """Whether history that was asked for is still to be read."""
        return self.is_wanted or any(one.extension is not None for one in self.saved)


def status_row(known: Known, now: datetime) -> Row:
    """Return the state of a connection at `now`."""
    suspects, gaps = list(known.suspects), [gap for gap in known.gaps if gap.is_open]
    unequal = [days.seconds(known.zone) for days in known.audit.todo]
    proven = coverage(known.streams, gaps, suspects, known.overlap, unequal)
    rate = rate_per_minute(known.last_run, now)
    lag = min((one.proven_at for one in known.saved), default=None)
    proof = known.audit.proof
    return {
        "account_token": known.account_token,
        "host": known.host,
        "phase": phase(known),
        "backfill_percent": _percent([one.backfill for one in known.saved], len(known.streams)),
        "answers": sum(one.backfill.rows for one in known.saved),
        "rate_per_minute": rate,
        "seconds_left": seconds_left([one.backfill for one in known.saved], rate),
        "lag_seconds": round(max(0.0, (now - lag).total_seconds())) if lag else None,
        "complete_to": when(proven.complete_to),
        "held_by": proven.held_by,
        "covered": [[iso(start), iso(end)] for start, end in proven.intervals],
        "open_gaps": [gap_row(gap) for gap in sorted(gaps, key=lambda gap: gap.from_s)],
        "suspects": len(suspects),
        "people": known.everybody_listed,
        "lists_changes": known.audit.lists_changes,
        "last_audit": proof.as_dict() if proof else None,
        "last_run": _run(known.last_run),
        "extension": _extension(known),
    }


def phase(known: Known) -> str:
    """Name what a run does first now, apart from live answers."""
    if known.activated_at is None:
        return "not connected"
    if not known.backfilled:
        return "backfill"
    if known.extending:
        return "extension"
    return "live" if known.everybody_listed else "people"


def gap_row(gap: Gap) -> Row:
    """Return an open gap; `to` is its end, exclusive."""
    return {
        "stream": gap.stream,
        "kind": gap.kind,
        "from": _second(gap.from_s),
        "to": _second(gap.to_s),
        "reason": gap.reason,
        "found_at": iso(gap.found_at),
        "tries": gap.tries,
    }


def rate_per_minute(run: Mapping[str, Any] | None, now: datetime) -> float | None:
    """Return how many answers a run reads a minute; None before it has lasted a second."""
    if run is None or not run.get("started_at"):
        return None
    ended_at = from_iso(run["ended_at"]) if run.get("ended_at") else now
    seconds = (ended_at - from_iso(run["started_at"])).total_seconds()
    return round(60 * int(run.get("fetched", 0)) / seconds, 1) if seconds >= 1 else None


def seconds_left(fills: Iterable[Backfill], rate: float | None) -> int | None:
    """Return how long the streams that are being read still take, None when that is unknown.

    Answers are taken to be spread evenly over time. A stream that has not been begun (declines,
    while responses are read) adds nothing yet.
    """
    shares = [(fill.rows, share(fill)) for fill in fills if not fill.position.done]
    left = [rows * (1 - read) / read for rows, read in shares if read > 0]
    return round(60 * sum(left) / rate) if left and rate else None


def share(fill: Backfill) -> float:
    """Return the share of a history's time that has been read: 0 to 1, and 1 only at its end."""
    if fill.position.done:
        return 1.0
    end_s = fill.position.end or int(fill.started_at.timestamp())
    read = (fill.position.cursor - fill.from_s) / max(end_s - fill.from_s, 1)
    return min(max(read, 0.0), _ALMOST)


def _percent(fills: list[Backfill], streams: int) -> float:
    return round(100 * sum(map(share, fills)) / streams, 1)


def _extension(known: Known) -> Row | None:
    if not known.extending:
        return None
    under_way = [one.extension for one in known.saved if one.extension is not None]
    since_s = known.wanted.since_s
    if known.is_wanted or not under_way:
        return {"since": _second(since_s), "percent": 0.0}
    read = sum(map(share, under_way)) + len(known.saved) - len(under_way)
    since_s = min(one.from_s for one in under_way)
    return {"since": _second(since_s), "percent": round(100 * read / len(known.saved), 1)}


def _run(run: Mapping[str, Any] | None) -> Row | None:
    return {name: run.get(name) for name in ("run_id", "status", "error")} if run else None


def _second(second: int) -> str:
    return iso(datetime.fromtimestamp(second, UTC))
