"""Answers that the source no longer lists: suspected, waiting for an operator, or removed."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from nps_core.sync.proof.brake import REMOVED
from nps_core.sync.proof.suspects import KEPT, Suspect
from nps_core.views.view import Moment, SourceId, View, moment_of


class RemovalRow(View):
    account_token: str
    key: str
    """Kind and id, as `undo` takes it."""
    kind: str
    id: SourceId
    state: str
    """`suspected`, `waiting` (the brake is on), `accepted`, `deleted` or `erased`."""
    answered_at: Moment
    missed_at: Moment
    accepted_at: Moment | None
    removed_at: Moment | None
    undo_until: Moment | None


class RemovalUndone(View):
    """A removal that was undone; `why` tells why it was not, and is null otherwise."""

    account_token: str
    key: str
    undone: bool
    why: str | None


class RemovalAcceptance(View):
    """The number of suspects of a connection that an operator has accepted."""

    account_token: str
    accepted: int


def removal_rows(
    suspicions: Iterable[Suspect], now: datetime, *, is_braked: bool
) -> Iterator[RemovalRow]:
    """Yield the open suspicions and the removals of the last 30 days."""
    for one in suspicions:
        is_recent = one.settled_at is not None and now - one.settled_at < KEPT
        if one.is_open or (is_recent and one.outcome in REMOVED):
            yield RemovalRow(
                account_token=one.key.account_token,
                key=key_of(one),
                kind=one.key.kind,
                id=one.key.id,
                state=_state(one, is_braked=is_braked),
                answered_at=moment_of(one.second),
                missed_at=one.missed_at,
                accepted_at=one.accepted_at,
                removed_at=one.settled_at,
                undo_until=one.settled_at + KEPT if one.settled_at and one.is_undoable else None,
            )


def key_of(one: Suspect) -> str:
    return f"{one.key.kind}#{one.key.id}"


def _state(one: Suspect, *, is_braked: bool) -> str:
    if one.outcome is not None:
        return one.outcome
    if one.accepted_at is not None:
        return "accepted"
    return "waiting" if is_braked else "suspected"
