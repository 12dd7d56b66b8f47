"""Whether the configured time zone is the one in which the source counts days. Pure.

The counts of a day depend on when the day begins. We count the listed answers between other
midnights; the offsets from UTC that give the source's own counts are the possible ones.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

from nps_core.scoring import categorize
from nps_core.sync.proof.counting import ClassCounts

_STEP = timedelta(minutes=30)
OFFSETS = tuple(_STEP * number for number in range(-24, 29))
"""All whole and half hours from UTC-12 to UTC+14."""
_TWO_DAYS_S = 2 * 86_400
_EXAMPLES = (
    *("America/Los_Angeles", "America/Denver", "America/Chicago", "America/New_York"),
    *("Europe/London", "Europe/Berlin", "Europe/Athens", "UTC", "Asia/Kolkata", "Asia/Singapore"),
    *("Asia/Tokyo", "Australia/Sydney", "Pacific/Auckland", "America/Sao_Paulo", "Asia/Dubai"),
    *("America/Halifax", "Europe/Moscow", "Asia/Karachi", "Asia/Bangkok", "Pacific/Honolulu"),
)
"""Well-known zones, most likely first."""


class Vote(NamedTuple):
    """A counted answer of a list: its Unix second and its score."""

    second: int
    score: int


def count_day(votes: Iterable[Vote], day: date, zone: tzinfo) -> ClassCounts:
    start = datetime.combine(day, time(), zone).timestamp()
    end = datetime.combine(day + timedelta(days=1), time(), zone).timestamp()
    classes = [categorize(vote.score) for vote in votes if start <= vote.second < end]
    return ClassCounts(*(classes.count(name) for name in ("promoter", "passive", "detractor")))


def decisive_days(
    votes: Sequence[Vote], from_s: int, to_s: int, zone: ZoneInfo
) -> list[tuple[int, date]]:
    """Return each day with the number of offsets it rules out, highest first, without zeros.

    A day qualifies only if it lies in from_s <= second < to_s at every offset: `votes` is complete
    for that range alone.
    """
    earliest, latest = OFFSETS[0].total_seconds(), OFFSETS[-1].total_seconds()
    first = datetime.fromtimestamp(from_s, UTC).date()
    days: list[tuple[int, date]] = []
    for number in range((to_s - from_s) // 86_400 + 2):
        day = first + timedelta(days=number)
        begins = datetime.combine(day, time(), UTC).timestamp()
        if begins - latest >= from_s and begins + 86_400 - earliest <= to_s:
            days.append((_ruled_out(votes, day, zone), day))
    return sorted(((ruled_out, day) for ruled_out, day in days if ruled_out), reverse=True)


def _ruled_out(votes: Sequence[Vote], day: date, zone: ZoneInfo) -> int:
    begins = datetime.combine(day, time(), UTC).timestamp()
    near = [vote for vote in votes if abs(vote.second - begins) <= _TWO_DAYS_S]
    return len(OFFSETS) - len(fitting(near, day, count_day(near, day, zone)))


def fitting(votes: Sequence[Vote], day: date, source: ClassCounts) -> list[timedelta]:
    """Return the offsets from UTC at which our counts of the day equal those of the source."""
    return [offset for offset in OFFSETS if count_day(votes, day, timezone(offset)) == source]


def example_zone(offsets: Sequence[timedelta], day: date) -> str | None:
    """Return a well-known zone at one of the offsets on that day."""

    def offset_of(name: str) -> timedelta | None:
        return datetime.combine(day, time(12), ZoneInfo(name)).utcoffset()

    return next((name for name in _EXAMPLES if offset_of(name) in offsets), None)


def offset_ranges(offsets: Sequence[timedelta]) -> str:
    """Format sorted offsets: `UTC+1` or `UTC-8 to UTC-6 or UTC+1`."""
    ranges: list[list[timedelta]] = []
    for offset in offsets:
        if ranges and offset - ranges[-1][-1] == _STEP:
            ranges[-1][1:] = [offset]
        else:
            ranges.append([offset])
    return " or ".join(" to ".join(map(offset_name, ends)) for ends in ranges)


def offset_name(offset: timedelta) -> str:
    """Format an offset: `UTC`, `UTC+1` or `UTC+5:30`."""
    minutes = int(offset.total_seconds() // 60)
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}{f':{rest:02d}' if rest else ''}"
