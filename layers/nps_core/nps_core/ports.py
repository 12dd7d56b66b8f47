"""What the use cases need from the outside. Each Protocol has a real adapter and a fake.

The fakes live in tests/support and pass the same contract tests as the adapters.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Protocol

from nps_core.folds import AccountView
from nps_core.ledger import Ledger
from nps_core.models import Answer, AnswerKey, Kind, Listed

LedgerRef = tuple[str, str]
"""Primary key (pk, sk) of a ledger item, as built by `keys.ledger` and `keys.contact`."""


class AnswerStore(Protocol):
    """ResponsesTable."""

    def get(self, key: AnswerKey) -> Answer | None:
        """Return the stored answer, strongly consistent."""
        ...

    def get_many(self, keys: Collection[AnswerKey]) -> Mapping[AnswerKey, Answer]:
        """Return those that are stored, strongly consistent."""
        ...

    def between(
        self, account_token: str, kind: Kind, start: datetime, end: datetime
    ) -> Iterable[Listed]:
        """Yield what is stored with start <= answered_at < end, by time; may lag by a moment."""
        ...

    def put(self, answer: Answer, expected_rev: int | None) -> bool:
        """Write if the stored rev is `expected_rev` (None: not stored). False: it is not.

        Raises StoreUnavailable when nothing is known to be written.
        """
        ...


class LedgerStore(Protocol):
    """Ledger items of StateTable."""

    def get_many(self, refs: Collection[LedgerRef]) -> dict[LedgerRef, Ledger]:
        """Return a ledger for each ref, strongly consistent; version 0 where there is none."""
        ...

    def put(self, ref: LedgerRef, ledger: Ledger) -> bool:
        """Write as version + 1 if the stored version is `ledger.version`. False: it is not."""
        ...

    def months(self, account_id: str, first_month: str) -> Iterable[Ledger]:
        """Return all items of the account from `first_month` on, strongly consistent."""
        ...


class SummaryStore(Protocol):
    """Account summaries of StateTable."""

    def get_versioned(self, account_id: str) -> tuple[AccountView | None, int]:
        """Return the stored summary and its version (0: none), strongly consistent."""
        ...

    def put(self, view: AccountView, expected_version: int) -> bool:
        """Write as version + 1 if the stored version is `expected_version`. False: it is not."""
        ...


class Quarantine(Protocol):
    """Payloads that could not be understood, kept for a person to look at."""

    def add(
        self, raw: str, reason: str, detail: str, source: str, account_token: str, at: datetime
    ) -> bool:
        """Keep `raw` once, however often it comes. Returns whether it is new."""
        ...
