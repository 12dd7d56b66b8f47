"""State of the audit between runs. Plain values, saved as JSON."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from nps_core.formats import LEFT_OUT, Stored
from nps_core.sync.proof.counting import ClassCounts, Days

EVERY = timedelta(minutes=55)
"""The audit counts every hour; this leaves time for the wait for a tick."""
PROBE_EVERY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Proof(Stored):
    """A comparison of the source's counts with the stored ones, over days."""

    at: datetime
    days: Days
    source: ClassCounts
    stored: ClassCounts

    @property
    def holds(self) -> bool:
        """Whether both counts are equal."""
        return self.source == self.stored

    @property
    def lacks(self) -> bool:
        """Whether the source counts more of a class: an answer, or a change of one, is missing."""
        return any(source > stored for source, stored in zip(self.source, self.stored, strict=True))


@dataclass(frozen=True, slots=True)
class AuditState(Stored):
    """State of a connection's audit."""

    proof: Proof | None = None
    """The last comparison of all whole days."""
    today: Proof | None = field(default=None, metadata=LEFT_OUT)
    """The last comparison of the day that was under way."""
    begun_at: datetime | None = None
    asked_at: str = ""
    """The operator's request that was accepted last."""
    lists_changes: bool = False
    """Whether the source was found to filter answers by the time of their change."""
    probed_at: datetime | None = None

    @property
    def holds(self) -> bool:
        """Whether no count differs."""
        return not any(proof is not None and not proof.holds for proof in (self.proof, self.today))

    def is_due(self, now: datetime) -> bool:
        """Whether to count at `now`. A time ahead of it is of a wrong clock: it never was."""
        return self.begun_at is None or self.begun_at > now or now - self.begun_at >= EVERY

    def needs_probe(self, now: datetime) -> bool:
        """Whether to check again which filters the source has."""
        return self.probed_at is None or self.probed_at > now or now - self.probed_at >= PROBE_EVERY

    def lacking(self, zone: ZoneInfo) -> Iterator[tuple[int, int]]:
        """Yield the ranges of Unix seconds in which something is missing, until it is found."""
        for proof in (self.proof, self.today):
            if proof is not None and proof.lacks:
                yield proof.days.seconds(zone)
