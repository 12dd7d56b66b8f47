from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nps_core import keys
from nps_core.answers.models import UNMATCHED
from nps_core.numbers.account_numbers import AccountView, fold_account
from nps_core.numbers.current import account_votes, is_current, read_account, read_company
from nps_core.numbers.ledger import Ledger, Vote, Votes, account_vote, vote_id
from nps_core.scoring import Counts
from nps_testing.factories import make_answer
from nps_testing.fakes.stores import InMemoryLedgerStore, InMemorySummaryStore

NOW = datetime(2026, 3, 2, 17, 16, tzinfo=UTC)
DAY = timedelta(days=1)
MS = timedelta(milliseconds=1)


class CountingLedgers(InMemoryLedgerStore):
    """Counts range reads."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0

    def months(self, account_id: str, first_month: str) -> Iterable[Ledger]:
        self.reads += 1
        return super().months(account_id, first_month)


class World:
    """Ledgers and summaries, filled as the rollup would."""

    def __init__(self) -> None:
        self.ledgers, self.summaries = CountingLedgers(), InMemorySummaryStore()

    def add(self, answer_id: int, at: datetime, score: int | None, account: str = "acme") -> None:
        answer = make_answer(id=answer_id, answered_at=at, score=score, account_id=account)
        ref = keys.ledger(account, keys.month_of(at))
        stored = self.ledgers.get_many([ref])[ref]
        assert self.ledgers.put(ref, stored.merged({vote_id(answer): account_vote(answer)}))

    def fold(self, at: datetime, account: str = "acme") -> AccountView:
        votes = account_votes(self.ledgers, account, at, 180)
        view = fold_account(account, votes, at, 180)
        _, version = self.summaries.get_versioned(account)
        assert self.summaries.put(view, version)
        return view

    def read(self, at: datetime, window_days: int = 180) -> AccountView:
        self.ledgers.reads = 0
        view = read_account(self.summaries, self.ledgers, "acme", at, window_days)
        assert view is not None
        return view


@pytest.fixture
def world() -> World:
    filled = World()
    filled.add(1, NOW - 179 * DAY, 3)
    filled.add(2, NOW - 10 * DAY, 9)
    filled.fold(NOW)
    return filled


def test_account__that_never_had_an_answer_is_none() -> None:
    assert read_account(InMemorySummaryStore(), InMemoryLedgerStore(), "acme", NOW, 180) is None


def test_summary__is_read_as_it_is_while_it_is_valid(world: World) -> None:
    view = world.read(NOW + DAY)
    assert (view.as_of, view.all.n, world.ledgers.reads) == (NOW + DAY, 2, 0)
    assert view == fold_account(
        "acme", account_votes(world.ledgers, "acme", NOW + DAY, 180), NOW + DAY, 180
    )


def test_summary__is_folded_anew_when_an_answer_has_left_the_window(world: World) -> None:
    view = world.read(NOW + DAY + MS)
    assert (view.all.n, view.all.nps, world.ledgers.reads) == (1, 100.0, 1)


def test_summary__is_folded_anew_for_another_window(world: World) -> None:
    assert world.read(NOW, window_days=30).all.n == 1


@pytest.mark.parametrize(
    ("change", "now", "expected"),
    [
        ({}, NOW, True),
        ({"valid_until": None}, NOW, True),
        ({"valid_until": NOW}, NOW, True),
        ({"valid_until": NOW - MS}, NOW, False),
        ({"window_days": 90}, NOW, False),
        ({"as_of": NOW + MS}, NOW, False),
        ({}, datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC), True),
        ({}, datetime(2026, 4, 1, tzinfo=UTC), False),
    ],
)
def test_summary__is_current_within_its_validity_its_month_and_its_window(
    world: World, change: dict[str, object], now: datetime, expected: bool
) -> None:
    view = replace(world.fold(NOW), **{"valid_until": NOW + 90 * DAY, **change})  # type: ignore[arg-type]  # one test, many fields
    assert is_current(view, now, 180) is expected


def test_votes__of_a_silent_account_are_read_from_its_beginning() -> None:
    world = World()
    world.add(1, NOW - 900 * DAY, 9)
    assert len(account_votes(world.ledgers, "acme", NOW, 180)) == 1
    view = world.fold(NOW)
    assert (view.all.n, view.last_answered_at) == (0, NOW - 900 * DAY)


def test_votes__of_an_active_account_are_read_from_the_trend_on(world: World) -> None:
    world.add(3, NOW - 900 * DAY, 0)
    assert len(account_votes(world.ledgers, "acme", NOW, 180)) == 2


def test_votes__are_those_of_all_parts_of_a_split_month() -> None:
    ledgers = InMemoryLedgerStore()
    votes: Votes = {"t#1": Vote(1, 1_772_471_704_000, 9)}
    ledgers.put(keys.ledger("acme", "2026-03"), Ledger(votes, is_split=True))
    ledgers.put(keys.ledger("acme", "2026-03", 5), Ledger({"t#2": votes["t#1"]}))
    assert set(account_votes(ledgers, "acme", NOW, 180)) == {"t#1", "t#2"}


def test_company__is_one_fold_over_all_accounts_and_the_unmatched(world: World) -> None:
    world.add(4, NOW - DAY, 0, "beta")
    world.add(5, NOW - DAY, 10, UNMATCHED)
    views = [world.fold(NOW, account) for account in ("acme", "beta", UNMATCHED)]
    company = read_company(views, world.ledgers, NOW, 180)
    assert company.all == Counts(2, 0, 2, 22)
    assert company.account_id == "company"


def test_company__sees_no_account_that_has_only_older_answers() -> None:
    world = World()
    world.add(1, NOW - 900 * DAY, 9)
    assert read_company([world.fold(NOW)], world.ledgers, NOW, 180).all.n == 0
