"""Proof by counting: the source's counts per class against those of the stored answers. Pure.

One request counts any range of whole days. Equal counts prove that nothing is missing or
superfluous and that every class is right; they say nothing about texts, tags and notes.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from nps_core.answers.models import Listed
from nps_core.scoring import categorize


class ClassCounts(NamedTuple):
    """Counted answers of each class."""

    promoters: int = 0
    passives: int = 0
    detractors: int = 0

    @property
    def n(self) -> int:
        return sum(self)

    def plus(self, other: "ClassCounts") -> "ClassCounts":
        return ClassCounts(*(a + b for a, b in zip(self, other, strict=True)))

    def minus(self, other: "ClassCounts") -> "ClassCounts":
        """Return the difference of each class; may be negative."""
        return ClassCounts(*(a - b for a, b in zip(self, other, strict=True)))


NOTHING = ClassCounts()


class Days(NamedTuple):
    """Whole days of the account's time zone, both included."""

    first: date
    last: date

    @property
    def length(self) -> int:
        return (self.last - self.first).days + 1

    def seconds(self, zone: ZoneInfo) -> tuple[int, int]:
        """Return the half-open range of Unix seconds; a day of a DST change has 23 or 25 hours."""
        return _midnight(self.first, zone), _midnight(self.last + timedelta(days=1), zone)


def whole_days(from_s: int, to_s: int, zone: ZoneInfo) -> Days | None:
    """Return the days that lie inside a range of Unix seconds; None if there are none."""
    first, last = _first_whole(from_s, zone), _date(to_s, zone) - timedelta(days=1)
    return Days(first, last) if first <= last else None


def days_begun(from_s: int, to_s: int, zone: ZoneInfo) -> Days | None:
    """Return the days that begin inside a range of Unix seconds; the last may be under way."""
    first, last = _first_whole(from_s, zone), _date(to_s - 1, zone)
    return Days(first, last) if first <= last else None


def count(listed: Iterable[Listed]) -> ClassCounts:
    """Count stored answers as the source would.

    An erased person's answers keep their vote here but are gone at the source, so they are left
    out. The caller leaves out suspects.
    """
    counts = dict.fromkeys(("promoter", "passive", "detractor"), 0)
    for answer in listed:
        if answer.score is not None and not answer.deleted and not answer.erased:
            counts[categorize(answer.score)] += 1
    return ClassCounts(*counts.values())


def _first_whole(from_s: int, zone: ZoneInfo) -> date:
    day = _date(from_s, zone)
    return day if _midnight(day, zone) >= from_s else day + timedelta(days=1)


def _date(second: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(second, UTC).astimezone(zone).date()


def _midnight(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time(), zone).timestamp())
