"""Consumers of one account whose store calls meet in any order: the summary is a recompute."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import permutations
from random import Random
from threading import Semaphore, Thread

import pytest

from nps_core.answers.models import Answer, Change
from nps_core.errors import Contended
from nps_core.keys import AnswerKey
from nps_core.numbers.account_numbers import AccountView
from nps_core.numbers.ledger import Ledger
from nps_core.numbers.ports import LedgerRef
from nps_testing.factories import NOW, make_answer
from nps_testing.fakes.stores import InMemoryLedgerStore, InMemorySummaryStore
from nps_testing.stacks.crashes import Killed
from nps_testing.stacks.environment import TOKEN
from rollup.service import Rollup

Batch = Sequence[Change]


class Turns:
    """Lets consumers make their store calls one at a time, in the order of a schedule.

    A consumer that is not in the schedule any more runs to its end.
    """

    def __init__(self, batches: Sequence[Batch], apply: Callable[[int, Batch], None]) -> None:
        self.may_call = [Semaphore(0) for _ in batches]
        self.has_stopped = [Semaphore(0) for _ in batches]
        self.is_over = [False for _ in batches]
        self.failed: list[BaseException] = []
        self.threads = [Thread(target=self._run, args=(number, batch, apply))
                        for number, batch in enumerate(batches)]  # fmt: skip

    def call(self, number: int) -> None:
        """Wait for the consumer's turn."""
        self.has_stopped[number].release()
        self.may_call[number].acquire()

    def play(self, schedule: Iterable[int]) -> None:
        for thread in self.threads:
            thread.start()
        for stopped in self.has_stopped:
            stopped.acquire()
        for number in [*schedule, *sorted(range(len(self.threads))) * 40]:
            if not self.is_over[number]:
                self.may_call[number].release()
                self.has_stopped[number].acquire()
        assert all(self.is_over)
        assert self.failed == []

    def _run(self, number: int, batch: Batch, apply: Callable[[int, Batch], None]) -> None:
        try:
            self.call(number)
            apply(number, batch)
        except BaseException as exc:
            self.failed.append(exc)
        self.is_over[number] = True
        self.has_stopped[number].release()


class Shared:
    """The stores of all consumers; each call waits for its turn, and one may be the last."""

    def __init__(self, dies_at: tuple[int, int] | None = None) -> None:
        self.ledgers, self.summaries = InMemoryLedgerStore(), InMemorySummaryStore()
        self.turns: Turns | None = None
        self.dies_at, self.calls = dies_at, [0, 0, 0]

    def consumer(self, number: int) -> Rollup:
        return Rollup(_Ledgers(self, number), _Summaries(self, number), 180, sleep=lambda _s: None)

    def call(self, number: int) -> None:
        if self.turns is not None:
            self.calls[number] += 1
            self.turns.call(number)
            if self.dies_at == (number, self.calls[number]):
                self.dies_at = None
                raise Killed

    def apply(self, number: int, batch: Batch) -> None:
        """Apply a batch as Lambda does: again after a crash or when others were faster."""
        for _ in range(9):
            with suppress(Contended, Killed):
                self.consumer(number).apply(batch, NOW)
                break


class _Ledgers:
    def __init__(self, shared: Shared, number: int) -> None:
        self.shared, self.number = shared, number

    def get_many(self, refs: Collection[LedgerRef]) -> dict[LedgerRef, Ledger]:
        self.shared.call(self.number)
        return self.shared.ledgers.get_many(refs)

    def put(self, ref: LedgerRef, ledger: Ledger) -> bool:
        self.shared.call(self.number)
        return self.shared.ledgers.put(ref, ledger)

    def months(self, account_id: str, first_month: str) -> Iterable[Ledger]:
        self.shared.call(self.number)
        return self.shared.ledgers.months(account_id, first_month)


class _Summaries:
    def __init__(self, shared: Shared, number: int) -> None:
        self.shared, self.number = shared, number

    def get(self, account_id: str) -> AccountView | None:
        return self.get_versioned(account_id)[0]

    def get_versioned(self, account_id: str) -> tuple[AccountView | None, int]:
        self.shared.call(self.number)
        return self.shared.summaries.get_versioned(account_id)

    def put(self, view: AccountView, expected_version: int) -> bool:
        self.shared.call(self.number)
        return self.shared.summaries.put(view, expected_version)


def _answers(number: int = 6) -> list[Answer]:
    return [
        make_answer(key=AnswerKey(TOKEN, "response", str(500_001 + n)), score=9,
                    end_user_id=str(7_001 + n))
        for n in range(number)
    ]  # fmt: skip


def _edit(before: Answer, score: int, rev: int) -> tuple[Change, Answer]:
    after = replace(before, score=score, rev=before.rev + rev)
    return (before, after), after


def cancelling() -> list[Batch]:
    """A promoter becomes a detractor and a promoter again, one batch each."""
    low, after = _edit(_answers()[0], 2, 1)
    high, _ = _edit(after, 9, 2)
    return [[low], [high]]


def of_three() -> list[Batch]:
    """The same, and another answer leaves the account meanwhile."""
    gone = _answers()[3]
    return [*cancelling(), [(gone, replace(gone, account_id="c-200", rev=gone.rev + 1))]]


def recomputed(batches: Sequence[Batch]) -> int:
    """Return the score sum of the account, from its answers alone."""
    latest = {answer.key: answer for answer in _answers()}
    for batch in batches:
        for _, after in batch:
            if after is not None and after.rev > latest[after.key].rev:
                latest[after.key] = after
    return sum(one.score or 0 for one in latest.values() if one.account_id == "c-118")


def summary_after(schedule: Iterable[int], batches: Sequence[Batch],
                  dies_at: tuple[int, int] | None = None) -> int:  # fmt: skip
    shared = Shared(dies_at)
    shared.apply(0, [(None, answer) for answer in _answers()])
    shared.turns = Turns(batches, shared.apply)
    shared.turns.play(schedule)
    view = shared.summaries.get("c-118")
    assert view is not None
    return view.all.score_sum


def orders(calls: int, consumers: int) -> Iterator[tuple[int, ...]]:
    """Yield in which order the consumers make their last calls: the writes and the summary."""
    yield from sorted(set(permutations([n for n in range(consumers) for _ in range(calls)])))


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("lead", range(8))
def test_two_consumers_whose_changes_cancel__leave_a_summary_that_is_right(
    lead: int, first: int
) -> None:
    batches = cancelling()
    for order in orders(4, 2):
        # One of them is `lead` calls ahead before the two alternate.
        schedule = [*[first] * lead, *order]
        assert summary_after(schedule, batches) == recomputed(batches), schedule


@pytest.mark.parametrize("seed", range(12))
def test_three_consumers_in_any_order__leave_a_summary_that_is_right(seed: int) -> None:
    random, batches = Random(seed), of_three()
    for _ in range(40):
        schedule = [random.randrange(3) for _ in range(36)]
        assert summary_after(schedule, batches) == recomputed(batches), schedule


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("call", range(1, 10))
def test_consumer_that_dies_at_any_call__and_is_repeated_leaves_a_summary_that_is_right(
    number: int, call: int
) -> None:
    random, batches = Random(call), cancelling()
    for _ in range(25):
        schedule = [random.randrange(2) for _ in range(24)]
        assert summary_after(schedule, batches, (number, call)) == recomputed(batches), schedule
