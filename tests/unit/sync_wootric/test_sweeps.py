"""The recent sweep and the round find changes without a webhook that are older than the overlap."""

import pytest

from nps_core.answers.models import Answer
from nps_core.keys import AnswerKey
from nps_testing.stacks.crashes import Killed
from nps_testing.stacks.environment import TOKEN
from nps_testing.worlds.sync import DAY_MS, World

HOUR_S, ROUND_S, DAY_S = 3_600, 4 * 3_600, 86_400


@pytest.fixture
def world() -> World:
    """A connection that has finished its backfill."""
    synced = World()
    synced.add(400)
    assert synced.tick().status == "complete"
    return synced


def days_old(world: World, days: float) -> str:
    at_ms = int(world.time() * 1000 - days * DAY_MS)
    return min(world.rows["responses"], key=lambda row: abs(world.rows["responses"][row] - at_ms))


def stored(world: World, row: str) -> Answer:
    answer = world.answers.get(AnswerKey(TOKEN, "response", row))
    assert answer is not None
    return answer


def test_text_of_today__is_found_within_the_hour() -> None:
    world = World()
    world.add(400)
    world.rows["responses"]["9999"] = int(world.time() * 1000) - 2 * HOUR_S * 1000
    world.tick()
    world.changes["9999"] = {"text": "now with a comment"}
    for _ in range(12):
        world.time.sleep(300)
        world.tick()
    assert stored(world, "9999").text == "now with a comment"


@pytest.mark.parametrize("days", [7, 31, 100, 150, 178])
@pytest.mark.parametrize(
    "change", [{"notes": ["called them"]}, {"text": "late"}, {"tags": ["a"]}, {"score": 2}]
)
def test_change_of_any_kind_and_age__is_found_within_a_round(
    world: World, days: int, change: dict[str, object]
) -> None:
    before = stored(world, row := days_old(world, days))
    world.changes[row] = change
    world.time.sleep(ROUND_S - 60)
    world.tick()
    assert stored(world, row) == before
    world.time.sleep(60)
    record = world.tick()
    assert (record.kind, record.status, record.updated) == ("sweep", "complete", 1)
    assert stored(world, row) != before


def test_changes_of_one_day_that_cancel_each_other_out__are_found_within_a_round(
    world: World,
) -> None:
    row, back_dated = days_old(world, 50), "9999"
    world.changes[row] = {"excluded_from_calculations": True}
    world.rows["responses"][back_dated] = world.rows["responses"][row]
    world.time.sleep(ROUND_S)
    world.tick()
    assert stored(world, row).excluded
    assert world.missing() == set()


def test_tick_after_a_round__is_an_ordinary_one(world: World) -> None:
    world.time.sleep(ROUND_S)
    assert world.tick().kind == "sweep"
    world.time.sleep(300)
    record = world.tick()
    assert record.kind == "live"
    assert record.requests <= 3


def test_recent_sweep__is_not_needed_for_what_the_source_lists_by_change(world: World) -> None:
    world.source.can_list_changes = True
    world.time.sleep(DAY_S)
    world.tick()  # the probe, once a day
    row = days_old(world, 150)
    world.changes[row] = {"text": "late", "updated_at": world.time.now().isoformat()}
    world.time.sleep(300)
    record = world.tick()
    assert (record.kind, record.updated) == ("live", 1)
    assert record.requests <= 3
    assert stored(world, row).text == "late"
    before = len(world.source.asked)
    world.time.sleep(HOUR_S)
    world.tick()
    reread = [q for name, q in world.source.asked[before:] if name == "responses"]
    assert {q.by for q in reread} == {"updated"}


def test_list_by_change__that_is_refused_later_loses_nothing(world: World) -> None:
    world.source.can_list_changes = True
    world.time.sleep(DAY_S)
    world.tick()
    world.refuses_changes = True
    world.time.sleep(300)
    world.add(3, days=0.001)
    record = world.tick()
    assert (record.status, record.created) == ("complete", 3)
    world.time.sleep(300)
    assert world.tick().requests <= 8  # a recent sweep was due and is done
    world.time.sleep(300)
    assert world.tick().requests <= 3


def test_killed_round__goes_on_from_its_checkpoint(world: World) -> None:
    row = days_old(world, 170)
    world.changes[row] = {"tags": ["EXPORT"]}
    oldest = world.state.stream("responses").backfill.from_s

    def kill(_page: int) -> None:
        swept = world.state.stream("responses").swept_at()
        if oldest < swept.down_to_s < world.time() - 40 * DAY_S:
            raise Killed

    world.before_page = kill
    world.time.sleep(ROUND_S)
    with pytest.raises(Killed):
        world.tick()
    world.before_page = lambda _page: None
    world.source.asked.clear()
    world.time.sleep(60)
    world.tick()
    pages = [query for stream, query in world.source.asked if stream == "responses"]
    assert max(query.lt or 0 for query in pages) < world.time() - 29 * DAY_S
    assert stored(world, row).tags == ("EXPORT",)


def test_round_longer_than_one_run__goes_on_in_the_next_tick() -> None:
    world = World(lambda_s=80)
    world.add(1_500)
    while world.tick().status != "complete":
        world.time.sleep(60)
    row = days_old(world, 170)
    world.changes[row] = {"completed": True}
    world.time.sleep(ROUND_S)
    ticks = 0
    while not stored(world, row).completed:
        assert world.tick().kind == "sweep"
        ticks += 1
    assert ticks > 1


def test_long_round__does_not_keep_the_other_list_or_the_last_days_from_being_read() -> None:
    world = World(lambda_s=100, page_s=4)
    world.add(2_000)
    world.add(100, stream="declines")
    while world.tick().status != "complete":
        world.time.sleep(60)
    began = world.time()
    swept = {name: world.state.stream(name).swept_at() for name in ("responses", "declines")}
    recent: list[float] = []
    while world.time() - began < 2 * DAY_S:
        world.time.sleep(230)
        world.tick()
        recent.append((world.time.now() - world.state.stream("responses").swept_at().recent_at)
                      .total_seconds())  # fmt: skip
    after = {name: world.state.stream(name).swept_at() for name in ("responses", "declines")}
    assert all(after[name].round_at > swept[name].round_at for name in after)
    assert max(recent) <= 2 * HOUR_S
