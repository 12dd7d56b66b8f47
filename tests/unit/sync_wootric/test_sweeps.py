"""A sweep finds changes without a webhook that are older than the overlap."""

import contextlib
from datetime import timedelta

import pytest

from nps_core.answers.models import Answer
from nps_core.keys import AnswerKey
from nps_core.sync.reading.sweeps import EVERY
from nps_testing.stacks.crashes import Killed
from nps_testing.stacks.environment import TOKEN
from nps_testing.worlds.sync import DAY_MS, World

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


def test_text_of_last_week__is_found_within_a_day(world: World) -> None:
    row = days_old(world, 7)
    world.changes[row] = {"text": "now with a comment"}
    world.time.sleep(EVERY.total_seconds() - 60)
    assert world.tick().kind == "live"
    assert stored(world, row).text is None
    world.time.sleep(60)
    record = world.tick()
    assert (record.kind, record.status, record.updated) == ("sweep", "complete", 1)
    assert stored(world, row).text == "now with a comment"


@pytest.mark.parametrize("days", [31, 100, 150, 178])
def test_note_of_any_age__in_a_small_account_is_found_the_next_night(
    world: World, days: int
) -> None:
    row = days_old(world, days)
    world.changes[row] = {"notes": ["called them"]}
    world.time.sleep(DAY_S)
    record = world.tick()
    assert stored(world, row).notes == ("called them",)
    # 400 answers are read in 8 pages; counting 150 days would take 150 requests.
    assert record.requests <= 20


def test_all_of_it__is_read_again_within_every_week(world: World) -> None:
    seen: dict[str, float] = dict.fromkeys(world.rows["responses"], world.time())
    longest = 0.0
    for _ in range(24):
        world.time.sleep(DAY_S)
        before = len(world.source.asked)
        world.tick()
        for listing, query in world.source.asked[before:]:
            for row, at in world.rows["responses"].items():
                is_inside = query.gte <= at // 1000 < (query.lt or 2**40)
                if listing == "responses" and query.by == "created" and is_inside:
                    longest = max(longest, world.time() - seen[row])
                    seen[row] = world.time()
    assert longest <= 7 * DAY_S + 60
    assert max(world.time() - at for at in seen.values()) <= 7 * DAY_S + 60


def test_tick_after_a_sweep__is_an_ordinary_one(world: World) -> None:
    world.time.sleep(DAY_S)
    assert world.tick().kind == "sweep"
    world.time.sleep(300)
    record = world.tick()
    assert record.kind == "live"
    assert record.requests <= 3


def test_sweep__is_not_needed_for_what_the_source_lists_by_change(world: World) -> None:
    world.source.can_list_changes = True
    world.time.sleep(DAY_S)
    world.tick()  # the probe, once a day
    row = days_old(world, 150)
    moment = world.time.now().isoformat()
    world.changes[row] = {"text": "late", "updated_at": moment}
    world.time.sleep(300)
    record = world.tick()
    assert (record.kind, record.updated) == ("live", 1)
    assert record.requests <= 3
    assert stored(world, row).text == "late"
    before = len(world.source.asked)
    world.time.sleep(DAY_S)
    world.tick()
    reread = [q for name, q in world.source.asked[before:] if name == "responses"]
    nightly = int((world.time.now() - timedelta(days=30)).timestamp())
    assert not [q for q in reread if q.by == "created" and abs(q.gte - nightly) < 3_600]


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
    assert world.tick().requests <= 3


def test_killed_sweep__goes_on_from_its_checkpoint(world: World) -> None:
    world.add(600, days=29)
    world.time.sleep(DAY_S)
    world.tick()
    world.time.sleep(DAY_S)
    row = days_old(world, 4)
    world.changes[row] = {"tags": ["EXPORT"]}
    asked = len(world.source.asked)

    def kill(_page: int) -> None:
        if len(world.source.asked) - asked >= 9:
            raise Killed

    world.before_page = kill
    with contextlib.suppress(Killed):
        world.tick()
    world.before_page = lambda _page: None
    world.source.asked.clear()
    world.tick()
    pages = [query for stream, query in world.source.asked if stream == "responses"]
    sweeping = [query for query in pages if query.lt is None and query.by == "created"]
    # The live pass of the tick, and then not from the beginning of the 30 days.
    assert world.time() - min(query.gte for query in sweeping) < 29 * DAY_S
    assert stored(world, row).tags == ("EXPORT",)


def test_sweep_longer_than_one_run__goes_on_in_the_next_tick() -> None:
    world = World(lambda_s=80)
    world.add(1_500, days=29)
    while world.tick().status != "complete":
        world.time.sleep(60)
    world.time.sleep(DAY_S)
    row = days_old(world, 1)
    world.changes[row] = {"completed": True}
    assert world.tick().status == "partial"
    ticks = 1
    while not stored(world, row).completed:
        assert world.tick().kind == "sweep"
        ticks += 1
    assert ticks > 1
