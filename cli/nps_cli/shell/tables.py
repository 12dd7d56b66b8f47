"""Prints JSON for machines and tables for people. Only tables import rich."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from nps_cli.shell.columns import Column

if TYPE_CHECKING:
    from nps_core.views.view import View


def print_json(view: "View") -> None:
    typer.echo(json.dumps(view.as_json(), indent=2))


def print_json_rows(rows: "Iterable[View]") -> None:
    """Print one JSON array, a row per line, so that line tools can read it as well."""
    lines = ",\n".join(json.dumps(row.as_json()) for row in rows)
    typer.echo(f"[\n{lines}\n]" if lines else "[]")


def print_rows(
    rows: "Sequence[View]", columns: Sequence[Column], *, as_json: bool, empty: str
) -> None:
    """Print a list. `empty` is the text of an empty table: a reason and the next step."""
    if as_json:
        print_json_rows(rows)
    elif rows:
        print_table(rows, columns)
    else:
        say(empty)


def print_table(rows: Sequence[object], columns: Sequence[Column]) -> None:
    from nps_cli.shell import drawing

    drawing.print_table(rows, columns)


def print_facts(pairs: Iterable[tuple[str, object]]) -> None:
    from nps_cli.shell import drawing

    drawing.print_facts(pairs)


def say(text: str) -> None:
    from nps_cli.shell import drawing

    drawing.print_text(text)


def counted(number: int, one: str, many: str | None = None) -> str:
    """Format a number with its noun, such as `1 answer`. `many` is an irregular plural."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def shorten(text: str | None, limit: int) -> str | None:
    """Cut a comment for a table; `--json` prints all of it."""
    if text is None or len(text) <= limit:
        return text
    return text[: limit - 1].rstrip() + "\u2026"


def signed(number: int | None) -> str | None:
    """Format an NPS or a difference with its sign."""
    return None if number is None else f"{number:+d}" if number else "0"


def minute(moment: datetime | None) -> str | None:
    """Format a time in UTC to the minute."""
    return None if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def duration(seconds: float | None) -> str | None:
    """Format a duration in its two largest units."""
    if seconds is None:
        return None
    left, parts = round(seconds), list[str]()
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        count, left = divmod(left, size)
        if count or (unit == "s" and not parts):
            parts.append(f"{count:,} {unit}")
    return " ".join(parts[:2])
