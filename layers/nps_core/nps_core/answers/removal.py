"""Stored answers that the source has removed. Pure.

A removal is concluded at a certain moment. A row that was read later shows that the answer exists,
whichever of the two is stored first. `merge` follows the same rule.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Literal

from nps_core.answers.models import Answer
from nps_core.answers.registers import without_personal
from nps_core.times import epoch_ms

Removal = Literal["deleted", "erased"]


def deleted(answer: Answer, now: datetime) -> Answer:
    """Return the tombstone of an answer that was found gone at `now`; it no longer counts.

    The same object if it is a tombstone already or was read later than `now`.
    """
    if answer.deleted or _was_read_after(answer, now):
        return answer
    return replace(answer, deleted=True, deleted_at=now, rev=_next_rev(answer, now))


def erased(answer: Answer, now: datetime) -> Answer:
    """Return the answer without its person, who was found gone at `now`; its vote stays.

    Identity, comment and notes are dropped. Score, times, account and the company's tags stay. The
    end user id stays too: it no longer identifies anyone; it only groups the contact's answers, so
    that no number changes. For an answer without one, the hash of its contact's key does the same.

    The same object if it is erased already or was read later than `now`.
    """
    if answer.erased or _was_read_after(answer, now):
        return answer
    return replace(
        answer,
        text=None,
        email=None,
        external_id=None,
        survey_id=None,
        origin_url=None,
        properties={},
        notes=(),
        extra={},
        typed={},
        unknown={},
        stamps=without_personal(answer.stamps),
        erased=True,
        erased_at=now,
        contact=_contact_to_keep(answer),
        rev=_next_rev(answer, now),
    )


def restored(answer: Answer, now: datetime) -> Answer:
    """Return a deleted answer as it was before, because an operator says so at `now`.

    A removal that was concluded earlier than that no longer holds. The same object if it is not
    deleted, or its content has been dropped.
    """
    if not answer.deleted or answer.erased:
        return answer
    return replace(answer, deleted=False, deleted_at=None, rest_at=now, rev=_next_rev(answer, now))


def put_back(answer: Answer, now: datetime) -> Answer:
    """Return a lost answer as an operator puts it back from a backup at `now`.

    Its `rev` is new, because the ledgers may have counted a later version, which is lost.
    """
    rev = _next_rev(answer, now)
    return replace(answer, rev=rev, restored_rev=rev)


REMOVALS: Mapping[Removal, Callable[[Answer, datetime], Answer]] = {
    "deleted": deleted,
    "erased": erased,
}


def _contact_to_keep(answer: Answer) -> str | None:
    """Return the contact that cannot be told without the address or external id."""
    left = replace(answer, email=None, external_id=None)
    if left.contact_key == answer.contact_key:
        return answer.contact
    return answer.contact_key.removeprefix(f"{answer.key.account_token}:")


def _was_read_after(answer: Answer, now: datetime) -> bool:
    return answer.rest_at is not None and answer.rest_at > now


def _next_rev(answer: Answer, now: datetime) -> int:
    return max(epoch_ms(now), answer.rev + 1)
