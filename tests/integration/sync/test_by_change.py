"""Wootric may or may not list answers by time of change: the sync loses nothing either way."""

from collections.abc import Iterator
from typing import Literal

import pytest

from nps_local.fakes.wootric.actions import NewAnswer
from nps_local.fakes.wootric.data.model import Answer
from nps_local.fakes.wootric.server import FakeWootric
from nps_testing.fakes.sync import MovingTime
from nps_testing.worlds.sync_account import Moment, SyncAccount
from nps_testing.worlds.sync_truth import differences

DAY_S, WEEK_TICK_S = 86_400, 6 * 3_600
Reading = Literal["ignored", "error400"]


@pytest.fixture
def account(request: pytest.FixtureRequest) -> Iterator[SyncAccount]:
    """A connection whose source has proven to list by change."""
    time, answers = MovingTime(), getattr(request, "param", 300)
    with FakeWootric(now=time) as source:
        source.switch(responses_updated_filter="supported")
        source.generate(answers=answers, people=40, accounts=5, days=175)
        account = SyncAccount(source, time)
        account.until_complete()
        time.sleep(300)
        account.tick()
        assert account.audit().lists_changes
        yield account


def days_old(account: SyncAccount, days: float) -> Answer:
    """The answer whose age is closest to so many days."""
    at_ms = (account.time() - days * DAY_S) * 1000
    return min(account.source.store.answers.values(), key=lambda row: abs(row.created_ms - at_ms))


def new_answers(account: SyncAccount, count: int) -> None:
    for number in range(count):
        moment = int(account.time() * 1000) - number * 100
        account.source.actions.answer(
            NewAnswer(score=number % 11, created_ms=moment, end_user_id=7_001 + number % 40)
        )


def test_listed_by_change__costs_no_more_and_shows_an_old_edit_at_the_next_tick(
    account: SyncAccount,
) -> None:
    account.time.sleep(300)
    assert account.tick().requests <= 3
    account.source.edit({"id": days_old(account, 150).id, "text": "Five months later"})
    account.time.sleep(300)
    record = account.tick()
    assert (record.status, record.updated) == ("complete", 1)
    assert record.requests <= 3
    assert differences(account) == []


def test_listed_by_change__needs_no_recent_sweep_and_shows_an_old_note_within_a_round(
    account: SyncAccount,
) -> None:
    before = account.state.stream("responses").swept_at()
    row = days_old(account, 120)
    account.source.edit({"id": row.id, "note": "Called them"})  # moves no updated_at
    account.ticks(5, 1_800)
    after = account.state.stream("responses").swept_at()
    assert after.recent_at == before.recent_at
    assert after.round_at > before.round_at
    declines = account.state.stream("declines").swept_at()
    assert declines.recent_at > before.recent_at  # which have no such list
    assert differences(account) == []


@pytest.mark.parametrize("account", [300, 30], indirect=True)  # 30 fit one page
@pytest.mark.parametrize("reading", ["ignored", "error400"])
def test_filter_given_up__loses_nothing_and_falls_back(
    account: SyncAccount, reading: Reading
) -> None:
    swept_at = account.state.stream("responses").swept_at().recent_at
    account.source.edit({"id": days_old(account, 20).id, "text": "Seen by nobody in time"})
    new_answers(account, 120)
    account.source.switch(responses_updated_filter=reading)
    account.time.sleep(300)
    record = account.tick()
    assert (record.status, record.created) == ("complete", 120)
    account.time.sleep(300)
    quiet = account.tick()
    assert quiet.requests <= 6  # 120 in the overlap: three pages, and one to see their end
    account.ticks(25, 7_200)
    assert not account.audit().lists_changes
    assert account.state.stream("responses").swept_at().recent_at > swept_at
    assert differences(account) == []


@pytest.mark.parametrize("reading", ["ignored", "error400"])
@pytest.mark.parametrize("number", [1, 3])
def test_filter_given_up_in_the_middle_of_a_pass__loses_nothing(
    account: SyncAccount, reading: Reading, number: int
) -> None:
    new_answers(account, 220)
    account.source.edit(*({"id": days_old(account, age).id, "score": 0} for age in range(60, 170)))
    first = account.requests

    def give_up(at: int, moment: Moment) -> None:
        if (at, moment) == (first + number, "answered"):
            account.source.switch(responses_updated_filter=reading)

    account.on_request = give_up
    account.time.sleep(300)
    account.tick()
    account.time.sleep(300)
    account.tick()
    stored = {answer.key.id for answer in account.answers}
    assert {str(key) for key in account.source.store.answers} <= stored
    account.ticks(7 * 24, WEEK_TICK_S)
    assert differences(account) == []


@pytest.mark.parametrize("reading", ["ignored", "error400"])
def test_filter_found_later__is_used_from_the_next_day_on(
    account: SyncAccount, reading: Reading
) -> None:
    account.source.switch(responses_updated_filter=reading)
    account.ticks(25, 7_200)
    assert not account.audit().lists_changes
    account.source.switch(responses_updated_filter="supported")
    account.ticks(26, 7_200)
    assert account.audit().lists_changes
    account.source.edit({"id": days_old(account, 100).id, "score": 3})
    account.time.sleep(300)
    account.tick()
    assert differences(account) == []
