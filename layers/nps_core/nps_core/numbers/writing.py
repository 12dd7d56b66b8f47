"""The one way in which votes reach their ledgers and a fold its summary: conditional writes.

Safe beside other writers and after a crash at any call. A ledger keeps the highest rev of each
answer, and a version guards each write. A summary is folded from ledgers that were read after the
summary's own version, so the last summary written includes every vote.
"""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from nps_core import keys
from nps_core.errors import Contended
from nps_core.numbers.account_numbers import fold_account
from nps_core.numbers.current import account_votes
from nps_core.numbers.ledger import Ledger, Votes
from nps_core.numbers.ports import LedgerRef, LedgerStore, SummaryStore
from nps_core.numbers.votes import AccountMonth

TRIES = 5
_MAX_PAUSE_S = 0.2


def item_of(month: AccountMonth, vote_id: str, base: Ledger) -> LedgerRef:
    """Return the item of an account vote: the month's, or a part once the month is split.

    `base` is the month's item. A split is permanent, and ids that the month's item holds stay
    there, so the item of a vote never changes. Even if it did, readers take the highest rev over
    all items.
    """
    is_in_part = base.is_split and vote_id not in base.votes
    return keys.ledger(*month, keys.ledger_part(vote_id) if is_in_part else None)


@dataclass(frozen=True, slots=True)
class NumbersWriter:
    ledgers: LedgerStore
    summaries: SummaryStore
    window_days: int
    sleep: Callable[[float], None] = time.sleep

    def placed(self, months: Mapping[AccountMonth, Votes]) -> Mapping[LedgerRef, Votes]:
        """Choose the item of each account vote."""
        bases = self.ledgers.get_many([keys.ledger(*month) for month in months])
        placed: dict[LedgerRef, Votes] = {}
        for month, votes in months.items():
            base = bases[keys.ledger(*month)]
            for key, vote in votes.items():
                placed.setdefault(item_of(month, key, base), {})[key] = vote
        return placed

    def merge(self, new: Mapping[LedgerRef, Votes]) -> int:
        """Merge votes into their ledgers. Returns the number of ledgers written."""
        left, written = dict(new), 0
        for attempt in range(TRIES):
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
            self.pause(attempt)
        raise Contended(f"{len(left)} ledgers were written by others {TRIES} times in a row")

    def summarise(self, account: str, now: datetime) -> int:
        """Fold the account's ledgers into its summary. Returns the number of summaries written.

        An equal summary is written too: its version moves, so that a fold of another writer that
        has not seen the ledgers of this batch loses. A retry also writes, because the run that died
        may have written the ledgers.
        """
        for attempt in range(TRIES):
            _, version = self.summaries.get_versioned(account)
            votes = account_votes(self.ledgers, account, now, self.window_days)
            view = fold_account(account, votes, now, self.window_days)
            if self.summaries.put(view, version):
                return 1
            self.pause(attempt)
        raise Contended(f"a summary was written by others {TRIES} times in a row")

    def pause(self, attempt: int) -> None:
        """Wait with full jitter, so that two writers of one account do not collide again."""
        self.sleep(random.uniform(0, _MAX_PAUSE_S * 2**attempt))  # noqa: S311  not a secret
