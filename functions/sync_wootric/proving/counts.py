"""The two sides of a proof by counting: the source's counts and those of the stored answers."""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from nps_core.answers.models import Listed
from nps_core.keys import AnswerKey
from nps_core.scoring import NPS
from nps_core.sync.proof.audit import Proof
from nps_core.sync.proof.counting import ClassCounts, Days, count, days_begun, whole_days
from nps_core.sync.proof.coverage import read_to
from sync_wootric.proving.gaps import Gaps
from sync_wootric.proving.removals import Removals
from sync_wootric.reading.lists import StreamReader
from sync_wootric.run import Run


@dataclass(frozen=True, slots=True)
class CountCheck:
    """Compares days in the account's time zone. `reader` reads the responses."""

    run: Run
    reader: StreamReader
    gaps: Gaps
    removals: Removals

    def days(self) -> Days | None:
        """Return the whole days to compare; None if there are none or the source cannot count."""
        if not self._counts:
            return None
        checkpoint, settings = self.reader.checkpoint, self.run.settings
        read_up_to = read_to(checkpoint, settings.overlap)
        return whole_days(checkpoint.backfill.from_s, read_up_to, settings.zone)

    def today(self) -> Days | None:
        """Return the day that is under way, if all of it is to be read."""
        if not self._counts:
            return None
        from_s, zone = self.reader.checkpoint.backfill.from_s, self.run.settings.zone
        days = days_begun(from_s, int(self.run.clock.at().timestamp()) + 1, zone)
        return Days(days.last, days.last) if days else None

    def days_of(self, from_s: int, to_s: int) -> Days | None:
        """Return the days of a range that has just been re-read; the last may be under way."""
        return days_begun(from_s, to_s, self.run.settings.zone) if self._counts else None

    def compare(self, days: Days) -> Proof:
        """Compare the counts of some days. One request."""
        return self._compare(days, self.removals.left_out)

    def compare_listed(self, days: Days) -> Proof:
        """Compare days that have just been listed: what was not listed has a gap of its own."""
        return self._compare(days, self.removals.suspects)

    def difference(self, second: int) -> ClassCounts:
        """Return the source's counts of the day of a second minus the stored ones. One request."""
        day = self._day(second)
        proof = self._compare(Days(day, day), self.removals.left_out, with_gaps=False)
        return proof.source.minus(proof.stored)

    @property
    def _counts(self) -> bool:
        return self.run.settings.metric == NPS and self.reader.backfilled

    def _compare(
        self, days: Days, left_out: Container[AnswerKey], *, with_gaps: bool = True
    ) -> Proof:
        """Compare, without the answers `left_out`; `with_gaps`: those that full seconds lack."""
        source, stored = self.run.source.count(days), self._stored(days, left_out)
        for gap in self.gaps.open_gaps("responses", "second") if with_gaps else ():
            if days.first <= self._day(gap.from_s) <= days.last:
                stored = stored.plus(gap.difference)
        return Proof(self.run.clock.at(), days, source, stored)

    def _stored(self, days: Days, left_out: Container[AnswerKey]) -> ClassCounts:
        pages, (from_s, to_s) = self.reader.pages, days.seconds(self.run.settings.zone)
        start, end = datetime.fromtimestamp(from_s, UTC), datetime.fromtimestamp(to_s, UTC)
        listed = pages.ingest.store.between(pages.account_token, "response", start, end)
        return count(self._alive(answer for answer in listed if answer.key not in left_out))

    def _alive(self, listed: Iterable[Listed]) -> Iterator[Listed]:
        """Pass the answers on, and keep the lease: a million of them take minutes."""
        for answer in listed:
            self.run.beat()
            yield answer

    def _day(self, second: int) -> date:
        return datetime.fromtimestamp(second, UTC).astimezone(self.run.settings.zone).date()
