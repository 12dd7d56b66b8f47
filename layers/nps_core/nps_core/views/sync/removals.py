"""Answers that the source no longer lists: suspected, waiting for an operator, or removed."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from nps_core.sync.proof.brake import REMOVED
from nps_core.sync.proof.suspects import Suspect
from nps_core.views.view import Moment, SourceId, View, moment_of

SHOWN_FOR = timedelta(days=30)
"""How long a removal is listed."""


class RemovalRow(View):
    account_token: str
    kind: str
    id: SourceId
    state: str
    """`suspected`, `waiting` (the brake is on), `accepted`, `deleted` or `erased`."""
    answered_at: Moment
    missed_at: Moment
    accepted_at: Moment | None
    removed_at: Moment | None


class RemovalAcceptance(View):
    """The number of suspects of a connection that an operator has accepted."""

    account_token: str
    accepted: int


def removal_rows(
    suspicions: Iterable[Suspect], now: datetime, *, is_braked: bool
) -> Iterator[RemovalRow]:
    """Yield the open suspicions and the removals of the last 30 days."""
    for one in suspicions:
        is_removed = one.settled_at is not None and one.outcome in REMOVED
        if one.is_open or (is_removed and _age(one, now) < SHOWN_FOR):
            yield RemovalRow(
                account_token=one.key.account_token,
                kind=one.key.kind,
                id=one.key.id,
                state=_state(one, is_braked=is_braked),
                answered_at=moment_of(one.second),
                missed_at=one.missed_at,
                accepted_at=one.accepted_at,
                removed_at=one.settled_at,
            )


def _age(one: Suspect, now: datetime) -> timedelta:
    return now - (one.settled_at or now)


def _state(one: Suspect, *, is_braked: bool) -> str:
    if one.outcome is not None:
        return one.outcome
    if one.accepted_at is not None:
        return "accepted"
    return "waiting" if is_braked else "suspected"
