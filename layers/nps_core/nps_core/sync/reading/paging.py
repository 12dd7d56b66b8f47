"""Keyset paging: lossless reading of a list that moves, is cut at 30 pages and shuffles ties.

Ascending by time, always page 1, from the whole second of the last row seen. So each page repeats
one second, which makes page drift and the page cap harmless. Only a second that fills a whole page
is read page by page (`full_second`). Pure: `query` returns the next request; `advance` takes its
rows and returns the next position, which is also the checkpoint.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from nps_core.errors import SourceRejected
from nps_core.sync.reading.cursor import (
    LEAST_PAGE,
    Covered,
    Drain,
    PageQuery,
    Position,
    RowRef,
    Step,
    fresh_rows,
    next_second,
)
from nps_core.sync.reading.full_second import drained


def query(position: Position) -> PageQuery:
    """Return the next request of an unfinished pass."""
    drain = position.drain
    if drain is None:
        return PageQuery(position.cursor, position.end, by=position.by)
    return PageQuery(position.cursor, position.cursor + 1, drain.page, drain.order, by=position.by)


def advance(
    position: Position, rows: Sequence[RowRef], passed: Collection[int] = frozenset()
) -> Step:
    """Apply the rows of `query(position)`.

    A second in `passed` has been read alone before and is skipped.

    Raises:
        SourceRejected: a page that may not be the last has no readable time. Going on would loop.
    """
    if position.drain is not None:
        return drained(position, position.drain, rows)
    fresh = fresh_rows(rows, position.seen)
    seconds = [row.second for row in rows if row.second is not None]
    last = max(seconds, default=None)
    newest = max((s for s in (position.newest, last) if s is not None), default=None)
    if len(rows) < LEAST_PAGE:
        listed = Covered(position.cursor, position.end, position.seen | {row.id for row in rows})
        return Step(replace(position, newest=newest, done=True), fresh, listed)
    if last is None or last < position.cursor:
        raise SourceRejected("the source's list makes no progress: its times are unreadable")
    seen = frozenset(row.id for row in rows if row.second == last)
    if last > position.cursor:
        listed = Covered(position.cursor, last, position.seen | {row.id for row in rows})
        return Step(replace(position, cursor=last, seen=seen, newest=newest), fresh, listed)
    if last in passed:
        return Step(next_second(replace(position, newest=newest)), fresh)
    return Step(replace(position, newest=newest, drain=Drain(seen=position.seen | seen)), fresh)
