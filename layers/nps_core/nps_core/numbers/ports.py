"""Ports to ledgers and summaries; the adapters and the fakes pass the same contract tests."""

from collections.abc import Collection, Iterable
from typing import Protocol

from nps_core.numbers.account_numbers import AccountView
from nps_core.numbers.ledger import Ledger

LedgerRef = tuple[str, str]
"""Primary key (pk, sk) of a ledger item, as built by `keys.ledger` and `keys.contact`."""


class MonthLedgers(Protocol):
    """The votes of accounts by month, stored or planned."""

    def months(self, account_id: str, first_month: str) -> Iterable[Ledger]:
        """Return all items of the account from `first_month` on, strongly consistent."""
        ...


class LedgerStore(MonthLedgers, Protocol):
    """Ledger items of StateTable."""

    def get_many(self, refs: Collection[LedgerRef]) -> dict[LedgerRef, Ledger]:
        """Return a ledger for each ref, strongly consistent; version 0 where there is none."""
        ...

    def put(self, ref: LedgerRef, ledger: Ledger) -> bool:
        """Write as version + 1 if the stored version is `ledger.version`; False if it is not."""
        ...


class AccountLedgers(LedgerStore, Protocol):
    """Ledgers that are read account by account, too."""

    def of_account(self, account_id: str) -> Iterable[tuple[LedgerRef, Ledger]]:
        """Yield the account's ledgers, of months and of contacts, strongly consistent."""
        ...


class SummaryStore(Protocol):
    """Account summaries of StateTable."""

    def get(self, account_id: str) -> AccountView | None:
        """Return the summary, strongly consistent."""
        ...

    def get_versioned(self, account_id: str) -> tuple[AccountView | None, int]:
        """Return the stored summary and its version (0: none), strongly consistent."""
        ...

    def put(self, view: AccountView, expected_version: int) -> bool:
        """Write as version + 1 if the stored version is `expected_version`; False if it is not."""
        ...
