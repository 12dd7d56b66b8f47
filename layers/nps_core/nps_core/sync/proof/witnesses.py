"""Witnesses: stored answers that the account behind the credentials must have.

Credentials of another account are valid: its lists would be stored as this account's, and whatever
they lack would be taken for deleted. An account that has none of the witnesses is another one,
unless there are too few to tell.
"""

from collections.abc import Container, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from nps_core.answers.models import Listed
from nps_core.answers.ports import AnswerStore
from nps_core.keys import AnswerKey
from nps_core.sync.proof.suspects import SETTLED
from nps_core.sync.reading.cursor import RowRef

FEWEST = 3
"""Fewer witnesses decide nothing: a customer may delete the first answers, which were tests."""
_EACH_END = 5
"""Taken from either end of the history: the customer may delete the answers of some days."""
_DAY = timedelta(days=1)


class Witness(NamedTuple):
    """The path of an answer at the source, and the second in which it was given there."""

    path: str
    second: int

    def is_shown_by(self, found: RowRef) -> bool:
        """Whether the record at the path is this answer, by its time.

        A time that is unreadable or lacks an offset proves nothing; pages with such times are
        refused for that reason.
        """
        return found.is_naive or found.second in (None, self.second)


def witnesses(
    store: AnswerStore,
    account_token: str,
    start: datetime,
    now: datetime,
    apart_from: Container[AnswerKey] = frozenset(),
) -> Iterator[Witness]:
    """Yield up to ten, of as many days as there are: the newest first, then from `start` on.

    `apart_from`: answers that are themselves in doubt.
    Answers of the last hour are left out: a webhook may bring them before the source lists them.
    """
    first = start.replace(hour=0, minute=0, second=0, microsecond=0)
    days = [first + n * _DAY for n in range((now - first).days + 1)]
    seen: set[Witness] = set()

    def may_be_asked_for(answer: Listed) -> bool:
        is_removed = answer.deleted or answer.erased or answer.key in apart_from
        return answer.end_user_id is not None and not is_removed

    def found(ordered: list[datetime]) -> Iterator[Witness]:
        others: list[Witness] = []
        for day in ordered:
            listed = store.between(account_token, "response", day, min(day + _DAY, now - SETTLED))
            of_day = map(_witness, islice(filter(may_be_asked_for, listed), _EACH_END))
            yield from islice(of_day, 1)
            others += of_day
        yield from others

    for ordered in (days[::-1], days):
        for witness in islice(found(ordered), _EACH_END):
            if witness not in seen:
                seen.add(witness)
                yield witness


def _witness(answer: Listed) -> Witness:
    path = f"end_users/{answer.end_user_id}/responses/{answer.key.id}"
    return Witness(path, int(answer.answered_at.timestamp()))
