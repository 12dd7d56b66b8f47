"""Answers, accounts and contacts as the documented rows. Pure; names and order are an interface."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from nps_core.answers.models import UNMATCHED, Answer
from nps_core.customers.people import Profile
from nps_core.numbers.account_numbers import AccountView, ContactView, MonthPoint
from nps_core.scoring import Counts
from nps_core.times import iso

Row = dict[str, Any]


def when(moment: datetime | None) -> str | None:
    """UTC ISO 8601, None for none."""
    return None if moment is None else iso(moment)


def source_id(value: str | None) -> int | str | None:
    """Return an id as the source shows it: a number where it is one."""
    if value is not None and value.isascii() and value.isdecimal() and str(int(value)) == value:
        return int(value)
    return value


def numbers(counts: Counts) -> Row:
    """NPS and what it is made of; `nps` unrounded, None without answers."""
    return {
        "n": counts.n,
        "promoters": counts.promoters,
        "passives": counts.passives,
        "detractors": counts.detractors,
        "nps": counts.nps,
        "nps_rounded": counts.nps_rounded,
        "mean": counts.mean,
    }


def account_row(view: AccountView, known: Mapping[str, Any], fallback_owner: str) -> Row:
    """Return an account; `known` is its directory entry, empty when there is none."""
    return {
        "account_id": view.account_id,
        "name": view.name or known.get("name"),
        "owner": view.owner or known.get("owner") or fallback_owner,
        **_totals(view),
        "class": view.account_class,
        "class_reason": view.class_reason,
        "last_answered_at": when(view.last_answered_at),
    }


def company_row(view: AccountView, accounts: int, unmatched: int) -> Row:
    """Return the company; `unmatched` answers in the window count without an account."""
    return {
        **_totals(view),
        "last_answered_at": when(view.last_answered_at),
        "accounts": accounts,
        "unmatched": unmatched,
        "trend": trend_rows(view.trend),
    }


def trend_rows(points: tuple[MonthPoint, ...]) -> list[Row]:
    """Return the months, oldest first; `nps` None is a month without answers."""
    return [{"month": p.month, "n": p.counts.n, "nps": p.counts.nps} for p in points]


def contact_row(view: ContactView, profile: Profile | None) -> Row:
    """Return a contact of an account; `profile` is who they are now, None when not known."""
    return {
        "email": view.email,
        "end_user_id": source_id(view.end_user_id),
        "account_id": view.account_id,
        "latest_score": view.latest_score,
        "latest_class": view.latest_class,
        "latest_at": when(view.latest_at),
        "previous_score": view.previous_score,
        "previous_at": when(view.previous_at),
        "direction": view.direction,
        "delta": view.delta,
        "name": profile.name if profile else None,
        "external_id": profile.external_id if profile else None,
        "properties": dict(profile.properties) if profile else {},
    }


def response_row(answer: Answer) -> Row:
    """Return a stored answer."""
    return {
        "id": source_id(answer.key.id),
        "account_token": answer.key.account_token,
        "score": answer.score,
        "text": answer.text,
        **_who(answer),
        "metric": answer.metric,
        "excluded": answer.excluded,
        "deleted": answer.deleted,
        "tags": list(answer.tags),
        **_history(answer),
    }


def decline_row(answer: Answer) -> Row:
    """Return a survey that was shown and declined."""
    return {
        "id": source_id(answer.key.id),
        "account_token": answer.key.account_token,
        **_who(answer),
        "deleted": answer.deleted,
        **_history(answer),
    }


def contact_account(ledger_account: str) -> str | None:
    """Return the account id behind a ledger name; None for the unmatched."""
    return None if ledger_account == UNMATCHED else ledger_account


def _totals(view: AccountView) -> Row:
    return {
        "as_of": when(view.as_of),
        "window_days": view.window_days,
        "all": numbers(view.all),
        "latest": numbers(view.latest),
    }


def _who(answer: Answer) -> Row:
    return {
        "email": answer.email,
        "external_id": answer.external_id,
        "end_user_id": source_id(answer.end_user_id),
        "account_id": answer.account_id,
    }


def _history(answer: Answer) -> Row:
    return {
        "answered_at": when(answer.answered_at),
        "updated_at": when(answer.updated_at),
        "rev": answer.rev,
        "source": answer.source,
    }
