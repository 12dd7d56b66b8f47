"""Gaps of a connection: where the stored answers are not proven to equal the source's. Pure.

A gap has a range and a reason, is tried again, and is closed when the range has been proven; the
record stays, so that the log tells what was missing and for how long.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from nps_core.formats import Stored
from nps_core.sync.lists import Stream
from nps_core.sync.proof.counting import NOTHING, ClassCounts

GapKind = Literal["second", "window", "counts"]
"""`second`: more rows in one second than the API lists. `window`: the source could not be read in
time. `counts`: the source counts another number of answers, also after the range was read again."""

UNREAD_FOR = timedelta(minutes=15)
"""Live answers that nobody could read for so long are a gap: three ticks, as the lag's alarm."""
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
    """Answers of the source minus those stored, for a gap in the counts."""
    tries: int = 0
    tried_at: datetime | None = None
    next_user: str | None = None
    """The end user to go on with, while a full second is read person by person."""
    closed_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether the range is still not proven."""
        return self.closed_at is None

    def is_due(self, now: datetime) -> bool:
        """Whether to try it again now: at once when it is new, then ever more rarely."""
        if not self.is_open or self.kind == "window":
            return False
        if self.tried_at is None or self.next_user is not None:
            return True
        pause = min(_FIRST_PAUSE * int(2 ** max(self.tries - 1, 0)), _LONGEST_PAUSE)
        return now - self.tried_at >= pause

    def tried(self, at: datetime, reason: str | None = None) -> "Gap":
        """Return the gap after a complete try that did not close it."""
        return replace(
            self, tries=self.tries + 1, tried_at=at, next_user=None, reason=reason or self.reason
        )
