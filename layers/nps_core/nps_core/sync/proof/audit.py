"""What the sync knows about its own completeness between runs. Plain values, saved as JSON."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from nps_core.formats import Stored
from nps_core.sync.proof.counting import ClassCounts, Days
from nps_core.sync.reading.cursor import Position

EVERY = timedelta(hours=1)
"""One request an hour, as long as nothing differs."""
BY_DAY_EVERY = timedelta(hours=23)
"""With the second look after 24 hours, a deletion is proven within two days."""
PROBE_EVERY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Proof(Stored):
    """The last comparison of the source's counts with those stored, over whole days."""

    at: datetime
    days: Days
    source: ClassCounts
    stored: ClassCounts
    reread: int = 0
    """Days that were read again because of it."""

    @property
    def holds(self) -> bool:
        """Whether both count the same."""
        return self.source == self.stored


@dataclass(frozen=True, slots=True)
class AuditState(Stored):
    """Where the audit of a connection stands.

    `todo` are the ranges to be read again, `position` where the first of them stands, `reread`
    those that have been.
    """

    proof: Proof | None = None
    begun_at: datetime | None = None
    todo: tuple[Days, ...] = ()
    position: Position | None = None
    reread: tuple[Days, ...] = ()
    by_day_at: datetime | None = None
    """When the last comparison day by day began."""
    next_day: date | None = None
    """The day with which the comparison day by day goes on; None while there is none."""
    is_small: bool = False
    """Whether reading everything takes no more requests than counting day by day."""
    asked_at: str = ""
    """The operator's request that was accepted last."""
    lists_changes: bool = False
    """Whether the source proved to filter answers by the time of their change."""
    probed_at: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        """Whether to compare again."""
        return self.begun_at is None or now - self.begun_at >= EVERY

    def is_by_day_due(self, now: datetime, read_at: datetime) -> bool:
        """Whether to compare day by day; at first a day after everything was read at `read_at`."""
        last = self.by_day_at or read_at
        return self.next_day is not None or now - last >= BY_DAY_EVERY

    def needs_probe(self, now: datetime) -> bool:
        """Whether to find out again what the source can filter."""
        return self.probed_at is None or now - self.probed_at >= PROBE_EVERY

    def after_range(self) -> "AuditState":
        """Return the state once the first range of `todo` has been read again."""
        days, *left = self.todo
        return replace(self, todo=tuple(left), position=None, reread=(*self.reread, days))
