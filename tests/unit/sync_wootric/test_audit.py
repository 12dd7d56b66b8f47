"""The source's own counts prove that nothing is missing, or say in which month something is."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from nps_core.answers.models import Answer, Listed
from nps_core.keys import AnswerKey
from nps_core.sync.dynamo import LEASE_FOR
from nps_core.sync.proof.audit import AuditState
from nps_core.sync.proof.counting import ClassCounts, Days
from nps_testing.stacks.environment import TOKEN
from nps_testing.worlds.sync import DAY_MS, World

HOUR_S, ROUND_S, DAY_S = 3_600, 4 * 3_600, 86_400


@pytest.fixture
def world() -> World:
    """A connection that has finished its backfill; 20 answers a day."""
    synced = World(page_s=0.05)
    synced.add(3_600)
    assert synced.tick().status == "complete"
    return synced


def days_old(world: World, days: float) -> str:
    at_ms = int(world.time() * 1000 - days * DAY_MS)
    return min(world.rows["responses"], key=lambda row: abs(world.rows["responses"][row] - at_ms))


def stored(world: World, row: str) -> Answer:
    answer = world.answers.get(AnswerKey(TOKEN, "response", row))
    assert answer is not None
    return answer


def state(world: World) -> AuditState:
    return AuditState.from_json(world.state.checkpoints["audit"])


def counting(world: World, extra: ClassCounts) -> Callable[[Days], ClassCounts]:
    """Count as a source that always counts so many more in a range with yesterday in it."""
    own, yesterday = world.source.counts, world.time.now().date() - timedelta(days=1)
    return lambda days: own(days).plus(extra if days.first <= yesterday <= days.last else extra
                                       .minus(extra))  # fmt: skip


def test_nothing_changed__is_proven_by_two_requests_an_hour(world: World) -> None:
    proof, today = state(world).proof, state(world).today
    assert proof is not None
    assert today is not None
    assert (proof.holds, today.holds) == (True, True)
    assert proof.days.length >= 178
    assert today.days.first == proof.days.last + timedelta(days=1)
    counted: list[Days] = []
    own = world.source.counts
    world.source.counts = lambda days: counted.append(days) or own(days)  # type: ignore[func-returns-value]
    for _ in range(36):
        world.time.sleep(300)
        world.tick()
    assert 2 * 3 <= len(counted) <= 2 * 4


def test_answer_that_is_missing__is_known_within_the_hour_and_holds_back_what_is_complete(
    world: World,
) -> None:
    world.rows["responses"]["9999"] = int(world.time() * 1000) - 100 * DAY_MS
    world.time.sleep(HOUR_S)
    assert world.tick().status == "complete"
    proof, complete_to = state(world).proof, world.coverage().complete_to
    assert proof is not None
    assert proof.source.n == proof.stored.n + 1
    assert complete_to is not None
    assert complete_to.timestamp() * 1000 <= world.rows["responses"]["9999"]
    assert world.open_gaps() == [], "the round comes first"
    world.time.sleep(ROUND_S - HOUR_S)
    world.tick()
    assert world.missing() == set()
    assert state(world).holds
    complete_to = world.coverage().complete_to
    assert complete_to is not None
    assert world.time() - complete_to.timestamp() < HOUR_S


def test_difference_that_stays__costs_no_more_than_two_counts_an_hour(world: World) -> None:
    del world.rows["responses"][days_old(world, 100)]
    world.time.sleep(HOUR_S)
    world.tick()
    assert not state(world).holds
    counted: list[Days] = []
    own = world.source.counts
    world.source.counts = lambda days: counted.append(days) or own(days)  # type: ignore[func-returns-value]
    for _ in range(12):
        world.time.sleep(300)
        world.tick()
    assert len(counted) == 2


def test_difference_of_today__is_looked_at_again_in_the_next_tick(world: World) -> None:
    own, today = world.source.counts, world.time.now().astimezone(world.zone).date()
    world.source.counts = lambda days: own(days).plus(
        ClassCounts(promoters=int(days.first == today))
    )
    world.time.sleep(HOUR_S)
    world.tick()
    assert not state(world).holds
    world.source.counts = own
    world.time.sleep(300)
    world.tick()
    assert state(world).holds


def test_answer_that_is_gone__holds_back_nothing(world: World) -> None:
    del world.rows["responses"][days_old(world, 100)]
    world.time.sleep(HOUR_S)
    world.tick()
    assert not state(world).holds
    complete_to = world.coverage().complete_to
    assert complete_to is not None
    assert world.time() - complete_to.timestamp() < HOUR_S


def test_count_of_today__is_compared_every_hour(world: World) -> None:
    row = days_old(world, 0.1)
    world.changes[row] = {"score": 2}
    world.sync.source.counts = world.source.counts  # type: ignore[attr-defined]
    world.time.sleep(HOUR_S)
    world.tick()
    today = state(world).today
    assert today is not None
    assert (today.holds, stored(world, row).score) == (True, 2)


def test_operator__may_ask_for_an_audit_once_and_gets_a_round_if_it_differs(world: World) -> None:
    row = days_old(world, 40)
    world.changes[row] = {"score": 2}
    world.time.sleep(300)
    world.state.request_audit(world.time.now())
    record = world.tick()
    assert (record.kind, record.status, record.updated) == ("sweep", "complete", 1)
    assert state(world).holds
    assert stored(world, row).score == 2
    world.time.sleep(300)
    assert world.tick().requests <= 3
    world.state.request_audit(world.time.now())
    assert world.tick().requests <= 4, "nothing differs, nothing is read again"


def test_preview__compares_and_stores_nothing(world: World) -> None:
    world.changes[days_old(world, 40)] = {"score": 2}
    changes, checkpoints = len(world.answers.changes), dict(world.state.checkpoints)
    record, found = world.preview_audit()
    assert (record.kind, record.status) == ("preview", "complete")
    assert found["source"]["detractors"] == found["stored"]["detractors"] + 1
    assert len(world.answers.changes) == changes
    assert world.state.checkpoints == checkpoints
    assert world.state.holder is None


def test_month_that_differs_for_good__becomes_one_gap_that_every_round_confirms(
    world: World,
) -> None:
    row = days_old(world, 40)
    world.changes[row] = {"score": 3, "created_at": "not a time"}  # counted, and not readable
    world.time.sleep(ROUND_S)
    record, metrics = world.tick_with_numbers()
    (gap,) = world.open_gaps()
    assert (gap.kind, gap.is_open, tuple(gap.difference)) == ("counts", True, (-1, 0, 1))
    assert (record.status, metrics["SyncGaps"]) == ("partial", 1)
    assert "1 detractors" in gap.reason
    assert gap.from_s <= world.rows["responses"][row] / 1000 < gap.to_s
    world.time.sleep(ROUND_S)
    world.tick()
    assert world.open_gaps() == [gap]
    del world.changes[row]["created_at"]
    world.time.sleep(ROUND_S)
    record, metrics = world.tick_with_numbers()
    assert (len(world.open_gaps()), metrics["SyncGaps"]) == (0, 0)
    assert stored(world, row).score == 3


def test_difference_that_changes__is_told_by_the_same_gap(world: World) -> None:
    own = world.source.counts
    for number in (1, 3):
        world.source.counts = own
        world.source.counts = counting(world, ClassCounts(detractors=number))
        world.time.sleep(ROUND_S)
        world.tick()
        (gap,) = world.open_gaps()
        assert gap.difference == ClassCounts(detractors=number)
        assert f"+{number} detractors" in gap.reason


def test_change_while_a_month_is_read__is_no_gap(world: World) -> None:
    at_ms = int(world.time() * 1000) - 40 * DAY_MS
    pages = world.pages

    def insert(page: int) -> None:
        if page - pages == 30:
            world.rows["responses"]["9999"] = at_ms

    world.before_page = insert
    world.time.sleep(ROUND_S)
    world.tick()
    assert world.open_gaps() == []


def test_wrong_time_zone__is_a_gap() -> None:
    world = World(page_s=0.05)
    world.add(3_600)
    world.source.counts = world.counts_in("Asia/Tokyo")
    world.tick()
    world.time.sleep(ROUND_S)
    record = world.tick()
    assert record.status == "partial"
    assert {gap.kind for gap in world.open_gaps()} == {"counts"}


def test_metric_that_is_not_counted__is_not_compared() -> None:
    world = World(metric="CES")
    world.add(100)
    world.tick()
    world.time.sleep(2 * DAY_S)
    assert world.tick().status == "complete"
    assert state(world).proof is None


def test_audit__waits_for_the_first_sync() -> None:
    world = World(lambda_s=75)
    world.add(2_000)
    assert world.tick().status == "partial"
    assert "audit" not in world.state.checkpoints


def test_probe__is_asked_once_a_day(world: World) -> None:
    asked = []
    world.source.probed = lambda: asked.append(world.time())
    for _ in range(100):
        world.time.sleep(1_800)
        world.tick()
    assert len(asked) == 2


def test_count__that_takes_longer_than_a_lease_keeps_it(world: World) -> None:
    own = world.answers.between

    def slowly(*asked: Any) -> Iterator[Listed]:
        for answer in own(*asked):
            world.time.sleep(0.01)
            yield answer

    world.answers.between = slowly  # type: ignore[method-assign,assignment]
    renewed: list[float] = []
    renew = world.state.renew

    def noted(*asked: Any) -> None:
        renewed.append(world.time())
        renew(*asked)

    world.state.renew = noted  # type: ignore[method-assign,assignment]
    world.time.sleep(HOUR_S)
    began = world.time()
    world.tick()
    assert world.time() - began > 3 * LEASE_FOR.total_seconds()
    waits = [later - earlier for earlier, later in pairwise([began, *renewed, world.time()])]
    assert max(waits) < LEASE_FOR.total_seconds()
