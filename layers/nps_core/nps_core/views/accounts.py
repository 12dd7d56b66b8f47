"""Accounts and the company with their numbers."""

from collections.abc import Iterable
from typing import Any

from pydantic import AliasPath, Field

from nps_core.customers.entries import DirectoryEntry
from nps_core.numbers.account_numbers import AccountView
from nps_core.scoring import ScoreClass
from nps_core.views.contacts import ContactRow
from nps_core.views.view import Moment, View


class Numbers(View):
    """NPS and the counts behind it; `nps` is unrounded, null without answers."""

    n: int
    promoters: int
    passives: int
    detractors: int
    nps: float | None
    nps_rounded: int | None
    mean: float | None


class Month(View):
    """One UTC month of a trend; `nps` is null without answers."""

    month: str
    n: int = Field(validation_alias=AliasPath("counts", "n"))
    nps: float | None = Field(validation_alias=AliasPath("counts", "nps"))


class AccountRow(View):
    account_id: str
    name: str | None
    owner: str
    as_of: Moment
    window_days: int
    all: Numbers
    latest: Numbers
    account_class: ScoreClass | None = Field(serialization_alias="class")
    class_reason: str
    last_answered_at: Moment | None


class AccountTrend(AccountRow):
    """An account with its months, oldest first."""

    trend: tuple[Month, ...]


class AccountDetail(AccountTrend):
    contacts: tuple[ContactRow, ...]


class Company(View):
    """The whole company; `unmatched` counts the answers in the window without an account."""

    as_of: Moment
    window_days: int
    all: Numbers
    latest: Numbers
    last_answered_at: Moment | None
    accounts: int
    unmatched: int
    trend: tuple[Month, ...]


def account_row(view: AccountView, known: DirectoryEntry | None, fallback_owner: str) -> AccountRow:
    """`known` is the account's entry in the directory."""
    return AccountRow(
        account_id=view.account_id,
        name=view.name or (known.name if known else None),
        owner=view.owner or (known.owner if known else None) or fallback_owner,
        account_class=view.account_class,
        class_reason=view.class_reason,
        **_totals(view),
    )


def account_trend(row: AccountRow, view: AccountView) -> AccountTrend:
    return AccountTrend(**dict(row), **_trend(view))


def account_detail(
    row: AccountRow, view: AccountView, contacts: Iterable[ContactRow]
) -> AccountDetail:
    return AccountDetail(**dict(row), **_trend(view), contacts=tuple(contacts))


def company(view: AccountView, accounts: int, unmatched: int) -> Company:
    return Company(accounts=accounts, unmatched=unmatched, **_totals(view), **_trend(view))


def _totals(view: AccountView) -> dict[str, Any]:
    return {
        "as_of": view.as_of,
        "window_days": view.window_days,
        "all": Numbers.model_validate(view.all),
        "latest": Numbers.model_validate(view.latest),
        "last_answered_at": view.last_answered_at,
    }


def _trend(view: AccountView) -> dict[str, Any]:
    return {"trend": tuple(map(Month.model_validate, view.trend))}
