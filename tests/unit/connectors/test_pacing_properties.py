"""The pace always stays within the budget, and uses all of it when nothing fails."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from nps_core.connectors.pacing import Pacer
from nps_core.connectors.wootric.protocol import RateInfo
from nps_testing.fakes.sync import MovingTime

LIMITS = st.sampled_from([1, 10, 40, 100, 300, 1_000])
EVENTS = st.none() | LIMITS | st.just("429")
LONGEST_PAGE_S = st.sampled_from([0.0, 0.5, 8.0])


def make(per_hundred: int) -> tuple[Pacer, MovingTime]:
    time = MovingTime()
    pacer = Pacer(per_hundred, time.sleep, time)
    pacer.begin(time() + 100_000, lambda: None)
    return pacer, time


@given(
    st.integers(1, 120),
    st.lists(st.tuples(st.integers(1, 80), LONGEST_PAGE_S, EVENTS, st.floats(0, 61)), max_size=15),
    st.integers(),
)
def test_pace__never_exceeds_the_budget_in_any_minute_whatever_happens(
    per_hundred: int, phases: list[tuple[int, float, object, float]], seed: int
) -> None:
    pacer, time = make(per_hundred)
    random, moments = Random(seed), [float("-inf")]
    budget, blocked_until = per_hundred, time()
    for count, longest_page_s, event, wait_s in phases:
        for _ in range(count):
            pacer.start()
            now = time()
            assert now >= blocked_until
            assert 0 < pacer.rate <= budget
            assert now - moments[-1] >= 30 / pacer.rate - 1e-6, "no burst"
            moments.append(now)
            assert sum(now - t < 60 for t in moments[-budget - 1 :]) <= budget
            time.epoch_s += random.uniform(0, longest_page_s)
        if isinstance(event, int):
            pacer.observe(RateInfo(event, event - 1), time())
            budget = max(1, event * min(per_hundred, 100) // 100)
        elif event == "429":
            pacer.throttled(wait_s)
            blocked_until = time() + wait_s - 1e-6


@given(
    st.sampled_from([25, 50, 100, 300]),
    st.integers(40, 120),
    st.sampled_from([0.0, 5.0, 8.0]),
    st.integers(),
)
def test_pace__uses_up_the_budget_in_every_full_minute(
    limit: int, per_hundred: int, slow_s: float, seed: int
) -> None:
    pacer, time = make(per_hundred)
    pacer.observe(RateInfo(limit, limit - 1), time())
    random, budget = Random(seed), int(pacer.rate)
    assert _least_used(pacer, time, random, budget) >= 0.95 * budget
    # A slow page costs the minute that it ends in, and no other.
    pacer.start()
    time.epoch_s += slow_s
    assert _least_used(pacer, time, random, budget) >= 0.95 * budget


def _least_used(pacer: Pacer, time: MovingTime, random: Random, budget: int) -> int:
    """Return how many requests start in the worst of five full minutes of short pages."""
    used, began = [0] * 6, None
    while began is None or time() - began < 300:
        pacer.start()
        began = time() if began is None else began
        used[int((time() - began) // 60)] += 1
        time.epoch_s += random.uniform(0, 30 / budget)
    return min(used[:5])
