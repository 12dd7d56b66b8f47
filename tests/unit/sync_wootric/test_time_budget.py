"""A run stops while another page as slow as the slowest one still fits."""

import pytest

from nps_core.errors import OutOfTime
from nps_testing.fakes.sync import MovingTime
from sync_wootric.run import RESERVE_S, Clock, TimeBudget


def budget(time: MovingTime, lasts_s: float) -> TimeBudget:
    ends = time() + lasts_s
    clock = Clock.start(time.now(), time, time.sleep)
    return TimeBudget(clock, lambda: int(1000 * (ends - time())))


def test_page__begins_only_if_one_as_slow_as_the_slowest_fits() -> None:
    time = MovingTime()
    left = budget(time, RESERVE_S + 50)
    for seconds in (20, 10):
        with left.page():
            time.sleep(seconds)
    left.require()  # 20 seconds are left beside the reserve
    time.sleep(1)
    with pytest.raises(OutOfTime), left.page():
        raise AssertionError("begun")


def test_reserve__is_kept_free_before_any_page() -> None:
    time = MovingTime()
    left = budget(time, RESERVE_S + 1)
    assert left.deadline() == time() + 1
    left.require()
    time.sleep(2)
    with pytest.raises(OutOfTime):
        left.require()
