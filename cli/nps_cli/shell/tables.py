"""Printing: JSON for machines, tables for people. Rich is imported when a person is to read."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from nps_cli.shell.columns import Column

if TYPE_CHECKING:
    from nps_core.views.view import View


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


def print_table(rows: Sequence[object], columns: Sequence[Column]) -> None:
    """Print the columns that the terminal has room for, and name the others."""
    from nps_cli.shell import drawing

    drawing.print_table(rows, columns)


def print_facts(pairs: Iterable[tuple[str, object]]) -> None:
    """Print names and values of one thing."""
    from nps_cli.shell import drawing

    drawing.print_facts(pairs)


def say(text: str) -> None:
    """Print a remark under or instead of a table, broken between words."""
    from nps_cli.shell import drawing

    drawing.print_text(text)


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
