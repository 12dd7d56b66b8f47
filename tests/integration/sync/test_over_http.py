"""The real sync (HTTP client, pacing, ticks) against the fake Wootric, stores in memory."""

from collections.abc import Iterator

import pytest

from nps_local.fakes.wootric.server import FakeWootric
from nps_testing.fakes.sync import MovingTime
from nps_testing.sources.rows import add_answers
from nps_testing.worlds.sync_account import SyncAccount


@pytest.fixture
def sync() -> Iterator[SyncAccount]:
    time = MovingTime()
    with FakeWootric(now=time) as source:
        yield SyncAccount(source, time)


def test_first_sync__drains_1400_answers_of_one_second(sync: SyncAccount) -> None:
    sync.source.switch(bounds="whole_second")
    sync.source.generate(answers=100, people=20, accounts=3)
    add_answers(sync.source, 1_400, sync.time() - 40 * 86_400)
    sync.until_complete()
    assert sync.missing() == set()


def test_faults__of_every_kind_lose_nothing(sync: SyncAccount) -> None:
    sync.source.generate(answers=900, people=60, accounts=6, ties=0.2, bulk_second=110)
    rates = {
        "error500": 0.04,
        "error502": 0.04,
        "reset": 0.04,
        "truncate": 0.04,
        "lost_reply": 0.02,
    }
    sync.source.fail(rates=rates, at={5: "revoke", 30: "revoke"})
    sync.until_complete()
    assert sync.missing() == set()
    assert sum(sync.source.context.faults.injected.values()) >= 5


def test_token__is_renewed_before_it_expires(sync: SyncAccount) -> None:
    sync.source.switch(token_ttl=60)
    sync.source.generate(answers=3_000, people=50, accounts=5)
    record = sync.until_complete()[-1]
    stats = sync.source.stats()
    assert record.requests > 60
    assert stats["endpoints"]["POST /oauth/token"] >= 2
    assert "401" not in stats["statuses"]


def test_backfill__keeps_the_pace_and_never_meets_a_429(sync: SyncAccount) -> None:
    sync.source.generate(answers=4_500, people=50, accounts=5)
    sync.until_complete()
    stats = sync.source.stats()
    at = [entry["at"] for entry in sync.source.context.stats.log]
    assert stats["rate_limited"] == 0
    assert max(sum(m <= t < m + 60 for t in at) for m in at) <= 80
    full_minutes = range(int(at[0]), int(at[-1]) - 60, 60)
    assert min(sum(m <= t < m + 60 for t in at) for m in full_minutes) >= 76


@pytest.mark.parametrize("skew_s", [0.0, 45.0, -45.0, 3_600.0])
def test_limit__used_up_by_others_is_waited_for_whatever_the_servers_clock(
    sync: SyncAccount, skew_s: float
) -> None:
    sync.source.switch(clock_skew_s=skew_s, rate_limit=10)
    sync.source.generate(answers=900, people=50, accounts=5)
    records = sync.until_complete()
    assert sync.missing() == set()
    assert sum(record.throttled for record in records) <= 2


def test_source_whose_clock_is_ahead__is_complete_to_our_time(sync: SyncAccount) -> None:
    sync.source.switch(clock_skew_s=1_500.0)
    sync.source.generate(answers=60, people=10, accounts=3)
    sync.until_complete()
    complete_to = sync.coverage().complete_to
    assert complete_to is not None
    assert complete_to.timestamp() <= sync.time() - 900
    assert sync.missing() == set()


def test_rows_ahead_of_the_sources_own_clock__are_not_stored(sync: SyncAccount) -> None:
    """Their offset is wrong: stored as they are, they would be hours away from their time."""
    add_answers(sync.source, 5, sync.time() - 600)
    sync.source.switch(clock_skew_s=-3_600.0)
    record = sync.tick()
    assert record.status == "failed"
    assert "ahead of its own clock" in (record.error or "")
    assert len(sync.answers.changes) == 0
    sync.source.switch(clock_skew_s=0.0)
    sync.time.sleep(300)
    sync.until_complete()
    assert sync.missing() == set()
