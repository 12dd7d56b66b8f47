from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nps_core.answers.models import Listed
from nps_core.keys import AnswerKey
from nps_core.sync.proof.counting import (
    ClassCounts,
    DayCounts,
    Days,
    count_days,
    differing,
    whole_days,
)
from nps_testing.stacks.environment import TOKEN

LA, BERLIN, KATHMANDU = (
    ZoneInfo(name) for name in ("America/Los_Angeles", "Europe/Berlin", "Asia/Kathmandu")
)
FIRST = date(2026, 1, 1)
HALF_YEAR = Days(FIRST, FIRST + timedelta(days=179))


def listed(at: datetime, score: int | None = 9, **more: bool) -> Listed:
    flags = {"deleted": False, "erased": False, **more}
    return Listed(AnswerKey(TOKEN, "response", "1"), at, score, "7", **flags)


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def test_days__begin_at_midnight_of_the_zone() -> None:
    day = Days(date(2026, 3, 2), date(2026, 3, 2))
    assert day.seconds(LA) == (seconds("2026-03-02T08:00Z"), seconds("2026-03-03T08:00Z"))
    assert day.seconds(KATHMANDU) == (seconds("2026-03-01T18:15Z"), seconds("2026-03-02T18:15Z"))


@pytest.mark.parametrize(("day", "hours"), [("2026-03-08", 23), ("2026-11-01", 25)])
def test_days__of_a_dst_change_have_their_true_length(day: str, hours: int) -> None:
    begin, end = Days(date.fromisoformat(day), date.fromisoformat(day)).seconds(LA)
    assert end - begin == hours * 3_600


def test_whole_days__leave_out_the_days_that_are_only_partly_inside() -> None:
    assert whole_days(seconds("2026-03-02T08:00Z"), seconds("2026-03-04T08:00Z"), LA) == Days(
        date(2026, 3, 2), date(2026, 3, 3)
    )
    assert whole_days(seconds("2026-03-02T08:00:01Z"), seconds("2026-03-04T07:59:59Z"), LA) is None


def test_count_days__sorts_answers_by_local_day_and_class() -> None:
    days = Days(date(2026, 3, 1), date(2026, 3, 2))
    found = count_days(
        [
            listed(datetime(2026, 3, 1, 23, 0, tzinfo=UTC), 10),  # 2 March, 00:00 in Berlin
            listed(datetime(2026, 3, 1, 22, 59, 59, 999_000, tzinfo=UTC), 7),
            listed(datetime(2026, 3, 2, 9, tzinfo=UTC), 6),
            listed(datetime(2026, 3, 2, 9, tzinfo=UTC), None),  # excluded: a row, and no count
            listed(datetime(2026, 3, 2, 9, tzinfo=UTC), 0, deleted=True),
            listed(datetime(2026, 3, 2, 9, tzinfo=UTC), 0, erased=True),
        ],
        days,
        BERLIN,
    )
    assert found.counts == {
        date(2026, 3, 1): ClassCounts(0, 1, 0),
        date(2026, 3, 2): ClassCounts(1, 0, 1),
    }
    assert found.rows == {date(2026, 3, 1): 1, date(2026, 3, 2): 3}
    assert found.of(days) == ClassCounts(1, 1, 1)


class Source:
    """Counts per day, and how often it was asked."""

    def __init__(self, counts: dict[date, ClassCounts]) -> None:
        self.counts, self.asked = counts, 0

    def __call__(self, days: Days) -> ClassCounts:
        self.asked += 1
        inside = [counts for day, counts in self.counts.items() if days.first <= day <= days.last]
        return ClassCounts(*(sum(each) for each in zip(*inside, strict=True))) if inside else (
            ClassCounts()
        )  # fmt: skip


def even(per_day: int) -> DayCounts:
    dates = [FIRST + timedelta(days=number) for number in range(180)]
    counts = {day: ClassCounts(per_day - 2, 1, 1) for day in dates}
    return DayCounts(HALF_YEAR, counts, dict.fromkeys(dates, per_day))


def edited(stored: DayCounts, days: list[date]) -> Source:
    """What the source counts after one promoter has become a detractor on each of the days."""
    counts = dict(stored.counts)
    for day in days:
        counts[day] = counts[day].plus(ClassCounts(-1, 0, 1))
    return Source(counts)


def test_differing__asks_once_when_nothing_differs() -> None:
    stored = even(111)
    source = edited(stored, [])
    assert differing(stored, source) == []
    assert source.asked == 1


def test_differing__finds_one_changed_answer_among_twenty_thousand_cheaply() -> None:
    stored = even(111)
    source = edited(stored, [date(2026, 2, 3)])
    (found,) = differing(stored, source)
    assert found.first <= date(2026, 2, 3) <= found.last
    assert source.asked + stored.pages(found) <= 24


def test_differing__of_many_edits_in_one_week_is_cheaper_than_a_tenth_of_reading_all() -> None:
    stored = even(111)
    days = [HALF_YEAR.last - timedelta(days=number % 7) for number in range(20)]
    source = edited(stored, days)
    found = differing(stored, source)
    cost = source.asked + sum(stored.pages(each) for each in found)
    assert cost <= 40
    assert all(any(each.first <= day <= each.last for each in found) for day in days)


@pytest.mark.parametrize("thoroughly", [True, False])
def test_differing__of_edits_that_cancel_out_finds_all_of_the_last_week(thoroughly: bool) -> None:
    stored = even(111)
    counts = dict(stored.counts)
    last_week = [HALF_YEAR.last - timedelta(days=number) for number in range(7)]
    for number, day in enumerate(last_week):
        change = ClassCounts(-1, 0, 1) if number % 2 else ClassCounts(1, 0, -1)
        counts[day] = counts[day].plus(change)
    if thoroughly:  # not even the sum tells
        counts[last_week[0]] = counts[last_week[0]].plus(ClassCounts(-1, 0, 1))
    source = Source(counts)
    found = differing(stored, source, thoroughly=thoroughly)
    changed = last_week[1:] if thoroughly else last_week
    assert all(any(each.first <= day <= each.last for each in found) for day in changed)
    assert source.asked + sum(stored.pages(each) for each in found) <= 40


def test_counting_by_day__is_of_use_where_a_day_fills_pages() -> None:
    assert even(111).by_day_is_cheaper()
    assert not even(20).by_day_is_cheaper()


def test_differing__to_the_day_names_exactly_the_days() -> None:
    stored = even(20)
    days = [date(2026, 1, 1), date(2026, 3, 9), date(2026, 3, 10), HALF_YEAR.last]
    assert differing(stored, edited(stored, days), to_the_day=True) == [Days(d, d) for d in days]


@given(
    changes=st.dictionaries(
        st.integers(0, 179),
        st.tuples(*[st.integers(-2, 5)] * 3),
        max_size=12,
    ),
    per_day=st.sampled_from([0, 1, 3, 20, 111, 900]),
    to_the_day=st.booleans(),
    seed=st.integers(0, 5),
)
def test_differing__never_misses_a_day_unless_ranges_cancel_out(
    changes: dict[int, tuple[int, int, int]], per_day: int, to_the_day: bool, seed: int
) -> None:
    random = Random(seed)
    dates = [FIRST + timedelta(days=number) for number in range(180)]
    rows = {day: random.randrange(per_day + 1) for day in dates}
    stored = DayCounts(HALF_YEAR, {day: ClassCounts(n, n, n) for day, n in rows.items()}, rows)
    counts = dict(stored.counts)
    for number, change in changes.items():
        # All of one sign in each class, so that no range can cancel another out.
        difference = ClassCounts(*(abs(each) for each in change))
        counts[dates[number]] = counts[dates[number]].plus(difference)
    changed = {dates[number] for number, change in changes.items() if any(change)}
    found = differing(stored, Source(counts), to_the_day=to_the_day)
    inside = {day for day in dates for each in found if each.first <= day <= each.last}
    assert changed <= inside
    if to_the_day:
        assert changed == inside


def test_joined_ranges__are_read_in_one_pass() -> None:
    stored = even(200)
    days = [date(2026, 2, 3), date(2026, 2, 4), date(2026, 2, 5)]
    found = differing(stored, edited(stored, days))
    assert len(found) == 1


SOURCES: list[Callable[[], DayCounts]] = [lambda: even(2), lambda: even(400)]


@pytest.mark.parametrize("make", SOURCES)
def test_pages__are_what_a_re_read_costs(make: Callable[[], DayCounts]) -> None:
    stored = make()
    rows = sum(stored.rows.values())
    assert stored.pages(HALF_YEAR) == rows // 50 + 1
