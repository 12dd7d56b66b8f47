"""Times that a person types: UTC, a day or a time of day."""

import re
from datetime import UTC, datetime

import typer

_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def parse_time(text: str) -> datetime:
    """Parse an option's value; a bare date is its midnight in UTC.

    Raises:
        BadParameter: click adds the name of the option.
    """
    try:
        parsed = datetime.fromisoformat(text.strip()) if _DAY.match(text.strip()) else None
    except ValueError:
        parsed = None
    # What is stored lies in these years; one query per day makes others slow for nothing.
    if parsed is None or not 2000 <= parsed.year < 2100:
        raise typer.BadParameter(
            f"{text!r} is no time of 2000 to 2099: give 2026-03-02 or 2026-03-02T08:00:00Z (UTC)"
        )
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
