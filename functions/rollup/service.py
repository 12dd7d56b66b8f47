"""Keep ledgers and summaries equal to a fold of the answers, whatever the stream does.

Safe under duplicates, reordering, replay and a crash after any write. A ledger keeps the highest
rev of each answer, and a version guards each write. A summary is folded from ledgers that were read
after the summary's own version, so the last summary written includes every vote.
"""

import random
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from nps_core import keys
from nps_core.answers.models import Change
from nps_core.errors import Contended
from nps_core.numbers.account_numbers import fold_account
from nps_core.numbers.current import account_votes
from nps_core.numbers.ledger import Votes
from nps_core.numbers.ports import LedgerRef, LedgerStore, SummaryStore
from nps_core.numbers.votes import Touched, touched

_TRIES = 5
_MAX_PAUSE_S = 0.2


@dataclass(frozen=True, slots=True)
class Report:
    changes: int
    votes: int
    ledgers_written: int
    summaries_written: int

    def as_log(self) -> dict[str, int]:
        """Return only counts: nothing personal goes to the log."""
        return {
            "changes": self.changes,
            "votes": self.votes,
            "ledgers_written": self.ledgers_written,
            "summaries_written": self.summaries_written,
        }


def total(reports: Iterable[Report]) -> Report:
    """Sum the reports of the parts of a batch."""
    rows = [(one.changes, one.votes, one.ledgers_written, one.summaries_written) for one in reports]
    return Report(*(sum(column) for column in zip((0, 0, 0, 0), *rows, strict=True)))


@dataclass(frozen=True, slots=True)
class Rollup:
    ledgers: LedgerStore
    summaries: SummaryStore
    window_days: int
    sleep: Callable[[float], None] = time.sleep

    def apply(self, changes: Collection[Change], now: datetime) -> Report:
        """Apply a batch: one write per touched ledger, then one per summary of a touched account.

        Raises:
            StoreUnavailable: retry the whole batch; everything written so far stays valid.
            Contended: other writers won five times in a row; retry the batch.
        """
        found = touched(changes)
        written = self._merge_all(self._placed(found)) + self._merge_all(found.contacts)
        summaries = sum(self._summarise(account, now) for account in found.accounts)
        votes = sum(len(votes) for votes in found.months.values())
        return Report(len(changes), votes, written, summaries)

    def _placed(self, found: Touched) -> Mapping[LedgerRef, Votes]:
        """Choose the item of each account vote: the month's, or a part once the month is split.

        A split is permanent, and ids that the month's item holds stay there, so the item of a vote
        never changes. Even if it did, readers take the highest rev over all items.
        """
        bases = self.ledgers.get_many([keys.ledger(*month) for month in found.months])
        placed: dict[LedgerRef, Votes] = {}
        for month, votes in found.months.items():
            base = bases[keys.ledger(*month)]
            for key, vote in votes.items():
                in_part = base.is_split and key not in base.votes
                ref = keys.ledger(*month, keys.ledger_part(key) if in_part else None)
                placed.setdefault(ref, {})[key] = vote
        return placed

    def _merge_all(self, new: Mapping[LedgerRef, Votes]) -> int:
        """Merge votes into their ledgers. Returns the number of ledgers written."""
        left, written = dict(new), 0
        for attempt in range(_TRIES):
            stored = self.ledgers.get_many(list(left))
            lost: dict[LedgerRef, Votes] = {}
            for ref, votes in left.items():
                merged = stored[ref].merged(votes)
                if merged is stored[ref]:
                    continue
                if self.ledgers.put(ref, merged):
                    written += 1
                else:
                    lost[ref] = votes
            if not lost:
                return written
            left = lost
            self._pause(attempt)
        raise Contended(f"{len(left)} ledgers were written by others {_TRIES} times in a row")

    def _summarise(self, account: str, now: datetime) -> int:
        """Fold the account's ledgers into its summary. Returns the number of summaries written.

        An equal summary is written too: its version moves, so that a fold of another consumer that
        has not seen the ledgers of this batch loses. A retry also writes, because the run that died
        may have written the ledgers.
        """
        for attempt in range(_TRIES):
            _, version = self.summaries.get_versioned(account)
            votes = account_votes(self.ledgers, account, now, self.window_days)
            view = fold_account(account, votes, now, self.window_days)
            if self.summaries.put(view, version):
                return 1
            self._pause(attempt)
        raise Contended(f"a summary was written by others {_TRIES} times in a row")

    def _pause(self, attempt: int) -> None:
        """Wait with full jitter, so that two consumers of one account do not collide again."""
        self.sleep(random.uniform(0, _MAX_PAUSE_S * 2**attempt))  # noqa: S311  not a secret
