"""Times on the command line: a day, or a time, in UTC."""

import re
from datetime import UTC, datetime

import typer

_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def parse_time(text: str) -> datetime:
    """Parse an option's value. A date means its midnight in UTC.

    Raises:
        BadParameter: click adds the option's name.
    """
    try:
        parsed = datetime.fromisoformat(text.strip()) if _DAY.match(text.strip()) else None
    except ValueError:
        parsed = None
    # All answers lie in these years; a replay queries each day, so other years only cost time.
    if parsed is None or not 2000 <= parsed.year < 2100:
        raise typer.BadParameter(
            f"{text!r} is no time of 2000 to 2099: give 2026-03-02 or 2026-03-02T08:00:00Z (UTC)"
        )
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
