"""Sorted lines that stay sorted when items change, without sorting again."""

from collections.abc import Callable, Hashable, Iterable
from typing import Any, Generic, TypeVar

from nps_local.fakes.wootric.data.model import EndUser, Row
from nps_local.fakes.wootric.data.timeline import Timeline

T = TypeVar("T", bound=Row | EndUser)

_MANY = 500
"""Above this number of changes sorting again is faster than moving items."""


class Lines(Generic[T]):
    """Lines by name. Changes of items are collected and applied on the next access."""

    def __init__(self) -> None:
        self._lines: dict[Hashable, tuple[Timeline[T], Callable[[T], bool]]] = {}
        self._noted: dict[int, T] = {}

    def note(self, item: T) -> None:
        """Note that an item is new, changed or deleted."""
        self._noted[item.id] = item

    def line(
        self,
        name: Hashable,
        key: Callable[[T], Any],
        items: Callable[[], Iterable[T]],
        belongs: Callable[[T], bool],
    ) -> Timeline[T]:
        """Return the line of a name. A name always has the same key and rule."""
        self._catch_up()
        if name not in self._lines:
            fitting = [item for item in items() if belongs(item)]
            self._lines[name] = Timeline(key, fitting), belongs
        return self._lines[name][0]

    def _catch_up(self) -> None:
        if len(self._noted) > _MANY:
            self._lines.clear()
        for line, belongs in self._lines.values():
            for item in self._noted.values():
                line.discard(item)
                if belongs(item):
                    line.add(item)
        self._noted.clear()
