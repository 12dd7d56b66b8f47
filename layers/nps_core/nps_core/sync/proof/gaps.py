"""Gaps of a connection: where the stored answers are not proven to equal the source's. Pure.

A gap has a range and a reason, is tried again, and is closed when the range has been proven; the
record stays, so that the log tells what was missing and for how long.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from nps_core.sync.lists import Stream
from nps_core.sync.proof.counting import NOTHING, ClassCounts
from nps_core.times import from_iso, iso

GapKind = Literal["second", "window", "counts"]
"""`second`: more rows in one second than the API lists. `window`: the source could not be read in
time. `counts`: the source counts another number of answers, also after the range was read again."""

UNREAD_FOR = timedelta(minutes=15)
"""Live answers that nobody could read for so long are a gap: three ticks, as the lag's alarm."""
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(days=1), timedelta(days=16)


@dataclass(frozen=True, slots=True)
class Gap:
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

    def to_item(self) -> dict[str, Any]:
        """Return plain values for storage; `from_item` is the inverse."""
        return {
            "stream": self.stream,
            "kind": self.kind,
            "from_s": self.from_s,
            "to_s": self.to_s,
            "reason": self.reason,
            "found_at": iso(self.found_at),
            "run_id": self.run_id,
            "rows": self.rows,
            "difference": list(self.difference),
            "tries": self.tries,
            "tried_at": iso(self.tried_at) if self.tried_at else None,
            "next_user": self.next_user,
            "closed_at": iso(self.closed_at) if self.closed_at else None,
        }

    @classmethod
    def from_item(cls, item: dict[str, Any]) -> "Gap":
        """Inverse of `to_item`."""
        return cls(
            stream=item["stream"],
            kind=item["kind"],
            from_s=item["from_s"],
            to_s=item["to_s"],
            reason=item["reason"],
            found_at=from_iso(item["found_at"]),
            run_id=item["run_id"],
            rows=item["rows"],
            difference=ClassCounts(*item["difference"]),
            tries=item["tries"],
            tried_at=_time(item.get("tried_at")),
            next_user=item.get("next_user"),
            closed_at=_time(item.get("closed_at")),
        )


def _time(text: str | None) -> datetime | None:
    return from_iso(text) if text else None
