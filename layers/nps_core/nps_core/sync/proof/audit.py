"""State of the audit between runs. Plain values, saved as JSON."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from nps_core.formats import Stored
from nps_core.sync.proof.counting import ClassCounts, Days
from nps_core.sync.reading.cursor import Position

EVERY = timedelta(hours=1)
"""An audit costs one request an hour while nothing differs."""
BY_DAY_EVERY = timedelta(hours=23)
"""With the second look after 24 hours, a deletion is proven within two days."""
PROBE_EVERY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Proof(Stored):
    """The last comparison of the source's counts with the stored ones, over whole days."""

    at: datetime
    days: Days
    source: ClassCounts
    stored: ClassCounts
    reread: int = 0
    """Days that were re-read because of it."""

    @property
    def holds(self) -> bool:
        """Whether both counts are equal."""
        return self.source == self.stored


@dataclass(frozen=True, slots=True)
class AuditState(Stored):
    """State of a connection's audit.

    `todo` are the ranges to re-read, `position` is the cursor in the first of them, `reread` are
    the finished ones.
    """

    proof: Proof | None = None
    begun_at: datetime | None = None
    todo: tuple[Days, ...] = ()
    position: Position | None = None
    reread: tuple[Days, ...] = ()
    by_day_at: datetime | None = None
    """Start of the last comparison day by day."""
    next_day: date | None = None
    """The day at which the comparison day by day resumes; None while none is in progress."""
    is_small: bool = False
    """Whether reading everything takes no more requests than counting day by day."""
    asked_at: str = ""
    """The operator's request that was accepted last."""
    lists_changes: bool = False
    """Whether the source was found to filter answers by the time of their change."""
    probed_at: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        return self.begun_at is None or now - self.begun_at >= EVERY

    def is_by_day_due(self, now: datetime, read_at: datetime) -> bool:
        """Whether to compare day by day; first, a day after everything was read at `read_at`."""
        last = self.by_day_at or read_at
        return self.next_day is not None or now - last >= BY_DAY_EVERY

    def needs_probe(self, now: datetime) -> bool:
        """Whether to check again which filters the source has."""
        return self.probed_at is None or now - self.probed_at >= PROBE_EVERY

    def after_range(self) -> "AuditState":
        """Return the state after the first range of `todo` has been re-read."""
        days, *left = self.todo
        return replace(self, todo=tuple(left), position=None, reread=(*self.reread, days))
