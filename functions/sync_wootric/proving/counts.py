"""The two sides of a proof by counting: the source's counts and those of the stored answers."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from nps_core.scoring import NPS
from nps_core.sync.proof.counting import ClassCounts, DayCounts, Days, count_days, whole_days
from nps_core.sync.proof.coverage import read_to
from nps_core.sync.reading.sweeps import RECENT
from sync_wootric.proving.gaps import Gaps
from sync_wootric.proving.removals import Removals
from sync_wootric.reading.lists import StreamReader
from sync_wootric.run import Run


@dataclass(frozen=True, slots=True)
class CountCheck:
    """Compares whole days in the account's time zone. `reader` reads the responses."""

    run: Run
    reader: StreamReader
    gaps: Gaps
    removals: Removals

    def days(self) -> Days | None:
        """Return the whole days to compare; None if there are none or the source cannot count."""
        checkpoint, settings = self.reader.checkpoint, self.run.settings
        if settings.metric != NPS or not self.reader.backfilled:
            return None
        read_up_to = read_to(checkpoint, settings.overlap)
        return whole_days(checkpoint.backfill.from_s, read_up_to, settings.zone)

    def older_days(self, now: datetime) -> Days | None:
        days = self.days()
        if days is None or self.reader.lists_changes:
            return days
        boundary = (now - RECENT).astimezone(self.run.settings.zone).date()
        return Days(days.first, boundary) if days.first <= boundary else None

    def both_sides(self, days: Days) -> tuple[ClassCounts, ClassCounts]:
        """Return the source's counts of the days and the stored ones. One request."""
        return self.run.source.count(days), self.stored(days).of(days)

    def agree(self, days: Days) -> bool:
        """Whether the source's count equals the stored one, ignoring recorded gaps. One request."""
        return self.run.source.count(days) == self._really_stored(days).of(days)

    def stored(self, days: Days) -> DayCounts:
        """Count the stored answers plus those that open gaps are known to lack.

        A known difference must not trigger a new search every hour.
        """
        counted, zone = self._really_stored(days), self.run.settings.zone
        counts = dict(counted.counts)
        for gap in self.gaps.open_gaps("responses"):
            day = datetime.fromtimestamp(gap.from_s, UTC).astimezone(zone).date()
            counts[day] = counts.get(day, ClassCounts()).plus(gap.difference)
        return replace(counted, counts=counts)

    def _really_stored(self, days: Days) -> DayCounts:
        """Count the stored answers as the source would: without those presumed deleted."""
        pages, zone = self.reader.pages, self.run.settings.zone
        from_s, to_s = days.seconds(zone)
        start, end = datetime.fromtimestamp(from_s, UTC), datetime.fromtimestamp(to_s, UTC)
        listed = pages.ingest.store.between(pages.account_token, "response", start, end)
        believed = (answer for answer in listed if answer.key not in self.removals.left_out)
        return count_days(believed, days, zone)


@dataclass(slots=True)
class SourceCounter:
    """Asks the source, and keeps its first reply: the count of the whole range."""

    run: Run
    _replies: list[ClassCounts] = field(default_factory=list, init=False)

    def __call__(self, days: Days) -> ClassCounts:
        """Return the source's counts. Raises OutOfTime, and all errors of the source."""
        self.run.time.require()
        self._replies.append(self.run.source.count(days))
        return self._replies[-1]

    @property
    def whole_range(self) -> ClassCounts:
        return self._replies[0]
