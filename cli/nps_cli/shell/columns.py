"""The columns of a table; `drawing` draws them."""

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Column:
    """A title, and the value of each row."""

    title: str
    value: Callable[[Any], object]
    justify: Literal["left", "right"] = "left"
    rank: int = 0
    """0 is always shown; a narrow terminal leaves out the highest ranks first."""
    wraps_at: int | None = None
    """Width to which prose may be wrapped; None for values such as ids that must not break."""

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
        """Show a field unchanged."""
        justify: Literal["left", "right"] = "right" if right else "left"
        return cls(title or name, attrgetter(name), justify, rank, wraps_at)
