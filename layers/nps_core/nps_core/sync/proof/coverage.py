"""Up to when the stored answers are proven to equal the source's. Pure; never ahead of the truth.

What counts as read: the backfill up to its cursor, then everything up to the last finished live
pass, less the overlap, because an answer may become visible late. Every hole, every day that is
counted otherwise and not read again yet, and every answer that the source seems to have lost
holds it back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from nps_core.sync.lists import Stream
from nps_core.sync.proof.gaps import Gap
from nps_core.sync.proof.suspects import Suspect
from nps_core.sync.reading.checkpoint import StreamCheckpoint

Interval = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is covered of a connection: half-open intervals, in order, without the holes."""

    intervals: tuple[Interval, ...]
    complete_to: datetime | None
    """Up to here nothing is missing and nothing is too much; None before anything was read."""
    held_by: str | None = None
    """What holds `complete_to` back, None when it is only the time of the last live pass."""


def read_to(checkpoint: StreamCheckpoint, overlap: timedelta) -> int:
    """Return the second up to which a stream has been read, leaving holes aside."""
    fill = checkpoint.backfill
    if not fill.position.done:
        # Close to the present an answer may have become visible behind the cursor.
        return min(fill.position.cursor, int((fill.started_at - overlap).timestamp()))
    return max(fill.from_s, int((checkpoint.proven_at - overlap).timestamp()))


def coverage(
    checkpoints: Mapping[Stream, StreamCheckpoint | None],
    gaps: Iterable[Gap],
    suspects: Iterable[Suspect],
    overlap: timedelta,
    unequal: Iterable[tuple[int, int]] = (),
) -> Coverage:
    """Return what of a connection is covered in both streams.

    `unequal`: ranges of seconds whose counts differ and that are still to be read again.
    """
    known = [checkpoint for checkpoint in checkpoints.values() if checkpoint is not None]
    if len(known) < len(checkpoints):
        return Coverage((), None, "nothing has been read yet")
    start = max(checkpoint.backfill.from_s for checkpoint in known)
    ends = {s: read_to(c, overlap) for s, c in checkpoints.items() if c is not None}
    end = min(ends.values())
    doubted = [(from_s, to_s, "days that the source counts otherwise") for from_s, to_s in unequal]
    every = [*_holes(gaps, suspects), *doubted]
    holes = sorted(hole for hole in every if start < hole[1] and hole[0] < end)
    complete_to = min([end, *(max(from_s, start) for from_s, _, _ in holes)])
    is_filling = any(not checkpoint.backfill.position.done for checkpoint in known)
    why = "the backfill is under way" if is_filling else None
    intervals = tuple(_between(start, end, holes))
    return Coverage(intervals, _moment(complete_to), holes[0][2] if holes else why)


def _holes(gaps: Iterable[Gap], suspects: Iterable[Suspect]) -> Iterable[tuple[int, int, str]]:
    for gap in gaps:
        if gap.is_open:
            yield gap.from_s, gap.to_s, gap.reason
    for one in suspects:
        noun = one.key.kind
        yield one.second, one.second + 1, f"a {noun} that the source no longer lists"


def _between(start: int, end: int, holes: Iterable[tuple[int, int, str]]) -> Iterable[Interval]:
    at = start
    for from_s, to_s, _ in holes:
        if from_s > at:
            yield _moment(at), _moment(from_s)
        at = max(at, to_s)
    if at < end:
        yield _moment(at), _moment(end)


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
