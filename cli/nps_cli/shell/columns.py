"""Which columns a table has; how they are drawn is decided in `drawing`."""

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its title and what it shows of a row."""

    title: str
    value: Callable[[Any], object]
    justify: Literal["left", "right"] = "left"
    rank: int = 0
    """0 is always shown; the higher, the sooner it is left out of a narrow terminal."""
    wraps_at: int | None = None
    """Prose may be wrapped to this width; None for what must stay in one piece, as ids."""

    @classmethod
    def of(
        cls,
        name: str,
        title: str | None = None,
        *,
        right: bool = False,
        rank: int = 0,
        wraps_at: int | None = None,
    ) -> "Column":
        """Show a field as it is."""
        justify: Literal["left", "right"] = "right" if right else "left"
        return cls(title or name, attrgetter(name), justify, rank, wraps_at)
