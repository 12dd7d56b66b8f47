"""Keep ledgers and summaries equal to a fold of the answers, whatever the stream does.

Safe under duplicates, reordering, replay and a crash after any write, because the writer is.
"""

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from nps_core.answers.models import Change
from nps_core.numbers.ports import LedgerStore, SummaryStore
from nps_core.numbers.votes import touched
from nps_core.numbers.writing import NumbersWriter


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
        writer = NumbersWriter(self.ledgers, self.summaries, self.window_days, self.sleep)
        written = writer.merge(writer.placed(found.months)) + writer.merge(found.contacts)
        summaries = sum(writer.summarise(account, now) for account in found.accounts)
        votes = sum(len(votes) for votes in found.months.values())
        return Report(len(changes), votes, written, summaries)
