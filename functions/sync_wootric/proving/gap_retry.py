"""Tries again what could not be proven: seconds that were too full, days whose counts differ.

A second of more rows than the list reaches is read person by person: each person's own list is
short. It is closed when the source's count of its day agrees, or where nothing is counted, when
everybody's list has been read.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice

from nps_core.scoring import NPS
from nps_core.sync.lists import Stream
from nps_core.sync.proof.counting import ClassCounts, Days
from nps_core.sync.proof.gaps import Gap
from nps_core.sync.reading.cursor import PageQuery, Position
from nps_core.sync.reading.full_second import LAST_PAGE
from sync_wootric.proving.counts import Counts
from sync_wootric.proving.gaps import GapBook
from sync_wootric.reading.lists import StreamReader
from sync_wootric.reading.people import PeopleReader
from sync_wootric.run import Run

_AT_ONCE = 20
"""People whose lists are read before the place is saved: at most so many are read twice."""


@dataclass(slots=True)
class GapRetry:
    """The retries of a run."""

    run: Run
    gaps: GapBook
    readers: dict[Stream, StreamReader]
    people: PeopleReader
    counts: Counts
    breathe: Callable[[], None]

    def all_due(self) -> None:
        """Try every gap whose time has come."""
        for gap in self.gaps.open_ones():
            if self._is_of_another_zone(gap) and self.counts.agree(self._days_of(gap)):
                self.gaps.close(gap)
            elif not gap.is_due(self.run.clock.at()):
                continue
            elif gap.kind == "second":
                self._second(gap)
            else:
                self._days(gap)

    def _second(self, gap: Gap) -> None:
        """List the second again, unless that has just been done; then person by person."""
        if gap.tries and gap.next_user is None and self._lists_whole(gap):
            self.gaps.close(gap)
            return
        if not self.people.listed:
            return  # nobody is known yet; the list of people comes first
        gap = self._by_person(gap)
        left = self._difference(gap)
        if any(left):
            self.gaps.put(replace(gap.tried(self.run.clock.at()), difference=left))
        else:
            self.gaps.close(gap)

    def _lists_whole(self, gap: Gap) -> bool:
        """Read the range again; whether the source has listed all of it."""
        reader = self.readers[gap.stream]
        position = Position(gap.from_s, end=gap.to_s)
        while not position.done:
            self.breathe()
            step = reader.read(position, compares=True).step
            if step.full is not None:
                return False
            position = step.position
        return True

    def _by_person(self, gap: Gap) -> Gap:
        """Read the second from the lists of everybody known, going on where a run has stopped."""
        everybody = iter(self.people.people.ids(gap.next_user or ""))
        while group := list(islice(everybody, _AT_ONCE)):
            for user_id in group:
                self.breathe()
                self._of_person(gap, user_id)
            gap = replace(gap, next_user=group[-1])
            self.gaps.put(gap)
        return gap

    def _of_person(self, gap: Gap, user_id: str) -> None:
        for page in range(1, LAST_PAGE + 1):
            self.run.require_time()
            asked_at = self.run.clock.at()
            query = PageQuery(gap.from_s, gap.to_s, page)
            rows = self.run.source.page(f"end_users/{user_id}/{gap.stream}", query)
            tally = self.people.rows.take(gap.stream, rows, asked_at)
            self.run.count(len(rows), tally, is_response=gap.stream == "responses")
            if len(rows) < query.per_page:
                return

    def _days(self, gap: Gap) -> None:
        """Read the days again whose counts differ, and count again."""
        if not self._lists_whole(gap):
            return
        left = self._difference(gap)
        if any(left):
            self.gaps.put(replace(gap.tried(self.run.clock.at()), difference=left))
        else:
            self.gaps.close(gap)

    def _difference(self, gap: Gap) -> ClassCounts:
        """Return what the source counts beyond what is stored; a decline is counted by nobody."""
        if gap.stream == "declines" or self.counts.metric != NPS:
            return ClassCounts()
        days = self._days_of(gap)
        if self.counts.agree(days):
            return ClassCounts()  # or gaps of the same day would hold each other open
        source, stored = self.counts.compared(days)
        # What is on record already was added to the stored counts.
        return gap.difference.plus(source.minus(stored))

    def _is_of_another_zone(self, gap: Gap) -> bool:
        """Whether its days begin at another midnight: the time zone has been corrected since."""
        first_s, _ = self._days_of(gap).seconds(self.counts.zone)
        return gap.kind == "counts" and gap.from_s != first_s

    def _days_of(self, gap: Gap) -> Days:
        zone = self.counts.zone
        first = datetime.fromtimestamp(gap.from_s, UTC).astimezone(zone).date()
        last = datetime.fromtimestamp(gap.to_s - 1, UTC).astimezone(zone).date()
        return Days(first, last)
