"""The brake: more removals at once than a customer makes wait for an operator. Pure.

Lists that lack many answers show a wrong account, a changed permission or a defect of the source
more often than deletions.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from nps_core.sync.proof.suspects import Suspect

LEAST = 20
"""Removals in a day that never need an operator, however few answers are stored."""
_PART = 100
"""One of so many stored answers may be removed in a day."""
_DAY = timedelta(days=1)
REMOVED = ("deleted", "erased")


def most_in_a_day(stored: int) -> int:
    """Return how many removals in a day need no operator."""
    return max(LEAST, stored // _PART)


def weigh(suspicions: Iterable[Suspect], now: datetime) -> int:
    """Return how many answers are suspected or were removed in the last day, without an operator.

    Counting both means that a removal leaves the sum as it is, so batches cannot slip past.
    """
    return sum(
        one.accepted_at is None and (one.is_open or _was_removed_since(one, now - _DAY))
        for one in suspicions
    )


def _was_removed_since(one: Suspect, since: datetime) -> bool:
    return one.settled_at is not None and one.settled_at > since and one.outcome in REMOVED
