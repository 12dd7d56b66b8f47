"""The two sides of a proof by counting: what the source counts, and what is stored."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from nps_core.scoring import NPS
from nps_core.sync.proof.counting import ClassCounts, DayCounts, Days, count_days, whole_days
from nps_core.sync.proof.coverage import read_to
from nps_core.sync.reading.sweeps import RECENT
from sync_wootric.proving.gaps import GapBook
from sync_wootric.proving.removals import Removals
from sync_wootric.reading.lists import StreamReader
from sync_wootric.run import Run


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts of whole days of the account's time zone. `reader` reads the responses."""

    run: Run
    reader: StreamReader
    gaps: GapBook
    removals: Removals
    metric: str
    zone: ZoneInfo

    def days(self) -> Days | None:
        """Return the whole days that can be compared; None when there is none, or no count."""
        checkpoint = self.reader.checkpoint
        if self.metric != NPS or not self.reader.backfilled:
            return None
        read_up_to = read_to(checkpoint, self.reader.overlap)
        return whole_days(checkpoint.backfill.from_s, read_up_to, self.zone)

    def older_days(self, now: datetime) -> Days | None:
        """Return the days that the nightly sweep does not read."""
        days = self.days()
        if days is None or self.reader.lists_changes:
            return days
        boundary = (now - RECENT).astimezone(self.zone).date()
        return Days(days.first, boundary) if days.first <= boundary else None

    def compared(self, days: Days) -> tuple[ClassCounts, ClassCounts]:
        """Return the source's counts of the days and those stored. One request."""
        return self.run.source.count(days), self.stored(days).of(days)

    def agree(self, days: Days) -> bool:
        """Whether the source counts what is stored, whatever gaps have on record. One request."""
        return self.run.source.count(days) == self._really_stored(days).of(days)

    def stored(self, days: Days) -> DayCounts:
        """Count what is stored, and what open gaps are known to lack.

        A difference that is known and on record must not be searched for every hour.
        """
        counted = self._really_stored(days)
        known = dict(counted.counts)
        for gap in self.gaps.open_ones("responses"):
            day = datetime.fromtimestamp(gap.from_s, UTC).astimezone(self.zone).date()
            known[day] = known.get(day, ClassCounts()).plus(gap.difference)
        return replace(counted, counts=known)

    def _really_stored(self, days: Days) -> DayCounts:
        """Count what is stored, as the source would: without what is believed to be deleted."""
        from_s, to_s = days.seconds(self.zone)
        start, end = datetime.fromtimestamp(from_s, UTC), datetime.fromtimestamp(to_s, UTC)
        rows = self.reader.rows
        listed = rows.ingest.store.between(rows.account_token, "response", start, end)
        believed = (one for one in listed if one.key not in self.removals.suspects)
        return count_days(believed, days, self.zone)


class Asked:
    """Asks the source and remembers the first reply, which is that of the whole range."""

    def __init__(self, run: Run) -> None:
        """Nothing has been asked yet."""
        self._run = run
        self._replies: list[ClassCounts] = []

    def __call__(self, days: Days) -> ClassCounts:
        """Return the source's counts. Raises OutOfTime, and what the source raises."""
        self._run.require_time()
        self._replies.append(self._run.source.count(days))
        return self._replies[-1]

    def first(self) -> ClassCounts:
        """Return the first reply."""
        return self._replies[0]
