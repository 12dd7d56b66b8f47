"""Printing: JSON for machines, tables for people, no colour where nobody sees it."""

import json
import os
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal

import typer
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from nps_core.views.view import View

_WIDE = 100_000  # a file or a pipe has no width: nothing is cut, so that lines can be searched
_TONES = {
    **dict.fromkeys(("promoter", "up", "complete", "SENT", "ok"), "green"),
    **dict.fromkeys(("detractor", "down", "failed", "FAILED", "UNKNOWN", "FAIL"), "red"),
    **dict.fromkeys(("passive", "partial", "running", "PENDING", "open"), "yellow"),
}


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


def console() -> Console:
    """Return the terminal, or something without width and colour for a file or a pipe.

    The width that COLUMNS names holds everywhere.
    """
    has_width = sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdecimal()
    return Console(width=None if has_width else _WIDE, highlight=False, soft_wrap=False)


def print_json(view: "View") -> None:
    """Print one object."""
    typer.echo(json.dumps(view.as_json(), indent=2))


def print_json_rows(rows: "Iterable[View]") -> None:
    """Print one array, a row per line, so that line tools can read it as well."""
    lines = ",\n".join(json.dumps(row.as_json()) for row in rows)
    typer.echo(f"[\n{lines}\n]" if lines else "[]")


def print_rows(
    rows: "Sequence[View]", columns: Sequence[Column], *, as_json: bool, empty: str
) -> None:
    """Print a list; `empty` tells a person why it may be empty and what to do next."""
    if as_json:
        print_json_rows(rows)
    elif rows:
        print_table(rows, columns)
    else:
        say(empty)


def say(text: str) -> None:
    """Print a remark under or instead of a table, broken between words."""
    console().print(Text(text))


def print_table(rows: Sequence[object], columns: Sequence[Column]) -> None:
    """Print the columns that the terminal has room for, and name the others.

    Nothing in the rows is taken as markup or as a terminal command.
    """
    screen = console()
    cells = {column: [cell(column.value(row)) for row in rows] for column in columns}
    widths = {column: _width(column, texts) for column, texts in cells.items()}
    shown = fitting(widths, screen.width)
    fits = _total(widths[column] for column in shown) <= screen.width
    grid = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in shown:
        whole = fits and column.wraps_at is None
        grid.add_column(column.title, justify=column.justify, overflow="fold", no_wrap=whole)
    for texts in zip(*(cells[column] for column in shown), strict=True):
        grid.add_row(*texts)
    screen.print(grid)
    if left_out := [column.title for column in columns if column not in shown]:
        more = f"Not shown for lack of width: {', '.join(left_out)} (--json has everything)."
        screen.print(Text(more, style="dim"))


def fitting(widths: Mapping[Column, int], room: int) -> list[Column]:
    """Choose columns by rank as long as there is room; they stay in their order."""
    shown: set[Column] = set()
    for column in sorted(widths, key=lambda column: column.rank):
        wanted = _total(widths[one] for one in (*shown, column))
        if column.rank == 0 or wanted <= room:
            shown.add(column)
    return [column for column in widths if column in shown]


def _width(column: Column, texts: Sequence[Text]) -> int:
    """Return the least width at which the column is easy to read."""
    longest = max([cell_len(column.title), *(text.cell_len for text in texts)])
    return longest if column.wraps_at is None else min(longest, column.wraps_at)


def _total(widths: Iterable[int]) -> int:
    """Return the width of a table: a space on both sides, three between columns."""
    each = list(widths)
    return sum(each) + 3 * (len(each) - 1) + 2


def facts(pairs: Sequence[tuple[str, object]]) -> Table:
    """Lay out names and values of one thing."""
    grid = Table(box=None, show_header=False, pad_edge=False)
    grid.add_column(style="bold")
    grid.add_column(overflow="fold")
    for name, value in pairs:
        grid.add_row(name, cell(value))
    return grid


def cell(value: object) -> Text:
    """Return what a person reads: `-` for nothing, a score's colour, no control characters."""
    if value is None or value in ("", []):
        return Text("-", style="dim")
    if isinstance(value, bool):
        return Text("yes" if value else "no")
    if isinstance(value, list):
        return Text(plain(", ".join(str(item) for item in value)))
    text = plain(str(value))
    return Text(text, style=_TONES.get(text, ""))


def plain(text: str) -> str:
    """Return one line without control and direction characters, which could forge a table."""
    kept = "".join(" " if _is_control(char) else char for char in text)
    return " ".join(kept.split())


def _is_control(char: str) -> bool:
    # The two joiners belong to how emoji and several scripts are written.
    return char not in "\u200c\u200d" and unicodedata.category(char) in {"Cc", "Cf", "Cs"}


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def shorten(text: str | None, limit: int) -> str | None:
    """Cut a comment for a table; `--json` has it in full."""
    if text is None or len(text) <= limit:
        return text
    return text[: limit - 1].rstrip() + "\u2026"


def signed(number: int | None) -> str | None:
    """Return an NPS or a difference with its sign."""
    return None if number is None else f"{number:+d}" if number else "0"


def minute(moment: datetime | None) -> str | None:
    """Return a time to the minute, in UTC."""
    return None if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def duration(seconds: float | None) -> str | None:
    """Return a length of time in its two largest units."""
    if seconds is None:
        return None
    left, parts = round(seconds), list[str]()
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        count, left = divmod(left, size)
        if count or (unit == "s" and not parts):
            parts.append(f"{count:,} {unit}")
    return " ".join(parts[:2])
