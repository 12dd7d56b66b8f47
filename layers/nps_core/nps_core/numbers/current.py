"""An account's current numbers, from its summary or from its ledgers."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from nps_core.keys import month_of
from nps_core.numbers.account_numbers import AccountView, counted, first_month, fold_account
from nps_core.numbers.ledger import Vote, join
from nps_core.numbers.ports import LedgerStore, MonthLedgers, SummaryStore


def account_votes(
    ledgers: MonthLedgers, account_id: str, now: datetime, window_days: int
) -> Mapping[str, Vote]:
    """Return the votes that the window and the trend need; all votes if neither has any."""
    recent = join(ledgers.months(account_id, first_month(now, window_days)))
    return recent if counted(recent) else join(ledgers.months(account_id, "0"))


def is_current(view: AccountView, now: datetime, window_days: int) -> bool:
    """Whether a stored summary equals a fold at `now`."""
    in_time = view.valid_until is None or now <= view.valid_until
    same_month = month_of(view.as_of) == month_of(now)
    # A summary from after `now` (the local stack's clock was set back) covers less of the window.
    return view.window_days == window_days and in_time and same_month and view.as_of <= now


def read_account(
    summaries: SummaryStore,
    ledgers: LedgerStore,
    account_id: str,
    now: datetime,
    window_days: int,
) -> AccountView | None:
    """Return the account's numbers at `now`; None if it never had an answer."""
    view = summaries.get(account_id)
    return current(view, ledgers, now, window_days) if view else None


def current(
    view: AccountView, ledgers: LedgerStore, now: datetime, window_days: int
) -> AccountView:
    """Return `view` as of `now`, folded again from the ledgers if time has changed it."""
    if is_current(view, now, window_days):
        return replace(view, as_of=now)
    votes = account_votes(ledgers, view.account_id, now, window_days)
    return fold_account(view.account_id, votes, now, window_days)


def read_company(
    views: Iterable[AccountView], ledgers: LedgerStore, now: datetime, window_days: int
) -> AccountView:
    """Return the company's numbers: one fold over the votes of all accounts and the unmatched."""
    since = month_of(now - timedelta(days=max(window_days, 366)))
    every = (ledger for view in views for ledger in ledgers.months(view.account_id, since))
    return fold_account("company", join(every), now, window_days)
