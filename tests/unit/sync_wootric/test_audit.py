"""The source's own counts prove that nothing is missing, or locate missing answers."""

from datetime import timedelta

import pytest

from nps_core.answers.models import Answer
from nps_core.keys import AnswerKey
from nps_core.sync.proof.audit import AuditState
from nps_testing.stacks.crashes import Killed
from nps_testing.stacks.environment import TOKEN
from nps_testing.worlds.sync import DAY_MS, World

HOUR_S, DAY_S = 3_600, 86_400


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


def test_nothing_changed__is_proven_by_one_request_an_hour(world: World) -> None:
    proof = state(world).proof
    assert proof is not None
    assert proof.holds
    assert proof.days.length >= 178
    requests = []
    for _ in range(24):
        world.time.sleep(300)
        requests.append(world.tick().requests)
    # Both streams; who has changed at every third tick; the counts of half a year once an hour.
    assert sorted(requests)[:15] == [2] * 15
    assert sum(requests) == 24 * 2 + 8 + 2


@pytest.mark.parametrize("days", [2, 40, 170])
@pytest.mark.parametrize("change", [{"score": 2}, {"excluded_from_calculations": True}])
def test_change_that_counts__is_found_within_an_hour(
    world: World, days: int, change: dict[str, object]
) -> None:
    row = days_old(world, days)
    world.changes[row] = change
    world.time.sleep(HOUR_S)
    record = world.tick()
    assert (record.kind, record.status, record.updated) == ("audit", "complete", 1)
    assert stored(world, row).is_counted == ("score" in change)
    assert record.requests <= 30
    proof = state(world).proof
    assert proof is not None
    assert proof.holds
    assert 0 < proof.reread <= 24


def test_twenty_late_edits_of_a_week__are_found_by_the_next_audit(world: World) -> None:
    rows = sorted(world.rows["responses"], key=lambda row: world.rows["responses"][row])
    edited = [
        row for row in rows if world.time() * 1000 - world.rows["responses"][row] < 7 * DAY_MS
    ]
    edited = [row for row in edited if world.time() * 1000 - world.rows["responses"][row] > DAY_MS]
    for row in edited[:20]:
        world.changes[row] = {"score": 3}
    world.time.sleep(HOUR_S)
    record = world.tick()
    assert record.updated == 20
    assert record.requests <= 40


def test_back_dated_answer__is_found_within_an_hour(world: World) -> None:
    at_ms = int(world.time() * 1000) - 100 * DAY_MS
    world.rows["responses"]["9999"] = at_ms
    world.time.sleep(HOUR_S)
    world.tick()
    assert world.missing() == set()


def test_changes_that_cancel_each_other_out__are_found_in_a_night(world: World) -> None:
    # One answer leaves the promoters, another joins them, months apart: every sum stays the same.
    world.changes[days_old(world, 50)] = {"excluded_from_calculations": True}
    world.rows["responses"]["9999"] = int(world.time() * 1000) - 120 * DAY_MS
    world.time.sleep(HOUR_S)
    assert world.tick().kind == "live"
    assert world.missing() == {"9999"}
    world.time.sleep(DAY_S)
    world.tick()
    assert world.missing() == set()
    assert stored(world, days_old(world, 51.04)).excluded


def test_operator__may_ask_for_an_audit_once(world: World) -> None:
    world.time.sleep(300)
    world.state.request_audit(world.time.now())
    assert 10 < world.tick().requests <= 20
    world.time.sleep(300)
    assert world.tick().requests <= 3


def test_preview__says_what_would_be_read_and_stores_nothing(world: World) -> None:
    row = days_old(world, 40)
    world.changes[row] = {"score": 2}
    changes, checkpoints = len(world.answers.changes), dict(world.state.checkpoints)
    record, found = world.preview_audit()
    assert (record.kind, record.status) == ("preview", "complete")
    (first, last) = found["differing"][0]
    day = (world.time.now() - timedelta(days=40)).astimezone(world.zone).date().isoformat()
    assert first <= day <= last
    assert found["source"]["detractors"] == found["stored"]["detractors"] + 1
    assert len(world.answers.changes) == changes
    assert world.state.checkpoints == checkpoints
    assert world.state.holder is None


def test_days_that_differ_for_good__become_one_gap_each_that_is_not_searched_again(
    world: World,
) -> None:
    row = days_old(world, 40)
    world.changes[row] = {"score": 3, "created_at": "not a time"}  # counted, and not readable
    world.time.sleep(HOUR_S)
    record, metrics = world.tick_with_numbers()
    (gap,) = world.open_gaps()
    assert (gap.kind, gap.is_open, tuple(gap.difference)) == ("counts", True, (-1, 0, 1))
    assert (record.status, metrics["SyncGaps"]) == ("partial", 1)
    assert "1 detractors" in gap.reason
    complete_to = world.coverage().complete_to
    assert complete_to is not None
    assert complete_to.timestamp() == gap.from_s
    world.time.sleep(HOUR_S)
    assert world.tick().requests <= 4, "a known difference is not searched for every hour"
    del world.changes[row]["created_at"]
    world.time.sleep(DAY_S)
    record, metrics = world.tick_with_numbers()
    assert (len(world.open_gaps()), metrics["SyncGaps"]) == (0, 0)
    assert stored(world, row).score == 3


def test_wrong_time_zone__is_one_gap_that_says_so() -> None:
    world = World(page_s=0.05)
    world.add(3_600)
    world.source.counts = world.counts_in("Asia/Tokyo")
    record = world.tick()
    (gap,) = world.open_gaps()
    assert "check the account's time zone" in gap.reason
    assert record.status == "partial"
    world.time.sleep(HOUR_S)
    assert world.tick().requests <= 30


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


def test_audit_that_was_cut__claims_nothing_of_the_days_it_has_not_read_again(
    world: World,
) -> None:
    row = days_old(world, 40)
    world.changes[row] = {"score": 2}

    def kill(_page: int) -> None:
        if AuditState.from_json(world.state.checkpoints["audit"]).todo:
            raise Killed

    world.before_page = kill
    world.time.sleep(HOUR_S)
    with pytest.raises(Killed):
        world.tick()
    complete_to = world.coverage().complete_to
    assert complete_to is not None
    assert complete_to.timestamp() * 1_000 <= world.rows["responses"][row]
    world.before_page = lambda _page: None
    world.tick()
    assert stored(world, row).score == 2
    complete_to = world.coverage().complete_to
    assert complete_to is not None
    assert world.time() - complete_to.timestamp() < HOUR_S
