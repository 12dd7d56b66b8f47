"""`complete_to` is never ahead, although an answer may be listed late: up to the overlap."""

import contextlib
from datetime import datetime, timedelta

from nps_core.sync.proof.coverage import read_to
from nps_testing.stacks.crashes import Killed
from nps_testing.worlds.sync import World


def test_answer_listed_behind_a_slow_pass__is_not_claimed_and_comes_with_the_next() -> None:
    world = World(page_s=8)
    world.add(10)
    world.tick()
    world.time.sleep(300)
    now_ms = int(world.time() * 1000)
    arrive(world, {str(1_000 + number): now_ms - 840_000 + number * 160 for number in range(4_500)})
    late = now_ms - 490_000  # listed just in time: 15 minutes later

    def halfway(page: int) -> None:
        if world.time() * 1000 > now_ms + 400_000:
            world.rows["responses"]["999"] = late

    world.before_page = halfway
    world.tick()
    assert world.missing() == {"999"}
    assert claimed(world) <= late / 1000
    world.before_page = lambda _page: None
    world.time.sleep(120)
    world.tick()
    assert world.missing() == set()


def test_answer_listed_behind_a_pass_of_many_runs__is_not_claimed() -> None:
    world = World(page_s=1)
    world.add(10)
    world.tick()
    world.time.sleep(300)
    now_ms = int(world.time() * 1000)
    arrive(world, {str(1_000 + number): now_ms - 840_000 + number * 2_800 for number in range(300)})
    proven, left = world.state.stream("responses").proven_at, 1

    def kill(_page: int) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed

    world.before_page = kill
    for run in range(1, 9):
        left = 1
        with contextlib.suppress(Killed):
            world.tick()
        if run == 2:
            arrive(world, {"999": int(world.time() * 1000) - 895_000})
        if "999" in world.missing() and run >= 2:
            read_up_to = read_to(world.state.stream("responses"), timedelta(minutes=15))
            assert read_up_to <= world.rows["responses"]["999"] / 1000
        world.time.sleep(240 - (world.time() - now_ms / 1000) % 240)
    assert world.state.stream("responses").proven_at > proven  # the pass has ended
    world.before_page = lambda _page: None
    world.tick()
    assert world.missing() == set()


def arrive(world: World, rows: dict[str, int]) -> None:
    world.rows["responses"] |= rows


def claimed(world: World) -> float:
    found: datetime | None = world.coverage().complete_to
    assert found is not None
    assert found <= world.time.now() - timedelta(seconds=1)
    return found.timestamp()
