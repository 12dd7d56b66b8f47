"""Parsing and printing of times. Inside the project every time is aware and in UTC."""

import re
from datetime import UTC, datetime

from nps_core.errors import PayloadError

# "2026-03-02 09:15:04 -0800": a form decoder may have turned the + of "+0530" into a space.
_LOST_PLUS = re.compile(r"(\d\d:\d\d:\d\d(?:\.\d+)?) {1,2}(\d{4}|\d\d:\d\d)$")
# `datetime.fromisoformat` accepts no space before the offset.
_SPACED_OFFSET = re.compile(r"(\d\d:\d\d:\d\d(?:\.\d+)?) ([+-]\d\d:?\d\d)$")


def parse_time(value: object, field: str) -> datetime:
    """Parse any of Wootric's time formats into UTC.

    Accepts ISO 8601 with or without milliseconds, `YYYY-MM-DD HH:MM:SS -0800` (Rails writes ` UTC`
    for an offset of zero), and Unix seconds.
    A time without an offset (2014-2016 exports) is taken as UTC, finer than a millisecond is cut.

    Raises:
        PayloadError: `bad_time`, naming `field`.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise PayloadError("bad_time", f"{field} is not a time")
    try:
        if isinstance(value, int | float):
            return _plausible(datetime.fromtimestamp(value, UTC))
        text = _LOST_PLUS.sub(r"\1+\2", value.strip().replace(" UTC", "+00:00"))
        parsed = datetime.fromisoformat(_SPACED_OFFSET.sub(r"\1\2", text))
        return _plausible(parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed)
    except (ValueError, OverflowError, OSError) as exc:
        raise PayloadError("bad_time", f"{field} is not a time") from exc


def lacks_offset(value: object) -> bool:
    """Whether a text is a time without an offset, which names no moment."""
    try:
        return isinstance(value, str) and datetime.fromisoformat(value.strip()).tzinfo is None
    except ValueError:
        return False


def _plausible(moment: datetime) -> datetime:
    """Return it in UTC, in whole milliseconds, the stored precision.

    Far-off years would overflow when a window is added or subtracted.
    """
    utc = moment.astimezone(UTC)
    if not 2000 <= utc.year < 2100:
        raise ValueError("the year is implausible")
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def iso(moment: datetime) -> str:
    """Print as ISO 8601 in UTC with a Z, with milliseconds if there are any.

    Sorts as text, except that within one second the whole second comes last.
    """
    utc = moment.astimezone(UTC)
    spec = "milliseconds" if utc.microsecond >= 1000 else "seconds"
    return utc.isoformat(timespec=spec).replace("+00:00", "Z")


def from_iso(text: str) -> datetime:
    """Inverse of `iso`."""
    return datetime.fromisoformat(text)


def epoch_ms(moment: datetime) -> int:
    """Return whole milliseconds since 1970, truncated."""
    return int(moment.timestamp()) * 1000 + moment.microsecond // 1000


def from_epoch_ms(ms: int) -> datetime:
    """Inverse of `epoch_ms`, exact to the millisecond."""
    return datetime.fromtimestamp(ms // 1000, UTC).replace(microsecond=ms % 1000 * 1000)
