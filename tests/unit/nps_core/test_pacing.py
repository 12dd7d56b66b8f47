from itertools import pairwise

import pytest

from nps_core.adapters.pacing import Pacer
from nps_core.wootric import OutOfTime, RateInfo
from nps_testing.fake_sync import MovingTime


def make(rate: float = 80) -> tuple[Pacer, MovingTime]:
    time = MovingTime()
    pacer = Pacer(rate, time.sleep, time)
    pacer.begin(time() + 10_000, lambda: None)
    return pacer, time


def starts(pacer: Pacer, time: MovingTime, count: int, work_s: float = 0.2) -> list[float]:
    found = []
    for _ in range(count):
        pacer.start()
        found.append(time())
        time.epoch_s += work_s
    return found


def most_in_a_minute(moments: list[float]) -> int:
    return max(sum(m <= t < m + 60 for t in moments) for m in moments)


def test_pace__is_even_and_uses_the_whole_rate() -> None:
    pacer, time = make(80)
    moments = starts(pacer, time, 240)
    assert most_in_a_minute(moments) == 80
    assert moments[-1] - moments[0] == pytest.approx(239 * 0.75, rel=0.001)


def test_pace__never_makes_up_for_lost_time() -> None:
    pacer, time = make(60)
    moments = starts(pacer, time, 20) + starts(pacer, time, 5, work_s=40) + starts(pacer, time, 90)
    gaps = [b - a for a, b in pairwise(moments)]
    assert min(gaps) >= 1.0 - 1e-6


def test_pace__follows_a_limit_below_the_configured_rate() -> None:
    pacer, time = make(80)
    pacer.observe(RateInfo(40, 39, time() + 50), time())
    assert most_in_a_minute(starts(pacer, time, 100)) == 40


def test_pace__waits_for_the_reset_when_the_window_is_used_up() -> None:
    pacer, time = make(80)
    pacer.start()
    pacer.observe(RateInfo(100, 0, time() + 42), time())
    began = time()
    pacer.start()
    assert time() - began == pytest.approx(42)


def test_pace__halves_after_a_429_and_recovers_by_two_a_minute() -> None:
    pacer, time = make(80)
    pacer.throttled()
    assert pacer.rate == 40
    starts(pacer, time, 1)
    time.epoch_s += 61
    starts(pacer, time, 1)
    assert pacer.rate == 42
    for _ in range(40):
        time.epoch_s += 61
        starts(pacer, time, 1)
    assert pacer.rate == 80


def test_pace__never_falls_to_a_standstill() -> None:
    pacer, _ = make(80)
    for _ in range(20):
        pacer.throttled()
    assert pacer.rate == 5


def test_wait__beyond_the_deadline_raises_at_once() -> None:
    pacer, time = make()
    pacer.begin(time() + 30, lambda: None)
    with pytest.raises(OutOfTime):
        pacer.pause(31)
    assert time.slept == []


def test_wait__keeps_the_lease_alive() -> None:
    beats: list[float] = []
    pacer, time = make()
    pacer.begin(time() + 100, lambda: beats.append(time()))
    pacer.pause(42)
    assert len(beats) == 9
    assert max(time.slept) <= 5
