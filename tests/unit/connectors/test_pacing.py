from collections.abc import Iterable
from itertools import pairwise

import pytest

from nps_core.connectors.pacing import Pacer
from nps_core.connectors.wootric.protocol import RateInfo
from nps_core.errors import OutOfTime
from nps_testing.fakes.sync import MovingTime


def make(per_hundred: int = 80) -> tuple[Pacer, MovingTime]:
    time = MovingTime()
    pacer = Pacer(per_hundred, time.sleep, time)
    pacer.begin(time() + 100_000, lambda: None)
    return pacer, time


def told(limit: int) -> RateInfo:
    return RateInfo(limit, limit - 1, None)


def starts(pacer: Pacer, time: MovingTime, count: int, work_s: float = 0.2) -> list[float]:
    return starts_of(pacer, time, [work_s] * count)


def starts_of(pacer: Pacer, time: MovingTime, pages_s: Iterable[float]) -> list[float]:
    """Start a request for each page, which takes so many seconds."""
    found = []
    for work_s in pages_s:
        pacer.start()
        found.append(time())
        time.epoch_s += work_s
    return found


def most_in_a_minute(moments: list[float]) -> int:
    return max(sum(m <= t < m + 60 for t in moments) for m in moments)


def least_in_a_full_minute(moments: list[float]) -> int:
    """Over the minutes since the first start; the last one is not full."""
    counts = [0] * int((moments[-1] - moments[0]) // 60)
    for moment in moments:
        minute = int((moment - moments[0]) // 60)
        if minute < len(counts):
            counts[minute] += 1
    return min(counts)


def closest(moments: list[float]) -> float:
    return min(b - a for a, b in pairwise(moments))


def test_pace__is_even_and_uses_the_whole_rate() -> None:
    pacer, time = make(80)
    moments = starts(pacer, time, 240)
    assert most_in_a_minute(moments) == 80
    assert moments[-1] - moments[0] == pytest.approx(239 * 0.75, rel=0.001)
    assert closest(moments) == pytest.approx(0.75, rel=0.001)


@pytest.mark.parametrize("slow_s", [1.0, 5.0, 20.0])
def test_pace__makes_up_for_a_slow_page_at_twice_the_pace_at_most(slow_s: float) -> None:
    pacer, time = make(80)
    moments = starts_of(pacer, time, [*[0.2] * 20, slow_s, *[0.2] * 400])
    assert least_in_a_full_minute(moments) >= 76
    assert most_in_a_minute(moments) == 80
    assert closest(moments) >= 0.375
    # All of it, not only what 95 % would hide: five minutes hold five budgets.
    assert sum(t < moments[0] + 300 for t in moments) >= 399


def test_pace__has_made_up_when_the_lag_is_gone() -> None:
    pacer, time = make(60)
    moments = starts_of(pacer, time, [0.1] * 10 + [5.0] + [0.1] * 30)
    gaps = [b - a for a, b in pairwise(moments)]
    assert max(gaps[11:17]) < 0.51, "caught up at twice the pace"
    assert min(gaps[19:]) > 0.99, "even again"


def test_pace__makes_up_for_25_seconds_at_most() -> None:
    pacer, time = make(60)
    moments = starts_of(pacer, time, [300.0] + [0.1] * 60)[1:]
    gaps = [b - a for a, b in pairwise(moments)]
    assert max(gaps[:47]) < 0.51
    assert min(gaps[50:]) > 0.99


def test_pace__does_not_make_up_for_the_time_between_two_runs() -> None:
    pacer, time = make(60)
    starts(pacer, time, 5)
    time.epoch_s += 300
    pacer.begin(time() + 1000, lambda: None)
    moments = starts(pacer, time, 20)
    assert closest(moments) > 0.99


@pytest.mark.parametrize(
    ("per_hundred", "limit", "rate"),
    [
        (80, 50, 40),
        (80, 100, 80),
        (80, 300, 240),
        (80, 33, 26),
        (100, 100, 100),
        (101, 100, 100),
        (6_000, 60, 60),
        (6_000, 1_000_000, 1_000_000),
        (1, 1, 1),
    ],
)
def test_rate__is_the_share_of_the_limit_that_the_headers_tell(
    per_hundred: int, limit: int, rate: int
) -> None:
    pacer, _ = make(per_hundred)
    assert pacer.rate == per_hundred, "of the assumed 100"
    pacer.observe(told(limit), 0)
    assert pacer.rate == rate
    pacer.observe(RateInfo(), 0)
    assert pacer.rate == rate, "a reply without headers changes nothing"


def test_rate__follows_a_limit_that_is_told_without_the_rest() -> None:
    pacer, _ = make(80)
    pacer.observe(RateInfo(limit=50), 0)
    assert pacer.rate == 40


def test_pace__follows_a_limit_that_is_raised() -> None:
    pacer, time = make(80)
    pacer.observe(told(300), 0)
    assert most_in_a_minute(starts(pacer, time, 500, work_s=0.01)) == 240


def test_pace__counts_what_was_started_before_the_limit_fell() -> None:
    pacer, time = make(80)
    moments = starts(pacer, time, 60)
    pacer.observe(told(50), 0)
    later = starts(pacer, time, 100)
    assert later[0] - moments[-40] >= 60
    assert most_in_a_minute(later) == 40


def test_pace__of_a_very_high_limit_does_not_wait() -> None:
    pacer, time = make(6_000)
    pacer.observe(told(1_000_000), 0)
    starts(pacer, time, 5_000, work_s=0.0)
    assert sum(time.slept) < 1


def test_pace__waits_for_the_reset_when_the_window_is_used_up() -> None:
    pacer, time = make(80)
    pacer.start()
    pacer.observe(RateInfo(100, 0, time() + 42), time())
    began = time()
    moments = starts(pacer, time, 20)
    assert moments[0] - began == pytest.approx(42)
    assert closest(moments) > 0.74, "others have waited as well"


def test_pace__halves_after_a_429_and_is_back_within_five_clean_minutes() -> None:
    pacer, time = make(80)
    rates = []
    pacer.throttled(60)
    for _ in range(7):
        starts(pacer, time, 1)
        rates.append(pacer.rate)
        time.epoch_s += 60
    assert rates == [40, 48, 56, 64, 72, 80, 80]


def test_pace__of_a_small_budget_recovers_by_two_a_minute() -> None:
    pacer, time = make(80)
    pacer.observe(told(15), 0)
    pacer.throttled(0)
    rates = [pacer.rate]
    for _ in range(4):
        time.epoch_s += 61
        starts(pacer, time, 1)
        rates.append(pacer.rate)
    assert rates == pytest.approx([6, 8, 10, 12, 12])


def test_pace__recovers_while_idle() -> None:
    pacer, time = make(80)
    pacer.throttled(60)
    time.epoch_s += 60 + 300
    pacer.start()
    assert pacer.rate == 80


def test_429__blocks_everything_until_its_wait_is_over() -> None:
    pacer, time = make(80)
    pacer.start()
    pacer.throttled(42)
    pacer.observe(RateInfo(100, 0, time() + 10), time())  # a shorter wait does not shorten it
    pacer.begin(time() + 1000, lambda: None)
    began = time()
    moments = starts(pacer, time, 10)
    assert moments[0] - began == pytest.approx(42)
    assert closest(moments) > 1.49, "half the rate, and nothing is made up"


@pytest.mark.parametrize(("limit", "slowest"), [(100, 5), (5, 4), (1, 1)])
def test_pace__never_falls_to_a_standstill(limit: int, slowest: int) -> None:
    pacer, _ = make(80)
    pacer.observe(told(limit), 0)
    for _ in range(20):
        pacer.throttled(0)
    assert pacer.rate == pytest.approx(slowest)


def test_wait__beyond_the_deadline_raises_at_once() -> None:
    pacer, time = make()
    pacer.begin(time() + 30, lambda: None)
    with pytest.raises(OutOfTime):
        pacer.pause(31)
    pacer.throttled(31)
    with pytest.raises(OutOfTime):
        pacer.start()
    assert time.slept == []


def test_start__after_the_deadline_raises() -> None:
    pacer, time = make()
    pacer.begin(time() + 30, lambda: None)
    time.epoch_s += 31
    with pytest.raises(OutOfTime):
        pacer.start()


def test_wait__keeps_the_lease_alive() -> None:
    beats: list[float] = []
    pacer, time = make()
    pacer.begin(time() + 100, lambda: beats.append(time()))
    pacer.pause(42)
    assert len(beats) == 9
    assert max(time.slept) <= 5
