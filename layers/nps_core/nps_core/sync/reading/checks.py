"""Checks a page against the question before any of it is stored. Pure.

The source ignores parameters that it does not know, instead of refusing them. A list that answers
another question, or tells times of another zone, would put right answers in the wrong place.
"""

from collections.abc import Sequence

from nps_core.errors import SourceRejected
from nps_core.sync.reading.cursor import LEAST_PAGE, PageQuery, RowRef

_LATE_S = 60
"""A row may be written while the reply, with its `Date`, is on its way."""


def checked_page(query: PageQuery, rows: Sequence[RowRef], date_s: float | None) -> None:
    """Check the rows of a reply.

    `date_s`: the reply's `Date` in Unix seconds. Without one, times ahead of it cannot be noticed:
    our own clock proves nothing about the source's. A row without a readable time passes: it is
    quarantined alone.

    Raises:
        SourceRejected: a row lies outside the asked range, the rows are not in the asked order, or
            times have no offset or lie ahead of the source's own clock. Names cause and fix.
    """
    if any(row.is_naive for row in rows):
        raise SourceRejected(
            "the source's times have no offset, so no answer can be placed in time. Fix: ask"
            " Wootric's support for times with an offset, as its documentation shows them"
        )
    written = [row.written_s for row in rows if row.written_s is not None]
    if date_s is not None and any(second > date_s + _LATE_S for second in written):
        raise SourceRejected(
            "the source's times lie ahead of its own clock: their offset or that clock is wrong."
            " Fix: report it to Wootric's support; nothing is stored until its times are right"
        )
    seconds = [row.second for row in rows if row.second is not None]
    if any(s < query.gte or (query.lt is not None and s >= query.lt) for s in seconds):
        raise SourceRejected(
            f"the source lists rows outside the asked range: it ignores the filter `{query.by}`, or"
            " its times are of another zone. Fix: check the API address, then run `nps doctor`"
        )
    # On the last page of a list one odd row leads nowhere, so it must not hide the others.
    is_last = len(rows) < LEAST_PAGE
    if not is_last and seconds != sorted(seconds, reverse=query.order == "desc"):
        raise SourceRejected("the source's list is not in order of time: its sort key is ignored")
