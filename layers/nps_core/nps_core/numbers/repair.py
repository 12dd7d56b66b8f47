"""Compares the numbers of one account with its answers, and repairs what differs.

The ledgers are read before the answers, and every write has the version of what was read. So a vote
that arrives meanwhile is never overwritten, and a crash at any call leaves what a repeat repairs.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from nps_core.answers.models import Answer
from nps_core.errors import Contended
from nps_core.keys import AnswerKey
from nps_core.numbers import audit
from nps_core.numbers.audit import Difference, Kept, Truth
from nps_core.numbers.ports import AccountLedgers, SummaryStore
from nps_core.numbers.writing import TRIES, NumbersWriter
from nps_core.times import epoch_ms

RECENT = timedelta(minutes=5)
"""The vote of an answer that was written since may still be in the stream."""
_LOOKS, _PAUSE_S = 3, 2.0
_AT_ONCE = 100


AnswerLookup = Callable[[Sequence[AnswerKey]], tuple[Collection[Answer], Collection[AnswerKey]]]
"""Reads at most 100 answers, strongly consistent; also tells which are stored but unreadable."""


@dataclass(frozen=True, slots=True)
class Found:
    """What differs in an account, and the repair of it."""

    kept: Kept
    truth: Truth
    differences: list[Difference]
    planned: Kept

    @property
    def settled(self) -> list[Difference]:
        return [one for one in self.differences if not one.is_recent]

    @property
    def recent(self) -> list[Difference]:
        return [one for one in self.differences if one.is_recent]


@dataclass(frozen=True, slots=True)
class Repaired:
    ledgers_written: int
    summaries_written: int


@dataclass(frozen=True, slots=True)
class NumbersRepair:
    ledgers: AccountLedgers
    summaries: SummaryStore
    answers: AnswerLookup
    window_days: int
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]

    def check(self, account_id: str, listed: Collection[AnswerKey]) -> Found:
        """Compare an account. `listed`: keys of its answers, found by other means than its ledgers.

        Differences of answers that were written moments ago are looked at again.

        Raises:
            UnreadableItem: one of its ledgers cannot be read.
        """
        found = self._look(account_id, listed)
        for _ in range(_LOOKS - 1):
            if not found.recent:
                break
            self.sleep(_PAUSE_S)
            found = self._look(account_id, listed)
        return found

    def proves(self, found: Found) -> bool:
        """Whether the numbers of the planned ledgers equal a recompute from the answers."""
        return audit.is_proven(found.planned, found.truth, self.clock(), self.window_days)

    def repair(self, found: Found, listed: Collection[AnswerKey]) -> Repaired:
        """Write what is planned; where another writer was faster, look and plan again.

        Raises:
            StoreUnavailable: run it again.
            Contended: other writers won five times in a row; run it again.
        """
        account, written = found.kept.account_id, 0
        writer = NumbersWriter(self.ledgers, self.summaries, self.window_days, self.sleep)
        for attempt in range(TRIES):
            plan = audit.changed(found.kept, found.planned)
            done = [self.ledgers.put(ref, ledger) for ref, ledger in plan.items()]
            written += sum(done)
            if all(done):
                return Repaired(written, writer.summarise(account, self.clock()))
            writer.pause(attempt)
            found = self._look(account, listed)
        raise Contended(f"ledgers were written by others {TRIES} times in a row")

    def _look(self, account_id: str, listed: Collection[AnswerKey]) -> Found:
        now = self.clock()
        recent_ms = epoch_ms(now - RECENT)
        view = self.summaries.get(account_id)
        kept = Kept(account_id, dict(self.ledgers.of_account(account_id)))
        truth = self._truth(kept, listed)
        differences = [
            *audit.differing_votes(kept, truth, recent_ms),
            *audit.differing_summary(view, truth, now, self.window_days, recent_ms),
        ]
        return Found(kept, truth, differences, audit.plan(kept, truth))

    def _truth(self, kept: Kept, listed: Collection[AnswerKey]) -> Truth:
        truth = Truth(kept.account_id)
        held = (_key(vote) for ledger in kept.items.values() for vote in ledger.votes)
        wanted = list(dict.fromkeys([*listed, *held]))
        for start in range(0, len(wanted), _AT_ONCE):
            stored, unreadable = self.answers(wanted[start : start + _AT_ONCE])
            truth.add(stored)
            truth.unknown |= {f"{key.account_token}#{key.id}" for key in unreadable}
        return truth


def _key(vote: str) -> AnswerKey:
    token, _, answer_id = vote.partition("#")
    return AnswerKey(token, "response", answer_id)
