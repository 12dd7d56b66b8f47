from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from nps_cli.checks.time_zone import (
    OFFSETS,
    Vote,
    count_day,
    decisive_days,
    example_zone,
    fitting,
    offset_name,
    offset_ranges,
)
from nps_core.sync.proof.counting import ClassCounts

BERLIN, DAY = ZoneInfo("Europe/Berlin"), date(2026, 2, 20)
MIDDAY = int(datetime(2026, 2, 20, 12, tzinfo=UTC).timestamp())
DAY_S = 86_400


def every(minutes: int, days: int = 8) -> list[Vote]:
    """Answers before and after that midday, in a fixed rhythm, with any scores."""
    scores = Random(1)
    seconds = range(MIDDAY - days * DAY_S // 2, MIDDAY + days * DAY_S // 2, 60 * minutes)
    return [Vote(second, scores.randint(0, 10)) for second in seconds]


def one_at(hour: int, score: int = 9) -> Vote:
    return Vote(MIDDAY + (hour - 12) * 3_600, score)


def test_count_day__is_from_midnight_to_midnight_of_the_zone() -> None:
    start = int(datetime(2026, 2, 19, 23, tzinfo=UTC).timestamp())
    votes = [Vote(start - 1, 9), Vote(start, 9), Vote(start + DAY_S - 1, 7), Vote(start + DAY_S, 0)]
    assert count_day(votes, DAY, BERLIN) == ClassCounts(1, 1, 0)


def test_count_day__of_the_day_the_clocks_change_has_23_hours() -> None:
    start = int(datetime(2026, 3, 28, 23, tzinfo=UTC).timestamp())
    votes = [Vote(start + 23 * 3_600 - 1, 9), Vote(start + 23 * 3_600, 9)]
    assert count_day(votes, date(2026, 3, 29), BERLIN).n == 1


def test_the_offset__of_the_zone_fits_its_own_counts() -> None:
    votes = every(7)
    assert fitting(votes, DAY, count_day(votes, DAY, BERLIN)) == [timedelta(hours=1)]


def test_counts_of_nothing_like_it__fit_no_offset() -> None:
    assert fitting(every(7), DAY, ClassCounts(999, 0, 0)) == []


def test_decisive_days__lie_inside_what_was_listed_wherever_they_begin() -> None:
    votes = every(7)
    from_s, to_s = votes[0].second, votes[-1].second
    days = [day for _, day in decisive_days(votes, from_s, to_s, BERLIN)]
    # Listed from the 16th at noon: the 17th begins on the 16th at 10:00 UTC in UTC+14.
    assert sorted(days) == [date(2026, 2, number) for number in range(18, 23)]


def test_decisive_days__are_those_that_rule_out_most_first() -> None:
    votes = [one_at(9), one_at(20), *(Vote(one_at(hour).second + DAY_S, 9) for hour in range(24))]
    (most, first), *_ = decisive_days(votes, MIDDAY - 9 * DAY_S, MIDDAY + 9 * DAY_S, BERLIN)
    assert first in {DAY + timedelta(days=1), DAY, DAY + timedelta(days=2)}
    assert most > len(OFFSETS) // 2


def test_a_day_that_every_offset_counts_alike__tells_nothing() -> None:
    # No day begins or ends between 12:00 and 10:00 UTC of the same day: UTC+12 begins at 12:00.
    assert decisive_days([], MIDDAY - 9 * DAY_S, MIDDAY + 9 * DAY_S, BERLIN) == []


def test_a_listing_of_less_than_a_day__has_no_telling_day() -> None:
    votes = every(7)
    assert decisive_days(votes, MIDDAY, MIDDAY + 30 * 3_600, BERLIN) == []


@pytest.mark.parametrize(
    ("hours", "name"),
    [(0, "UTC"), (1, "UTC+1"), (-8, "UTC-8"), (5.5, "UTC+5:30"), (-3.5, "UTC-3:30")],
)
def test_offsets__are_named_as_people_name_them(hours: float, name: str) -> None:
    assert offset_name(timedelta(hours=hours)) == name


def test_offsets_in_a_row__are_a_range() -> None:
    offsets = [timedelta(hours=hours) for hours in (-8, -7.5, -7, 1, 5.5)]
    assert offset_ranges(offsets) == "UTC-8 to UTC-7 or UTC+1 or UTC+5:30"


def test_an_example__has_the_offset_on_that_day() -> None:
    assert example_zone([timedelta(hours=1)], DAY) == "Europe/Berlin"
    assert example_zone([timedelta(hours=1)], date(2026, 7, 1)) == "Europe/London"
    assert example_zone([timedelta(hours=13.5)], DAY) is None
