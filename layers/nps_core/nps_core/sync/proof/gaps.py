"""Gaps of a connection: ranges where the stored answers are not proven to equal the source's. Pure.

A gap has a range and a reason. It is retried, and closed when the range has been proven. The record
stays, so the log shows what was missing and for how long.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from nps_core.formats import Stored
from nps_core.sync.lists import Stream
from nps_core.sync.proof.counting import NOTHING, ClassCounts

GapKind = Literal["second", "window", "counts", "witness", "brake"]
"""`second`: more rows in one second than the API lists. `window`: the source could not be read
in time. `counts`: the source counts a different number of answers, also after a re-read of the
month. `witness`: an answer is gone, but so are all others that were looked up. `brake`: more
removals than a day has, so an operator must confirm them."""

UNREAD_FOR = timedelta(minutes=15)
"""Live answers that were unread for so long are a gap: three ticks, like the lag alarm."""
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(days=1), timedelta(days=16)


@dataclass(frozen=True, slots=True)
class Gap(Stored):
    """A range that is not proven: from_s <= second < to_s."""

    stream: Stream
    kind: GapKind
    from_s: int
    to_s: int
    reason: str
    found_at: datetime
    run_id: str
    rows: int = 0
    """Distinct rows of a full second that were read and stored."""
    difference: ClassCounts = NOTHING
    """Answers of the source minus the stored ones, for a gap in the counts."""
    tries: int = 0
    tried_at: datetime | None = None
    next_user: str | None = None
    """The end user at which reading a full second person by person resumes."""
    closed_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    def is_due(self, now: datetime) -> bool:
        """Whether to read a second again now: at once when it is new, then at growing intervals.

        Gaps of the other kinds are closed by the step that found them.
        """
        if not self.is_open or self.kind != "second":
            return False
        if self.tried_at is None or self.next_user is not None:
            return True
        pause = min(_FIRST_PAUSE * int(2 ** max(self.tries - 1, 0)), _LONGEST_PAUSE)
        return now - self.tried_at >= pause

    def tried(self, at: datetime, reason: str | None = None) -> "Gap":
        """Return the gap after a complete retry that did not close it."""
        return replace(
            self, tries=self.tries + 1, tried_at=at, next_user=None, reason=reason or self.reason
        )
