"""One request for a page, its rows checked before anything is done with them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from nps_core.connectors.wootric.protocol import row_ref
from nps_core.sync.reading.checks import checked_page
from nps_core.sync.reading.cursor import PageQuery, Position, RowRef
from nps_core.sync.reading.paging import advance, query
from sync_wootric.run import Run


class Asked(NamedTuple):
    """A checked page. `source_at`: the source's own time of the reply; None if it told none."""

    rows: list[Any]
    refs: list[RowRef]
    source_at: datetime | None


def ask(run: Run, listing: str, question: PageQuery) -> Asked:
    """Ask for a page. Raises like `Source.page` and `checked_page`."""
    page = run.source.page(listing, question)
    refs = [row_ref(row, question.by) for row in page.rows]
    checked_page(question, refs, page.date_s)
    at = None if page.date_s is None else datetime.fromtimestamp(page.date_s, UTC)
    return Asked(page.rows, refs, at)


class Rows(NamedTuple):
    """New rows of a short list. `source_at` as in `Asked`."""

    rows: list[Any]
    asked_at: datetime
    source_at: datetime | None


def ask_all(run: Run, listing: str, position: Position) -> Iterator[Rows]:
    """Read a short list from `position` to its end, page by page.

    Requires time for each page. A list with a second that is too full ends like any other.
    """
    while not position.done:
        run.time.require()
        asked_at = run.clock.at()
        asked = ask(run, listing, query(position))
        step = advance(position, asked.refs)
        yield Rows([asked.rows[index] for index in step.fresh], asked_at, asked.source_at)
        position = step.position
