"""Gaps are recorded, retried and closed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from nps_core.errors import SourceUnavailable, Unauthorized
from nps_core.sync.proof.counting import ClassCounts, Days
from nps_core.sync.proof.gaps import Gap
from nps_testing.worlds.sync import World


def burst(world: World, size: int, people: int, days: int = 50) -> set[str]:
    """Rows of one second, of as many people."""
    second_ms = (int(world.time()) - days * 86_400) * 1_000
    rows = {str(100_000 + number): second_ms + number % 1_000 for number in range(size)}
    world.rows["responses"] |= rows
    for number, row in enumerate(rows):
        world.changes[row] = {"end_user_id": 9_000 + number % people}
    return set(rows)


def fail(_page: int) -> None:
    raise SourceUnavailable("/v1/responses: HTTP 502: an HTML page")


def test_full_second__is_read_person_by_person_and_closed_by_the_count() -> None:
    world = World(page_s=0.01)
    rows = burst(world, 3_400, people=80)
    for number in range(80):
        world.users[str(9_000 + number)] = {"updated_at": "2026-03-01T00:00:00+00:00"}
    record, metrics = world.tick_with_numbers()
    assert world.missing() == set()
    (gap,) = world.proof_store.gaps()
    assert gap.kind == "second"
    assert not gap.is_open
    assert (record.status, record.gaps, record.closed_gaps) == ("complete", 1, 1)
    assert metrics["SyncGaps"] == 0
    assert len(rows) == 3_400


def test_full_second__of_unknown_people_stays_open_and_is_tried_again_ever_more_rarely() -> None:
    world = World(page_s=0.01)
    burst(world, 3_400, people=80)
    world.tick()
    (gap,) = world.proof_store.gaps()
    assert (gap.is_open, gap.tries) == (True, 1)
    assert gap.difference.promoters == len(world.missing()) > 0
    world.time.sleep(3_600)
    assert world.tick().requests <= 7, "two lists, the last two days of both, two counts"
    for number in range(80):
        at = world.time.now().isoformat()
        world.users[str(9_000 + number)] = {"updated_at": at}
    world.time.sleep(86_400)
    world.tick()
    assert world.missing() == set()
    (gap,) = [gap for gap in world.proof_store.gaps() if gap.kind == "second"]
    assert not gap.is_open
    complete_to = world.coverage().complete_to
    assert complete_to is not None
    assert world.time.now() - complete_to < timedelta(hours=1)


def test_full_second__is_not_read_alone_again_on_every_tick() -> None:
    world = World(page_s=0.01, backfill_days=0)
    world.tick()
    world.time.sleep(300)
    second_ms = (int(world.time()) - 120) * 1_000
    world.rows["responses"] = {str(number): second_ms for number in range(1_400)}
    assert world.tick().requests > 60
    assert world.missing() == set()
    world.time.sleep(300)
    world.rows["responses"]["9999"] = int(world.time() * 1_000)
    record = world.tick()
    assert record.requests <= 6
    assert world.missing() == set()


def test_outage__is_a_gap_with_its_range_and_reason_and_is_closed_by_the_first_good_run() -> None:
    world = World()
    world.add(50)
    world.tick()
    proven = world.state.stream("responses").proven_at
    world.before_page = fail
    opened = []
    for _ in range(5):
        world.time.sleep(300)
        opened.append(world.tick_with_numbers()[1]["SyncGaps"])
    assert opened == [0, 0, 2, 2, 2]
    gap = next(gap for gap in world.proof_store.gaps() if gap.stream == "responses")
    assert (gap.kind, gap.from_s) == ("window", int(proven.timestamp()))
    assert "502" in gap.reason
    complete_to = world.coverage().complete_to
    assert complete_to is not None
    assert complete_to < datetime.fromtimestamp(gap.from_s, UTC)
    world.before_page = lambda _page: None
    world.time.sleep(300)
    world.rows["responses"]["9999"] = int(world.time() * 1_000) - 1_000_000
    record, metrics = world.tick_with_numbers()
    assert (record.status, record.closed_gaps, metrics["SyncGaps"]) == ("complete", 2, 0)
    assert world.missing() == set()


def test_silence__is_on_record_although_nobody_could_write_it_down() -> None:
    world = World()
    world.add(50)
    world.tick()
    world.time.sleep(7_200)  # the stack was switched off
    world.tick()
    gaps = world.proof_store.gaps()
    assert {(gap.kind, gap.is_open) for gap in gaps} == {("window", False)}
    assert all(gap.to_s - gap.from_s >= 7_100 for gap in gaps)


def test_refused_credentials__are_told_once_with_what_to_do() -> None:
    world = World()
    world.add(5)
    world.tick()
    world.time.sleep(300)
    world.source.refuses_login = True
    world.tick()
    (mail,) = world.connections.mails.values()
    assert (mail.kind, mail.to) == ("credentials", "cs-team@example.com")
    assert mail.facts["error"] == "refused"
    assert mail.facts["host"] == "https://api.wootric.com"
    assert mail.facts["since"] < mail.facts["failed_at"]


@pytest.mark.parametrize("backwards", [True, False])
def test_extension__reads_what_an_operator_asks_for_once(backwards: bool) -> None:
    world = World(backfill_days=30, page_s=0.05)
    world.add(900, days=180)
    world.tick()
    older = world.missing()
    assert older
    since = world.time() - (180.5 if backwards else 10) * 86_400
    if not backwards:
        world.answers.forget(row for row in world.rows["responses"] if row not in older)
    world.time.sleep(300)
    world.state.request_backfill(int(since), world.time.now())
    record = world.tick()
    assert record.status == "complete"
    assert record.created == len(older) if backwards else record.created > 0
    assert (world.missing() == set()) == backwards
    assert world.state.mails == world.state.mails[:1], "no second mail about a backfill"
    first = world.state.stream("responses").backfill.from_s
    assert (first == int(since)) == backwards
    world.time.sleep(300)
    assert world.tick().requests <= 3


def test_extension__is_previewed_by_the_sources_own_count() -> None:
    world = World(backfill_days=30)
    world.add(900, days=180)
    world.tick()
    oldest = world.state.stream("responses").backfill.from_s
    since = int(world.time()) - 181 * 86_400
    _, found = world.preview_backfill(since)
    inside = sum(since <= at // 1000 < oldest - 86_400 for at in world.rows["responses"].values())
    assert inside <= found["responses"] <= len(world.rows["responses"])
    assert found["until_s"] == oldest
    assert world.state.stream("responses").extension is None


def test_unauthorized_in_the_middle__is_told_as_well() -> None:
    world = World()
    world.add(200)

    def refuse(page: int) -> None:
        if page == 3:
            raise Unauthorized("revoked")

    world.before_page = refuse
    assert world.tick().status == "failed"
    assert len(world.connections.mails) == 1


def test_gaps_of_a_wrong_time_zone__are_closed_by_the_round_once_the_zone_is_right() -> None:
    right = ZoneInfo("America/Los_Angeles")
    world = World(page_s=0.05, zone=ZoneInfo("Asia/Tokyo"))
    world.add(3_600)
    world.source.counts = world.counts_in("America/Los_Angeles")
    world.tick()
    world.time.sleep(4 * 3_600)
    world.tick()
    assert world.open_gaps()
    settings = replace(world.sync.settings, zone=right)
    world.sync, world.zone = replace(world.sync, settings=settings), right
    world.time.sleep(4 * 3_600)
    world.tick()
    assert world.open_gaps() == []


def test_gaps_that_an_older_version_opened_for_days__are_closed_by_the_count_of_the_month() -> None:
    world = World(page_s=0.05)
    world.add(3_600)
    world.tick()
    day_s, _ = Days(*[(world.time.now() - timedelta(days=40)).date()] * 2).seconds(world.zone)
    for from_s, extra in ((day_s, 9), (day_s + 60, -9)):
        gap = Gap("responses", "counts", from_s, from_s + 60, "twins", world.time.now(), "run-1")
        world.proof_store.put_gap(
            replace(gap, difference=ClassCounts(extra), tries=1, tried_at=gap.found_at)
        )
    world.time.sleep(4 * 3_600)
    world.tick()
    assert world.open_gaps() == []
