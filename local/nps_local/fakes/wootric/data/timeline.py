"""Rows sorted by a time (or a name), cut by bisection; ties in one second have no order."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby
from random import Random
from typing import Any, Generic, TypeVar

from nps_local.fakes.wootric.data.model import EndUser, Row

T = TypeVar("T", bound=Row | EndUser)


@dataclass(frozen=True)
class Window:
    """Half-open range of milliseconds; None is unbounded."""

    from_ms: int | None = None
    to_ms: int | None = None

    def holds(self, ms: int) -> bool:
        after = self.from_ms is None or ms >= self.from_ms
        return after and (self.to_ms is None or ms < self.to_ms)


@dataclass(frozen=True)
class Slice:
    """The part of a sorted window on a page."""

    offset: int
    limit: int
    descending: bool


class Timeline(Generic[T]):
    """A sorted list of rows. Adding a newest row is O(1), any other O(n)."""

    def __init__(self, key: Callable[[T], Any], rows: Iterable[T] = ()) -> None:
        self._key = key
        self._rows: list[T] = []
        self._keys: list[Any] = []
        self._key_of: dict[int, Any] = {}
        self.extend(rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, row: T) -> bool:
        return row.id in self._key_of

    def extend(self, rows: Iterable[T]) -> None:
        """Add many rows with one sort."""
        self._rows = sorted([*self._rows, *rows], key=self._key)
        self._keys = [self._key(row) for row in self._rows]
        self._key_of = {row.id: key for row, key in zip(self._rows, self._keys, strict=True)}

    def add(self, row: T) -> None:
        """Insert one row at its place."""
        key = self._key(row)
        at = bisect_right(self._keys, key)
        self._keys.insert(at, key)
        self._rows.insert(at, row)
        self._key_of[row.id] = key

    def discard(self, row: T) -> None:
        """Remove a row, even if its time has changed; ignore one that is not listed."""
        if row in self:
            at = bisect_left(self._keys, self._key_of.pop(row.id))
            while self._rows[at] is not row:
                at += 1
            del self._keys[at], self._rows[at]

    def window(self, window: Window) -> list[T]:
        """List the rows of a window, oldest first."""
        low, high = self._span(window)
        return self._rows[low:high]

    def count(self, window: Window) -> int:
        low, high = self._span(window)
        return high - low

    def page(self, window: Window, part: Slice, shuffle: Random | None) -> list[T]:
        """Cut one page; `shuffle` mixes the rows of one second on every call."""
        low, high = self._span(window)
        if part.descending:
            last = high - part.offset
            first = max(low, last - part.limit)
        else:
            first = low + part.offset
            last = min(high, first + part.limit)
        if first >= last:
            return []
        rows = (
            self._rows[first:last]
            if shuffle is None
            else self._mixed(low, high, first, last, shuffle)
        )
        return rows[::-1] if part.descending else rows

    def _mixed(self, low: int, high: int, first: int, last: int, shuffle: Random) -> list[T]:
        # A tie group may extend beyond the page, so its rows may move across the page's edge.
        start = max(low, bisect_left(self._keys, self._keys[first] // 1000 * 1000))
        end = min(high, bisect_left(self._keys, (self._keys[last - 1] // 1000 + 1) * 1000))
        rows: list[T] = []
        for _, group in groupby(self._rows[start:end], lambda row: self._key(row) // 1000):
            ties = list(group)
            if len(ties) > 1:
                shuffle.shuffle(ties)
            rows.extend(ties)
        return rows[first - start : last - start]

    def _span(self, window: Window) -> tuple[int, int]:
        low = 0 if window.from_ms is None else bisect_left(self._keys, window.from_ms)
        high = len(self._keys) if window.to_ms is None else bisect_left(self._keys, window.to_ms)
        return low, max(low, high)
