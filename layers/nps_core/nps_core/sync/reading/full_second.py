"""Reading one second that fills a whole page, although the source may shuffle ties every time.

Pages 1 to 30 of that second make a pass. Page 31 is never requested: it is always empty, as if the
data ended. There are two proofs of completeness:

* The pass reaches the end of the second, so its rows are counted. The second is complete when a
  pass has the same count as the previous one, brings no new id, and exactly that many ids were met
  since the count first appeared. A row deleted or inserted meanwhile changes the count, and the
  proof starts over.
* The pass does not reach the end (1,500 rows or more). Passes from both ends alternate until so
  many in a row bring nothing new that an unseen row is less likely than one in a million. With
  3,000 ids the two ends need not meet: the second is too full.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import ceil, log

from nps_core.sync.reading.cursor import (
    LEAST_PAGE,
    PAGE_SIZE,
    Covered,
    Drain,
    FullSecond,
    Position,
    RowRef,
    Step,
    fresh_rows,
    next_second,
)

LAST_PAGE = 30
_MAX_PASSES = 150
"""Far above the need of shuffled ties (about 10 below 1,500 rows, about 50 near 3,000)."""


def drained(position: Position, drain: Drain, rows: Sequence[RowRef]) -> Step:
    """Apply one page of the second `position.cursor`."""
    ids = frozenset(row.id for row in rows)
    fresh = fresh_rows(rows, drain.seen)
    after = replace(
        drain,
        seen=drain.seen | ids,
        proof=drain.proof | ids,
        rows=drain.rows + len(rows),
        grew=drain.grew or not ids <= drain.seen,
        longest=max(drain.longest, len(rows)),
    )
    # A pass that counts as many rows as the one before needs no further page to see the end: a row
    # inserted before that page came would go unnoticed.
    at_end = len(rows) < LEAST_PAGE or (len(rows) < PAGE_SIZE and after.rows == drain.total)
    if not at_end and drain.page < LAST_PAGE:
        return Step(replace(position, drain=replace(after, page=drain.page + 1)), fresh)
    return _pass_ended(position, after, fresh, at_end=at_end)


def _pass_ended(position: Position, drain: Drain, fresh: tuple[int, ...], *, at_end: bool) -> Step:
    total = drain.rows if at_end else None
    quiet = 0 if drain.grew else drain.quiet + 1
    is_counted = total is not None and total == drain.total and len(drain.proof) == total
    is_quiet = total is None and quiet >= _quiet_passes(len(drain.seen), drain.longest)
    if (is_counted and not drain.grew) or is_quiet:
        listed = Covered(position.cursor, position.cursor + 1, drain.seen)
        return Step(next_second(position), fresh, listed)
    if reason := _hopeless(drain, total, drain.longest):
        full = FullSecond(position.cursor, reason, len(drain.seen))
        return Step(next_second(position), fresh, full=full)
    starts_over = total is not None and (total != drain.total or len(drain.proof) > total)
    return Step(
        replace(
            position,
            drain=Drain(
                order="asc" if total is not None or drain.order == "desc" else "desc",
                seen=drain.seen,
                unknown=drain.unknown,
                proof=frozenset() if starts_over else drain.proof,
                quiet=quiet,
                passes=drain.passes + 1,
                total=total,
            ),
        ),
        fresh,
    )


def _hopeless(drain: Drain, total: int | None, page_size: int) -> str:
    if total is None and len(drain.seen) >= 2 * LAST_PAGE * page_size:
        return "more rows in one second than both ends of the list reach"
    if drain.passes + 1 >= _MAX_PASSES:
        return "the rows of one second kept changing while they were read"
    return ""


def _quiet_passes(rows: int, page_size: int) -> int:
    """Passes without a new id after which an unseen row among `rows` has odds below 1e-6."""
    return ceil(log(1_000_000) * max(rows, 1) / (LAST_PAGE * page_size))
