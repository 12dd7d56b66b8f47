"""Whether the configured time zone is the one in which the source counts days. Pure.

A day's counts depend on where it begins, so counting listed answers between other midnights and
comparing with the source's own counts of that day shows which offsets from UTC are possible.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

from nps_core.counting import ClassCounts
from nps_core.scoring import categorize

_HALF_HOURS = range(-24, 29)
OFFSETS = tuple(timedelta(minutes=30 * number) for number in _HALF_HOURS)
"""All whole and half hours from UTC-12 to UTC+14."""
_TWO_DAYS_S = 2 * 86_400
_EXAMPLES = (
    *("America/Los_Angeles", "America/Denver", "America/Chicago", "America/New_York"),
    *("Europe/London", "Europe/Berlin", "Europe/Athens", "UTC", "Asia/Kolkata", "Asia/Singapore"),
    *("Asia/Tokyo", "Australia/Sydney", "Pacific/Auckland", "America/Sao_Paulo", "Asia/Dubai"),
    *("America/Halifax", "Europe/Moscow", "Asia/Karachi", "Asia/Bangkok", "Pacific/Honolulu"),
)
"""Well-known zones, the likelier first."""


class Vote(NamedTuple):
    """A listed answer that counts: its Unix second and its score."""

    second: int
    score: int


def count_day(votes: Iterable[Vote], day: date, zone: tzinfo) -> ClassCounts:
    """Count the answers of a day of a time zone."""
    start = datetime.combine(day, time(), zone).timestamp()
    end = datetime.combine(day + timedelta(days=1), time(), zone).timestamp()
    classes = [categorize(vote.score) for vote in votes if start <= vote.second < end]
    return ClassCounts(*(classes.count(name) for name in ("promoter", "passive", "detractor")))


def telling_day(votes: Sequence[Vote], from_s: int, to_s: int, zone: ZoneInfo) -> date | None:
    """Return the day that rules out most other offsets; None when no day rules out any.

    Only a day that lies in from_s <= second < to_s wherever it begins, because the votes of that
    range are all there are.
    """
    first = datetime.fromtimestamp(from_s, UTC) - OFFSETS[0]
    best: tuple[int, date] | None = None
    for number in range((to_s - from_s) // 86_400 + 2):
        day = first.date() + timedelta(days=number)
        begins = datetime.combine(day, time(), UTC).timestamp()
        inside = (
            begins - OFFSETS[-1].total_seconds() >= from_s
            and begins + 86_400 - OFFSETS[0].total_seconds() <= to_s
        )
        if inside:
            best = max(best or (0, day), (_ruled_out(votes, day, zone), day))
    return best[1] if best and best[0] else None


def _ruled_out(votes: Sequence[Vote], day: date, zone: ZoneInfo) -> int:
    begins = datetime.combine(day, time(), UTC).timestamp()
    near = [vote for vote in votes if abs(vote.second - begins) <= _TWO_DAYS_S]
    return len(OFFSETS) - len(fitting(near, day, count_day(near, day, zone)))


def fitting(votes: Sequence[Vote], day: date, source: ClassCounts) -> list[timedelta]:
    """Return the offsets from UTC with which the votes of the day count as the source does."""
    return [offset for offset in OFFSETS if count_day(votes, day, timezone(offset)) == source]


def example_zone(offsets: Sequence[timedelta], day: date) -> str | None:
    """Return a well-known zone that has one of the offsets on that day."""

    def offset_of(name: str) -> timedelta | None:
        return datetime.combine(day, time(12), ZoneInfo(name)).utcoffset()

    return next((name for name in _EXAMPLES if offset_of(name) in offsets), None)


def offset_names(offsets: Sequence[timedelta]) -> str:
    """Return up to three offsets as `UTC+1 or UTC+1:30`."""
    names = " or ".join(offset_name(offset) for offset in offsets[:3])
    return f"{names} or more" if len(offsets) > 3 else names


def offset_name(offset: timedelta) -> str:
    """Return `UTC`, `UTC+1` or `UTC+5:30`."""
    minutes = int(offset.total_seconds() // 60)
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}{f':{rest:02d}' if rest else ''}"
