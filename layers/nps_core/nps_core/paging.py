"""Keyset paging: reads a list that moves, is cut at 30 pages and shuffles ties, without a loss.

Ascending by `created_at`, always page 1, from the whole second of the last row seen. So every page
reads one second again, which makes page drift and the page cap harmless. Only a second that fills
a whole page by itself is read page by page (`nps_core.draining`). Pure: `query` says what to ask,
`advance` takes the rows and gives the next position, which is also the checkpoint.
"""

from collections.abc import Sequence
from dataclasses import replace

from nps_core.draining import drained
from nps_core.errors import SourceRejected
from nps_core.positions import PAGE_SIZE, Drain, PageQuery, Position, RowRef, Step, fresh_rows


def query(position: Position) -> PageQuery:
    """Return the next request of an unfinished pass."""
    drain = position.drain
    if drain is None:
        return PageQuery(position.cursor)
    return PageQuery(position.cursor, position.cursor + 1, drain.page, drain.order)


def advance(position: Position, rows: Sequence[RowRef]) -> Step:
    """Take the rows that `query(position)` brought.

    Raises:
        SourceRejected: a full page that shows no progress in time, because the filter is ignored
            or no time can be read. Going on would loop.
    """
    if position.drain is not None:
        return drained(position, position.drain, rows)
    fresh = fresh_rows(rows, position.seen)
    seconds = [row.second for row in rows if row.second is not None]
    last = max(seconds, default=None)
    newest = max((s for s in (position.newest, last) if s is not None), default=None)
    if len(rows) < PAGE_SIZE:
        return Step(replace(position, newest=newest, done=True), fresh)
    if last is None or last < position.cursor:
        raise SourceRejected(
            "the source's list makes no progress: created_at is unreadable or its filter is ignored"
        )
    seen = frozenset(row.id for row in rows if row.second == last)
    if last > position.cursor:
        return Step(Position(last, seen, newest), fresh)
    return Step(replace(position, newest=newest, drain=Drain(seen=position.seen | seen)), fresh)
