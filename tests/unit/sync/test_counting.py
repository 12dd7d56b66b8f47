from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from nps_core.answers.models import Listed
from nps_core.keys import AnswerKey
from nps_core.sync.proof.counting import ClassCounts, Days, count, days_begun, whole_days
from nps_testing.stacks.environment import TOKEN

LA, KATHMANDU = ZoneInfo("America/Los_Angeles"), ZoneInfo("Asia/Kathmandu")


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


def test_days_begun__have_the_day_that_is_under_way() -> None:
    assert days_begun(seconds("2026-03-02T08:00:01Z"), seconds("2026-03-04T07:59Z"), LA) == Days(
        date(2026, 3, 3), date(2026, 3, 3)
    )
    assert days_begun(seconds("2026-03-02T08:00:01Z"), seconds("2026-03-03T08:00Z"), LA) is None
    # 00:30 of a day of 25 hours
    assert days_begun(seconds("2026-10-31T07:00Z"), seconds("2026-11-01T07:30Z"), LA) == Days(
        date(2026, 10, 31), date(2026, 11, 1)
    )


def test_count__sorts_answers_by_class_and_leaves_out_what_the_source_does_not_count() -> None:
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    found = count(
        [
            *(listed(at, score) for score in (10, 9, 8, 6, 0, 0)),
            listed(at, None),  # excluded
            listed(at, 0, deleted=True),
            listed(at, 0, erased=True),
        ]
    )
    assert found == ClassCounts(2, 1, 3)
