"""Proof by counting: the source's counts per class against those of the stored answers. Pure.

One request counts any range of whole days, so one request compares half a year. Where the counts
differ, ranges are halved until re-reading a range costs no more than further counting. Only days
whose counts differ are re-read. Changes that cancel out inside a range do not show in its counts,
so once a night the days are compared one by one.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from nps_core.answers.models import Listed
from nps_core.scoring import categorize
from nps_core.sync.reading.cursor import PAGE_SIZE

_CHEAP_PAGES = 2
"""Re-reading this many pages costs no more than halving: a request saves one page at most."""
_FEW_PAGES = 12
"""Pages to re-read at once where most days seem to differ; in simulations 6 to 16 cost the same."""
_SINGLE_DAYS = 7
"""The last days, in which late edits are most likely."""


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


Ask = Callable[[Days], ClassCounts]
"""Asks the source for the counts of a range: one request."""


@dataclass(frozen=True, slots=True)
class DayCounts:
    """Stored answers of each day, and the rows (counted or not) that a re-read of it brings."""

    days: Days
    counts: Mapping[date, ClassCounts]
    rows: Mapping[date, int]

    def of(self, days: Days) -> ClassCounts:
        total = ClassCounts()
        for day in each_day(days):
            total = total.plus(self.counts.get(day, ClassCounts()))
        return total

    def by_day_is_cheaper(self) -> bool:
        """Whether counting day by day takes fewer requests than re-reading everything."""
        return self.days.length < self.pages(self.days)

    def pages(self, days: Days) -> int:
        """Return the number of requests for a re-read of the range."""
        return sum(self.rows.get(day, 0) for day in each_day(days)) // PAGE_SIZE + 1


def whole_days(from_s: int, to_s: int, zone: ZoneInfo) -> Days | None:
    """Return the days that lie inside a range of Unix seconds; None if there are none."""
    begins = datetime.fromtimestamp(from_s, UTC).astimezone(zone)
    first = begins.date()
    if _midnight(first, zone) < from_s:
        first += timedelta(days=1)
    last = datetime.fromtimestamp(to_s, UTC).astimezone(zone).date() - timedelta(days=1)
    return Days(first, last) if first <= last else None


def count_days(listed: Iterable[Listed], days: Days, zone: ZoneInfo) -> DayCounts:
    """Count stored answers by day of the account's time zone.

    An erased person's answers keep their vote here but are gone at the source, so they are left
    out. The caller leaves out suspects.
    """
    dates = list(each_day(days))
    bounds = [_midnight(day, zone) for day in dates]
    counts: dict[date, list[int]] = {}
    rows: dict[date, int] = {}
    for answer in listed:
        if answer.deleted or answer.erased:
            continue
        day = dates[bisect_right(bounds, answer.answered_at.timestamp()) - 1]
        rows[day] = rows.get(day, 0) + 1
        if answer.score is not None:
            place = ("promoter", "passive", "detractor").index(categorize(answer.score))
            counts.setdefault(day, [0, 0, 0])[place] += 1
    return DayCounts(days, {day: ClassCounts(*classes) for day, classes in counts.items()}, rows)


def differing(
    stored: DayCounts, ask: Ask, *, thoroughly: bool = False, to_the_day: bool = False
) -> list[Days]:
    """Return the ranges whose counts differ from the source's, in order, adjacent ones joined.

    One request suffices if nothing differs. Otherwise, or at once if `thoroughly`, the last days
    are compared one by one and older ones in ever longer ranges: two changes that cancel out rarely
    fall into the same range. A range is not halved if that costs more than re-reading it;
    `to_the_day` halves down to single days.

    Raises all errors of `ask`; a repeat starts over.
    """
    whole = ask(stored.days).minus(stored.of(stored.days))
    if not any(whole) and not thoroughly:
        return []
    if to_the_day:
        return _search(stored.days, whole, stored, ask, to_the_day=True)
    found: list[Days] = []
    first, *others = _parts(stored.days)
    for days in others:
        difference = ask(days).minus(stored.of(days))
        whole = whole.minus(difference)
        found += _search(days, difference, stored, ask, to_the_day=False)
    # A difference that is in none of the others is in the first: no need to ask.
    return joined([*_search(first, whole, stored, ask, to_the_day=False), *found])


def _parts(days: Days) -> list[Days]:
    """Split a range: the latest days one by one, older ones in ranges that double."""
    parts: list[Days] = []
    last, length = days.last, 1
    while last >= days.first:
        first = max(days.first, last - timedelta(days=length - 1))
        parts.insert(0, Days(first, last))
        last = first - timedelta(days=1)
        length = 1 if len(parts) < _SINGLE_DAYS else 2 * length
    return parts


def _search(
    days: Days, difference: ClassCounts, stored: DayCounts, ask: Ask, *, to_the_day: bool
) -> list[Days]:
    if not any(difference):
        return []
    if days.length == 1 or (not to_the_day and _is_cheap(days, difference, stored)):
        return [days]
    middle = _middle(days, stored)
    left, right = Days(days.first, middle), Days(middle + timedelta(days=1), days.last)
    on_left = ask(left).minus(stored.of(left))
    return [
        *_search(left, on_left, stored, ask, to_the_day=to_the_day),
        # A difference that is not on the left is on the right: no need to ask.
        *_search(right, difference.minus(on_left), stored, ask, to_the_day=to_the_day),
    ]


def _is_cheap(days: Days, difference: ClassCounts, stored: DayCounts) -> bool:
    """Whether to re-read the range now: it is small, or so much differs that most days do."""
    pages = stored.pages(days)
    changed = -(-sum(abs(change) for change in difference) // 2)  # a changed class counts twice
    return pages <= _CHEAP_PAGES or (pages <= _FEW_PAGES and changed * 2 >= days.length)


def _middle(days: Days, stored: DayCounts) -> date:
    """Return the last day of the left half, which has half the rows, not half the days."""
    half = sum(stored.rows.get(day, 0) + 1 for day in each_day(days)) / 2
    passed = 0
    for day in each_day(days):
        passed += stored.rows.get(day, 0) + 1
        if passed >= half:
            return min(day, days.last - timedelta(days=1))
    return days.first


def joined(ranges: Iterable[Days]) -> list[Days]:
    """Return the ranges in order, adjacent ones joined."""
    joined: list[Days] = []
    for days in ranges:
        if joined and joined[-1].last + timedelta(days=1) == days.first:
            joined[-1] = Days(joined[-1].first, days.last)
        else:
            joined.append(days)
    return joined


def each_day(days: Days) -> Iterable[date]:
    return (days.first + timedelta(days=number) for number in range(days.length))


def _midnight(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time(), zone).timestamp())
