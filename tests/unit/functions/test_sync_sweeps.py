"""What no webhook told and the overlap no longer shows is found by reading again."""

import contextlib
from datetime import timedelta

import pytest

from nps_core.models import Answer, AnswerKey
from nps_testing.environment import TOKEN
from nps_testing.sync_world import DAY_MS, Killed, World

DAY_S = 86_400


@pytest.fixture
def world() -> World:
    """A connection that has finished its backfill."""
    synced = World()
    synced.add(400)
    assert synced.tick().status == "complete"
    return synced


def days_old(world: World, days: int) -> str:
    at_ms = int(world.time() * 1000) - days * DAY_MS
    return min(world.rows["responses"], key=lambda row: abs(world.rows["responses"][row] - at_ms))


def stored(world: World, row: str) -> Answer:
    answer = world.answers.get(AnswerKey(TOKEN, "response", row))
    assert answer is not None
    return answer


def test_exclusion_of_last_week__is_found_within_a_day(world: World) -> None:
    row = days_old(world, 7)
    world.changes[row] = {"excluded_from_calculations": True}
    world.time.sleep(DAY_S - 60)
    assert world.tick().kind == "live"
    assert not stored(world, row).excluded
    world.time.sleep(60)
    record = world.tick()
    assert (record.kind, record.status, record.updated) == ("sweep", "complete", 1)
    assert stored(world, row).excluded


def test_note_of_five_months_ago__is_found_within_a_week_and_not_before(world: World) -> None:
    row = days_old(world, 150)
    world.changes[row] = {"notes": ["called them"]}
    for _ in range(6):
        world.time.sleep(DAY_S)
        assert world.tick().kind == "sweep"
    assert stored(world, row).notes == ()
    world.time.sleep(DAY_S)
    record = world.tick()
    assert (record.kind, record.updated) == ("sweep", 1)
    assert stored(world, row).notes == ("called them",)


def test_tick_after_a_sweep__is_an_ordinary_one(world: World) -> None:
    world.time.sleep(DAY_S)
    assert world.tick().kind == "sweep"
    world.time.sleep(300)
    record = world.tick()
    assert (record.kind, record.requests) == ("live", 2)


def test_weekly_sweep__replaces_the_daily_one(world: World) -> None:
    world.time.sleep(7 * DAY_S)
    world.tick()
    world.time.sleep(DAY_S - 60)
    assert world.tick().kind == "live"


def test_back_dated_answer__is_found_by_the_sweep(world: World) -> None:
    world.rows["responses"]["9999"] = int(world.time() * 1000) - 20 * DAY_MS
    world.time.sleep(300)
    world.tick()
    assert world.missing() == {"9999"}
    world.time.sleep(DAY_S)
    world.tick()
    assert world.missing() == set()


def test_killed_sweep__goes_on_from_its_checkpoint(world: World) -> None:
    world.time.sleep(7 * DAY_S)
    row = days_old(world, 2)
    world.changes[row] = {"tags": ["EXPORT"]}
    left = 6

    def kill(_page: int) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Killed

    world.before_page = kill
    with contextlib.suppress(Killed):
        world.tick()
    world.source.asked.clear()
    world.tick()
    oldest = min(query.gte for stream, query in world.source.asked if stream == "responses")
    assert world.time() - oldest < timedelta(days=180).total_seconds() - DAY_S
    assert stored(world, row).tags == ("EXPORT",)


def test_sweep_longer_than_one_run__goes_on_in_the_next_tick() -> None:
    world = World(lambda_s=80)
    world.add(2_000)
    while world.tick().status != "complete":
        world.time.sleep(60)
    world.time.sleep(7 * DAY_S)
    row = days_old(world, 1)
    world.changes[row] = {"completed": True}
    assert (world.tick().kind, world.tick().kind) == ("sweep", "sweep")
    while not stored(world, row).completed:
        assert world.tick().kind == "sweep"
