"""State of a connection's sync: the time up to which it is complete, and what holds that back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from nps_core.sync.lists import Stream
from nps_core.sync.proof.audit import AuditState
from nps_core.sync.proof.coverage import coverage
from nps_core.sync.proof.gaps import Gap
from nps_core.sync.proof.suspects import Suspect
from nps_core.sync.reading.checkpoint import Backfill, StreamCheckpoint
from nps_core.sync.requests import OperatorRequests
from nps_core.sync.runlog import RunRecord
from nps_core.views.sync.report import Comparison, comparison
from nps_core.views.view import Moment, View, moment_of

Phase = Literal["not connected", "backfill", "extension", "people", "live"]
_ALMOST = 0.999
"""The highest share shown of an unfinished read."""


@dataclass(frozen=True, slots=True)
class Known:
    """The stored state of a connection; a checkpoint is None before its first save."""

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
    last_run: RunRecord | None

    @property
    def saved(self) -> list[StreamCheckpoint]:
        return [checkpoint for checkpoint in self.streams.values() if checkpoint is not None]

    @property
    def backfilled(self) -> bool:
        """Whether the first sync has reached the present."""
        return len(self.saved) == len(self.streams) and all(
            checkpoint.backfill.position.done for checkpoint in self.saved
        )

    @property
    def everybody_listed(self) -> bool:
        """Whether all end users have been read once."""
        return self.people is not None and self.people.backfill.position.done

    @property
    def is_wanted(self) -> bool:
        """Whether an operator requested history that no run has begun to read."""
        return any(self.wanted.backfill_at > checkpoint.extended_at for checkpoint in self.saved)

    @property
    def extending(self) -> bool:
        """Whether requested history is still to be read."""
        return self.is_wanted or any(checkpoint.extension is not None for checkpoint in self.saved)


class GapRow(View):
    """An open gap; `to` is its end, exclusive."""

    stream: str
    kind: str
    start: Moment = Field(serialization_alias="from")
    end: Moment = Field(serialization_alias="to")
    reason: str
    found_at: Moment
    tries: int


class LastRun(View):
    """The newest run of a connection."""

    run_id: str
    status: str
    error: str | None


class Extension(View):
    """Requested history: its start, and the share of its time that has been read."""

    since: Moment
    percent: float


class StatusRow(View):
    account_token: str
    host: str
    phase: Phase
    backfill_percent: float
    answers: int
    rate_per_minute: float | None
    seconds_left: int | None
    lag_seconds: int | None
    complete_to: Moment | None
    held_by: str | None
    covered: tuple[tuple[Moment, Moment], ...]
    open_gaps: tuple[GapRow, ...]
    suspects: int
    oldest_suspect: Moment | None
    people: bool
    lists_changes: bool
    last_audit: Comparison | None
    last_run: LastRun | None
    extension: Extension | None


def status_row(known: Known, now: datetime) -> StatusRow:
    """Return the state of a connection at `now`."""
    suspects, gaps = list(known.suspects), [gap for gap in known.gaps if gap.is_open]
    unequal = list(known.audit.lacking(known.zone))
    proven = coverage(known.streams, gaps, known.overlap, unequal)
    rate = rate_per_minute(known.last_run, now)
    lag = min((checkpoint.proven_at for checkpoint in known.saved), default=None)
    proof, last_run = known.audit.proof, known.last_run
    return StatusRow(
        account_token=known.account_token,
        host=known.host,
        phase=phase(known),
        backfill_percent=_percent(
            [checkpoint.backfill for checkpoint in known.saved], len(known.streams)
        ),
        answers=sum(checkpoint.backfill.rows for checkpoint in known.saved),
        rate_per_minute=rate,
        seconds_left=seconds_left([checkpoint.backfill for checkpoint in known.saved], rate),
        lag_seconds=round(max(0.0, (now - lag).total_seconds())) if lag else None,
        complete_to=proven.complete_to,
        held_by=proven.held_by,
        covered=tuple(proven.intervals),
        open_gaps=tuple(map(gap_row, sorted(gaps, key=lambda gap: gap.from_s))),
        suspects=len(suspects),
        oldest_suspect=_oldest(suspects),
        people=known.everybody_listed,
        lists_changes=known.audit.lists_changes,
        last_audit=comparison(proof) if proof else None,
        last_run=LastRun.model_validate(last_run) if last_run else None,
        extension=_extension(known),
    )


def phase(known: Known) -> Phase:
    """Return the first work of a run, apart from live reads."""
    if known.activated_at is None:
        return "not connected"
    if not known.backfilled:
        return "backfill"
    if known.extending:
        return "extension"
    return "live" if known.everybody_listed else "people"


def _oldest(suspects: Iterable[Suspect]) -> datetime | None:
    """Return when the oldest suspected answer was given."""
    seconds = [suspect.second for suspect in suspects]
    return datetime.fromtimestamp(min(seconds), UTC) if seconds else None


def gap_row(gap: Gap) -> GapRow:
    return GapRow(
        stream=gap.stream,
        kind=gap.kind,
        start=moment_of(gap.from_s),
        end=moment_of(gap.to_s),
        reason=gap.reason,
        found_at=gap.found_at,
        tries=gap.tries,
    )


def rate_per_minute(run: RunRecord | None, now: datetime) -> float | None:
    """Return the answers that a run reads per minute; None in its first second."""
    if run is None:
        return None
    seconds = ((run.ended_at or now) - run.started_at).total_seconds()
    return round(60 * run.fetched / seconds, 1) if seconds >= 1 else None


def seconds_left(fills: Iterable[Backfill], rate: float | None) -> int | None:
    """Return the seconds until the streams in progress are read; None if unknown.

    Assumes that answers are spread evenly over time. A stream that has not begun (declines, while
    responses are read) adds nothing yet.
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


def _extension(known: Known) -> Extension | None:
    if not known.extending:
        return None
    under_way = [saved.extension for saved in known.saved if saved.extension is not None]
    if known.is_wanted or not under_way:
        return Extension(since=moment_of(known.wanted.since_s), percent=0.0)
    read = sum(map(share, under_way)) + len(known.saved) - len(under_way)
    since_s = min(fill.from_s for fill in under_way)
    return Extension(since=moment_of(since_s), percent=round(100 * read / len(known.saved), 1))
