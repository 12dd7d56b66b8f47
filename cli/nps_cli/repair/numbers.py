"""Compares the numbers of one account or of all with the answers, account by account."""

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from nps_cli.repair.answers_by_account import AnswersByAccount
from nps_cli.shell.errors import Failure
from nps_cli.shell.progress import track
from nps_cli.shell.stack import Stack, report_unreadable
from nps_core import clock
from nps_core.answers.models import Answer
from nps_core.aws.items import Item
from nps_core.errors import Contended, UnreadableItem
from nps_core.keys import AnswerKey, parse_answer_key
from nps_core.numbers import audit
from nps_core.numbers.audit import Difference
from nps_core.numbers.repair import Found, NumbersRepair

LISTED = 10_000
"""Differences that are listed one by one."""


@dataclass(slots=True)
class Comparison:
    """What was found and done in all accounts."""

    accounts: int = 0
    answers: int = 0
    found: int = 0
    pending: int = 0
    unreadable: int = 0
    differences: list[Difference] = field(default_factory=list)
    ledgers: int = 0
    summaries: int = 0
    proven: bool = True

    def add(self, found: Found) -> None:
        self.accounts += 1
        self.found += len(found.settled)
        self.pending += len(found.recent)
        self.differences += found.settled[: LISTED - len(self.differences)]


class Numbers:
    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._repair = NumbersRepair(
            stack.ledgers, stack.summaries, self._lookup, stack.window_days, clock.now, time.sleep
        )
        self._by_account = AnswersByAccount()

    def check(self, account: str | None) -> Comparison:
        result = Comparison()
        for _found in self._compared(account, result):
            pass
        return result

    def rebuild(self, account: str | None, *, dry_run: bool) -> Comparison:
        """Repair what differs, or plan it; an account that cannot be repaired stops no other."""
        result = Comparison()
        for found in self._compared(account, result):
            if not found.settled:
                continue
            if dry_run:
                result.ledgers += len(audit.changed(found.kept, found.planned))
                result.summaries += 1
                result.proven &= self._repair.proves(found)
                continue
            listed = self._by_account.of(found.kept.account_id)
            try:
                done = self._repair.repair(found, listed)
            except Contended:
                result.proven = False
                continue
            result.ledgers += done.ledgers_written
            result.summaries += done.summaries_written
            again = self._repair.check(found.kept.account_id, listed)
            result.proven &= not again.settled and self._repair.proves(again)
        result.proven &= not result.unreadable
        return result

    def _compared(self, account: str | None, result: Comparison) -> Iterator[Found]:
        """Yield each account's comparison. One with an unreadable ledger is told and left alone."""

        def skip(item: Item) -> None:
            result.unreadable += 1
            report_unreadable(item)

        answers = track(self._stack.answers.everything(skip), "answers")
        result.answers = self._by_account.fill(answers, account)
        for one in self._accounts(account):
            listed = self._by_account.of(one)
            try:
                found = self._repair.check(one, listed)
            except UnreadableItem:
                result.unreadable += 1
                report_unreadable({"pk": "the ledgers of account", "sk": one})
                continue
            if account and not (listed or found.kept.items or found.differences):
                raise Failure(f"no account {account!r}: `nps accounts list` shows the accounts")
            result.add(found)
            yield found

    def _accounts(self, account: str | None) -> Iterator[str]:
        if account:
            return iter([account])
        shown = {view.account_id for view in self._stack.summaries.everything()}
        every = sorted(shown.union(self._by_account.accounts()))
        return track(every, "accounts", len(every))

    def _lookup(self, wanted: Sequence[AnswerKey]) -> tuple[Collection[Answer], list[AnswerKey]]:
        unreadable: list[Item] = []
        stored = self._stack.answers.get_many(wanted, unreadable.append)
        return list(stored.values()), [parse_answer_key(item["pk"]) for item in unreadable]
