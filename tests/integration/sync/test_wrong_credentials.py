"""Credentials of another account are valid, and nothing that they show may be believed."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from nps_core.answers.models import Answer
from nps_core.keys import AnswerKey
from nps_core.sync.proof.witnesses import FEWEST
from nps_local.fakes.wootric.actions import NewAnswer
from nps_local.fakes.wootric.server import FakeWootric
from nps_testing.fakes.sync import MovingTime
from nps_testing.stacks.environment import TOKEN
from nps_testing.worlds.sync_account import SyncAccount

REFUSED = "the API credentials are those of another Wootric account"


@pytest.fixture
def time() -> MovingTime:
    return MovingTime()


@pytest.fixture
def accounts(time: MovingTime) -> Iterator[list[SyncAccount]]:
    """Two connected accounts whose histories have been read; ids of one occur in the other."""
    with ExitStack() as sources:
        made = []
        for seed in (1, 2):
            source = sources.enter_context(FakeWootric(now=time, seed=seed))
            source.generate(answers=300, people=40, accounts=4)
            made.append(SyncAccount(source, time))
            made[-1].until_complete()
        yield made


def stored_in(account: SyncAccount) -> dict[AnswerKey, Answer]:
    return {answer.key: answer for answer in account.answers}


def connect_to(account: SyncAccount, source: FakeWootric) -> None:
    """Replace the account behind the credentials, as a mix-up in the secret does."""
    account.source = source
    account.new_process()


def days_of_refusal(account: SyncAccount, source: FakeWootric) -> None:
    """Three days with the credentials of that account, then the right ones again."""
    right, stored = account.source, stored_in(account)
    connect_to(account, source)
    runs = [account.tick()]
    assert account.connections.mails, "the operator hears of it at once"
    runs += account.ticks(72, every_s=4 * 3_600)
    assert {run.status for run in runs} == {"failed"}
    assert all((run.error or "").startswith(REFUSED) for run in runs)
    assert stored_in(account) == stored
    assert account.proof_store.suspects() == []
    assert [gap.kind for gap in account.proof_store.gaps() if gap.is_open]
    connect_to(account, right)
    assert account.ticks(1)[-1].status == "complete"
    assert stored_in(account) == stored
    assert account.missing() == set()


def test_another_account__is_neither_read_nor_compared(accounts: list[SyncAccount]) -> None:
    days_of_refusal(accounts[0], accounts[1].source)


def test_empty_account__removes_nothing(accounts: list[SyncAccount], time: MovingTime) -> None:
    with FakeWootric(now=time, seed=3) as empty:
        days_of_refusal(accounts[0], empty)


def test_account_that_an_operator_accepted__is_known_by_later_answers(
    accounts: list[SyncAccount], time: MovingTime
) -> None:
    ours, theirs = accounts
    connect_to(ours, theirs.source)
    assert ours.tick().status == "failed"
    ours.connections.accept_account(TOKEN, time.now())
    assert ours.tick().status != "failed"
    user = next(iter(theirs.source.store.users))
    for number in range(FEWEST):
        at_ms = int(time() * 1000) + 1 + number * 1000
        theirs.source.actions.answer(NewAnswer(score=9, end_user_id=user, created_ms=at_ms))
    time.sleep(2 * 3_600)
    ours.tick()
    with FakeWootric(now=time, seed=3) as empty:
        connect_to(ours, empty)
        assert (ours.tick().error or "").startswith(REFUSED)


def test_swapped_accounts__are_both_refused(accounts: list[SyncAccount]) -> None:
    sources = [account.source for account in accounts]
    for account, source in zip(accounts, reversed(sources), strict=True):
        days_of_refusal(account, source)
