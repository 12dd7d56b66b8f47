"""72 simulated hours of failures, over real HTTP, and then a quiet week.

New answers (webhooks lost, late, twice and out of order), edits, deletions, exclusions, inserts
dated back, notes, an erased person; faults of the source, an outage, a stopped schedule, revoked
tokens; runs that are killed, that meet a store which is down, or a second run. After every single
tick `nps_testing.worlds.sync_claims` holds the sync to its word; what that means stands there.
"""

import pytest

from nps_local.fakes.wootric.server import FakeWootric
from nps_testing.effort import usually
from nps_testing.fakes.sync import MovingTime
from nps_testing.worlds.three_days import live_through


@pytest.mark.parametrize("seed", usually([1], soak=[1, 2, 3, 4, 5]))
def test_72_hours_of_mishaps_and_a_quiet_week__end_with_the_sources_own_answers(seed: int) -> None:
    time = MovingTime()
    with FakeWootric(now=time) as source:
        ended = live_through(source, time, answers=600, seed=seed)
    days = ended.days
    assert ended.problems() == []
    assert days.claims.checked > 1_000
    assert min(days.kills, days.doubles) > 5
    assert ended.erased > 3
    assert days.post.lost > 30
    kinds = {
        "answer", "decline", "late_edit", "delete", "delete_decline", "exclude",
        "insert_back_dated", "label", "new_address",
    }  # fmt: skip
    assert kinds <= set(days.happened)
