"""72 simulated hours of failures; `nps_testing.worlds.sync_claims` has the checks of every tick."""

from collections.abc import Iterable

from nps_local.fakes.wootric.server import FakeWootric
from nps_testing.fakes.sync import MovingTime
from nps_testing.worlds.three_days import live_through
from sync_table import Row


def rows() -> Iterable[Row]:
    """Measure."""
    time = MovingTime()
    with FakeWootric(now=time) as source:
        try:
            ended = live_through(source, time, answers=600, seed=2)
        except AssertionError as exc:
            yield Row("72 simulated hours of mishaps", f"claimed what is not true: {exc}",
                      "no claim is false", holds=False)  # fmt: skip
            return
    days, problems = ended.days, ended.problems()
    figure = (
        f"{days.ticks} ticks, {days.kills} kills, {days.doubles} double runs,"
        f" {len(ended.account.proof_store.gaps())} gaps, {len(problems)} problems"
    )
    yield Row("72 simulated hours of mishaps, then a quiet week", figure,
              "never ahead, stored == source, no open gap", not problems)  # fmt: skip
