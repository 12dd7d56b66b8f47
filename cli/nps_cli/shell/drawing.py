"""Draws tables and texts with rich; in colour on a terminal only."""

import os
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from nps_cli.shell.columns import Column

_WIDE = 100_000  # for a file or a pipe: nothing is cut, so that lines can be searched
_TONES = {
    **dict.fromkeys(("promoter", "up", "complete", "SENT", "ok"), "green"),
    **dict.fromkeys(("detractor", "down", "failed", "FAILED", "UNKNOWN", "FAIL"), "red"),
    **dict.fromkeys(("passive", "partial", "running", "PENDING", "open"), "yellow"),
}


def print_table(rows: Sequence[object], columns: Sequence[Column]) -> None:
    """Print the columns that fit the terminal, and name the others.

    Rows cannot inject markup or terminal commands.
    """
    screen = _console()
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
        note = f"Not shown for lack of width: {', '.join(left_out)} (--json has everything)."
        screen.print(Text(note, style="dim"))


def print_facts(pairs: Iterable[tuple[str, object]]) -> None:
    """Print names and values of one object."""
    grid = Table(box=None, show_header=False, pad_edge=False)
    grid.add_column(style="bold")
    grid.add_column(overflow="fold")
    for name, value in pairs:
        grid.add_row(name, cell(value))
    _console().print(grid)


def print_text(text: str) -> None:
    """Print a remark, wrapped between words."""
    _console().print(Text(text))


def fitting(widths: Mapping[Column, int], room: int) -> list[Column]:
    """Choose columns by rank while they fit; their order stays."""
    shown: set[Column] = set()
    for column in sorted(widths, key=lambda column: column.rank):
        wanted = _total(widths[chosen] for chosen in (*shown, column))
        if column.rank == 0 or wanted <= room:
            shown.add(column)
    return [column for column in widths if column in shown]


def _width(column: Column, texts: Sequence[Text]) -> int:
    """Return the smallest width at which the column is easy to read."""
    longest = max([cell_len(column.title), *(text.cell_len for text in texts)])
    return longest if column.wraps_at is None else min(longest, column.wraps_at)


def _total(columns: Iterable[int]) -> int:
    """Return the width of a table: a space on both sides, three between columns."""
    widths = list(columns)
    return sum(widths) + 3 * (len(widths) - 1) + 2


def cell(value: object) -> Text:
    """Format a value: `-` for None, a score's colour, no control characters."""
    if value is None or value in ("", []):
        return Text("-", style="dim")
    if isinstance(value, bool):
        return Text("yes" if value else "no")
    if isinstance(value, list):
        return Text(plain(", ".join(str(item) for item in value)))
    text = plain(str(value))
    return Text(text, style=_TONES.get(text, ""))


def plain(text: str) -> str:
    """Return one line without control and bidi characters, which could forge a table."""
    kept = "".join(" " if _is_control(char) else char for char in text)
    return " ".join(kept.split())


def _is_control(char: str) -> bool:
    # Emoji and several scripts need the two joiners.
    return char not in "\u200c\u200d" and unicodedata.category(char) in {"Cc", "Cf", "Cs"}


def _console() -> Console:
    """Return a console for the terminal, or one without width and colour for a file or a pipe.

    COLUMNS sets the width of both.
    """
    has_width = sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdecimal()
    return Console(width=None if has_width else _WIDE, highlight=False, soft_wrap=False)
