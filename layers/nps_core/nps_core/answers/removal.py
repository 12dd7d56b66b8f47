"""What becomes of a stored answer that the source no longer has. Pure.

A conclusion is as good as the moment it is about: a row that was read after it shows that the
answer is there, whichever of the two is stored first. `merge` holds to the same rule.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Literal

from nps_core.answers.models import Answer
from nps_core.times import epoch_ms

Removal = Literal["deleted", "erased"]


def deleted(answer: Answer, now: datetime) -> Answer:
    """Return the tombstone of an answer that was found gone at `now`: it does not count any more.

    The same object when it is one already, or was read later than `now`.
    """
    if answer.deleted or _was_read_after(answer, now):
        return answer
    return replace(answer, deleted=True, rest_at=now, rev=_next_rev(answer, now))


def erased(answer: Answer, now: datetime) -> Answer:
    """Return the answer without its person, who was found gone at `now`; its vote stays.

    Who they are and what they or others wrote about them is dropped. Score, times, account and the
    company's tags stay. The end user id stays as well: it leads to nobody any more, and holds the
    answers of one contact together, so that no number changes. (An answer without one was told
    apart by its address alone, and becomes a contact of its own.)
    The same object when it is erased already, or was read later than `now`.
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
        unknown={},
        erased=True,
        rest_at=now,
        rev=_next_rev(answer, now),
    )


REMOVALS: Mapping[Removal, Callable[[Answer, datetime], Answer]] = {
    "deleted": deleted,
    "erased": erased,
}


def _was_read_after(answer: Answer, now: datetime) -> bool:
    return answer.rest_at is not None and answer.rest_at > now


def _next_rev(answer: Answer, now: datetime) -> int:
    return max(epoch_ms(now), answer.rev + 1)
