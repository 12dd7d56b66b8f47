"""The time up to which the stored answers are proven to equal the source's. Pure.

The backfill has read up to its cursor. Live passes have read from there to the start of the last
finished one, less the overlap, because an answer may become visible late. Two things hold the proof
back: gaps, and days in which the source counts more than is stored. In doubt the time is too early,
never too late. Suspects do not hold it back: they are stored, and nothing is missing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from nps_core.sync.lists import Stream
from nps_core.sync.proof.gaps import Gap
from nps_core.sync.reading.checkpoint import StreamCheckpoint

Interval = tuple[datetime, datetime]
_Doubt = tuple[int, int, str]
"""From second, to second, reason."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Covered time of a connection: half-open intervals, in order, without doubtful time."""

    intervals: tuple[Interval, ...]
    complete_to: datetime | None
    """Nothing is missing before this time; None before anything was read."""
    held_by: str | None = None
    """The reason that holds `complete_to` back; None if it is only the time of the last live
    pass."""


def read_to(checkpoint: StreamCheckpoint, overlap: timedelta) -> int:
    """Return the second up to which a stream has been read, ignoring gaps."""
    fill = checkpoint.backfill
    if not fill.position.done:
        # Near the present an answer may have become visible behind the cursor.
        return min(fill.position.cursor, int((fill.started_at - overlap).timestamp()))
    return max(fill.from_s, int((checkpoint.complete_at - overlap).timestamp()))


def coverage(
    checkpoints: Mapping[Stream, StreamCheckpoint | None],
    gaps: Iterable[Gap],
    overlap: timedelta,
    unequal: Iterable[tuple[int, int]] = (),
) -> Coverage:
    """Return the time of a connection that is covered in both streams.

    `unequal`: ranges of seconds whose counts differ and that are still to be re-read.
    """
    known = [checkpoint for checkpoint in checkpoints.values() if checkpoint is not None]
    if len(known) < len(checkpoints):
        return Coverage((), None, "nothing has been read yet")
    start = max(checkpoint.backfill.from_s for checkpoint in known)
    ends = {s: read_to(c, overlap) for s, c in checkpoints.items() if c is not None}
    end = min(ends.values())
    every = _doubts(gaps, unequal)
    doubts = sorted(doubt for doubt in every if start < doubt[1] and doubt[0] < end)
    complete_to = min([end, *(max(from_s, start) for from_s, _, _ in doubts)])
    is_filling = any(not checkpoint.backfill.position.done for checkpoint in known)
    why = "the backfill is under way" if is_filling else None
    intervals = tuple(_between(start, end, doubts))
    return Coverage(intervals, _moment(complete_to), doubts[0][2] if doubts else why)


def _doubts(gaps: Iterable[Gap], unequal: Iterable[tuple[int, int]]) -> Iterable[_Doubt]:
    for gap in gaps:
        if gap.is_open:
            yield gap.from_s, gap.to_s, gap.reason
    for from_s, to_s in unequal:
        yield from_s, to_s, "days that the source counts otherwise"


def _between(start: int, end: int, doubts: Iterable[_Doubt]) -> Iterable[Interval]:
    at = start
    for from_s, to_s, _ in doubts:
        if from_s > at:
            yield _moment(at), _moment(from_s)
        at = max(at, to_s)
    if at < end:
        yield _moment(at), _moment(end)


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
