from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nps_core.follow_up.due_times import due_after, tier_of

MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis adds the zone itself


@pytest.mark.parametrize(
    ("opened", "tier", "due"),
    [
        ("2026-03-02T16:00", 1, "2026-03-03T16:00"),
        ("2026-03-02T16:00", 2, "2026-03-04T16:00"),
        ("2026-03-06T16:00", 1, "2026-03-09T16:00"),
        ("2026-03-06T16:00", 2, "2026-03-10T16:00"),
        ("2026-03-05T16:00", 2, "2026-03-09T16:00"),
        ("2026-03-07T11:00", 1, "2026-03-10T00:00"),
        ("2026-03-08T23:59", 2, "2026-03-11T00:00"),
        ("2026-03-06T00:00", 1, "2026-03-09T00:00"),
    ],
)
def test_due__counts_hours_of_weekdays(opened: str, tier: int, due: str) -> None:
    assert due_after(_utc(opened), tier) == _utc(due)


@given(MOMENTS, MOMENTS)
def test_due__is_never_at_a_weekend_and_keeps_order(one: datetime, other: datetime) -> None:
    first, second = sorted((one, other))
    assert due_after(first, 1) <= due_after(second, 1)
    assert due_after(first, 1) <= due_after(first, 2)
    assert due_after(one, 1).weekday() < 5
    assert due_after(one, 1) > one


@pytest.mark.parametrize(("score", "tier"), [(0, 1), (3, 1), (4, 2), (6, 2)])
def test_tier__follows_the_score(score: int, tier: int) -> None:
    assert tier_of(score) == tier


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
