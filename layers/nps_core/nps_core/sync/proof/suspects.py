"""Suspects: stored answers that the source no longer lists. Pure.

The source never reports a deletion. An answer counts as deleted when two complete listings of its
second, at least a day apart, lack it and the source no longer has its id.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from nps_core.formats import IN_KEY, LEFT_OUT, Stored
from nps_core.keys import AnswerKey

SECOND_LOOK = timedelta(hours=24)
KEPT = timedelta(days=30)
"""For so long a tombstone keeps its content, so that a removal can be undone."""
SETTLED = timedelta(hours=1)
"""Younger answers may not be listed yet although a webhook brought them: creation is queued."""


@dataclass(frozen=True, slots=True)
class Suspect(Stored):
    """A stored answer that a complete listing lacked, and since when."""

    key: AnswerKey = field(metadata=IN_KEY)
    second: int
    end_user_id: str | None
    missed_at: datetime
    accepted_at: datetime | None = field(default=None, metadata=LEFT_OUT)
    """When an operator confirmed the removal; the brakes then let it pass."""
    outcome: str | None = field(default=None, metadata=LEFT_OUT)
    """How the suspicion ended: `deleted`, `erased`, `listed again`, `not stored`,
    `undone`."""
    settled_at: datetime | None = field(default=None, metadata=LEFT_OUT)
    forgotten_at: datetime | None = field(default=None, metadata=LEFT_OUT)
    """When the content of a deleted answer was dropped; it can be restored until then."""

    @property
    def is_open(self) -> bool:
        return self.settled_at is None

    @property
    def is_undoable(self) -> bool:
        """Whether the answer was deleted and has its content still."""
        return self.outcome == "deleted" and self.forgotten_at is None

    def is_to_forget(self, now: datetime) -> bool:
        """Whether a deleted answer has kept its content for long enough."""
        return self.is_undoable and self.settled_at is not None and now - self.settled_at >= KEPT

    def is_due(self, now: datetime) -> bool:
        """Whether a second listing may now prove the deletion."""
        return now - self.missed_at >= SECOND_LOOK
