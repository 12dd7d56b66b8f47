"""Positions of keyset paging: plain values that are also the checkpoint of a run."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

from nps_core.formats import LEFT_OUT, Stored

PAGE_SIZE = 50
LEAST_PAGE = 10
"""Only a page with fewer rows is certainly the last one.

The source may give shorter pages than it is asked for, and may begin to at any time: 25 is its own
default. No source is known to give fewer than ten. After a longer page the next one is asked for.
"""
Order = Literal["asc", "desc"]
SortedBy = Literal["created", "updated"]


class RowRef(NamedTuple):
    """The part of a row that paging needs: its id and its second (None: the time is unreadable)."""

    id: str
    second: int | None
    written_s: int | None = None
    """Second of the source's last write of the row."""
    is_naive: bool = False
    """Whether a time of the row has no offset."""


class Page(NamedTuple):
    """A reply of a list: rows as the source sent them, and the second of its `Date` header."""

    rows: list[Any]
    date_s: float | None = None


class PageQuery(NamedTuple):
    """One request for a page: rows with gte <= time < lt, in Unix seconds, in order of time."""

    gte: int
    lt: int | None = None
    page: int = 1
    order: Order = "asc"
    per_page: int = PAGE_SIZE
    by: SortedBy = "created"


@dataclass(frozen=True, slots=True)
class FullSecond:
    """A second that the source cannot list in full, with the reason."""

    second: int
    reason: str
    rows: int
    """Distinct rows of the second that were read and stored."""


@dataclass(frozen=True, slots=True)
class Drain(Stored):
    """Reading one second alone, in repeated passes over its pages.

    `seen` holds every id so far, `proof` those that count towards the proof of completeness.
    """

    order: Order = "asc"
    page: int = 1
    seen: frozenset[str] = frozenset()
    proof: frozenset[str] = frozenset()
    rows: int = 0
    grew: bool = False
    quiet: int = 0
    passes: int = 0
    longest: int = 0
    """Rows of the longest page of this pass."""
    total: int | None = None
    """Rows of the previous pass; None if it did not reach the end of the second."""


@dataclass(frozen=True, slots=True)
class Position(Stored):
    """Position of a pass. Everything before `cursor` has been read.

    A pass goes up to the present, or up to `end` (exclusive), in order of creation or of change.
    """

    cursor: int
    seen: frozenset[str] = frozenset()
    newest: int | None = None
    done: bool = False
    end: int | None = None
    by: SortedBy = "created"
    drain: Drain | None = field(default=None, metadata=LEFT_OUT)


class Covered(NamedTuple):
    """A stretch of time that was listed in full: from_s <= second < to_s (None: no end).

    `ids` holds every row that the source has there.
    """

    from_s: int
    to_s: int | None
    ids: frozenset[str]


class Step(NamedTuple):
    """Outcome of a page: the next position, and the conclusions."""

    position: Position
    fresh: tuple[int, ...]
    """Indexes of the page's rows that are new in this pass."""
    covered: Covered | None = None
    full: FullSecond | None = None


def fresh_rows(rows: Sequence[RowRef], seen: frozenset[str]) -> tuple[int, ...]:
    """Return the indexes of rows whose id is not in `seen`, each id once."""
    met = set(seen)
    fresh: list[int] = []
    for index, row in enumerate(rows):
        if row.id not in met:
            met.add(row.id)
            fresh.append(index)
    return tuple(fresh)


def next_second(position: Position) -> Position:
    """Return the position after the second of the cursor has been read alone."""
    after = position.cursor + 1
    is_last = position.end is not None and after >= position.end
    return replace(position, cursor=after, seen=frozenset(), drain=None, done=is_last)
