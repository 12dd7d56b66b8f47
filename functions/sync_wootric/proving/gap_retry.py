"""Retries seconds that were too full to list.

A second with more rows than the list reaches is read person by person: the list of one person is
short. The gap closes when the source's count of the day agrees, or, where nothing can be counted,
when every person's list has been read.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from nps_core.scoring import NPS
from nps_core.sync.lists import Stream
from nps_core.sync.proof.counting import ClassCounts
from nps_core.sync.proof.gaps import Gap
from nps_core.sync.reading.cursor import Position
from sync_wootric.proving.counts import CountCheck
from sync_wootric.proving.gaps import Gaps
from sync_wootric.reading.asking import ask_all
from sync_wootric.reading.lists import StreamReader
from sync_wootric.reading.people import PeopleReader
from sync_wootric.run import Run

_AT_ONCE = 20
"""Persons read between two saves: the most that a crash makes the next run read twice."""


@dataclass(frozen=True, slots=True)
class GapRetry:
    """The retries of a run. `let_live_reads_run` is called between pages."""

    run: Run
    gaps: Gaps
    readers: Mapping[Stream, StreamReader]
    people: PeopleReader
    counts: CountCheck
    let_live_reads_run: Callable[[], None]

    def retry_due(self) -> None:
        """Retry every gap that is due."""
        for gap in self.gaps.open_gaps(kind="second"):
            if gap.is_due(self.run.clock.at()):
                self._retry_second(gap)

    def _retry_second(self, gap: Gap) -> None:
        """List the second again unless this run just did; then read it person by person."""
        if gap.tries and gap.next_user is None and self._lists_whole(gap):
            self.gaps.close(gap)
        elif self.people.backfilled:  # before that, the list of persons is incomplete
            self._close_if_equal(self._read_by_person(gap))

    def _lists_whole(self, gap: Gap) -> bool:
        """Read the range again; returns whether the source listed all of it."""
        reader = self.readers[gap.stream]
        position = Position(gap.from_s, end=gap.to_s)
        while not position.done:
            self.let_live_reads_run()
            step = reader.read(position, compares=True).step
            if step.full is not None:
                return False
            position = step.position
        return True

    def _read_by_person(self, gap: Gap) -> Gap:
        """Read the second from the list of each known person, resuming after the last one saved."""
        user_ids = iter(self.people.store.ids(gap.next_user or ""))
        while group := list(islice(user_ids, _AT_ONCE)):
            for user_id in group:
                self.let_live_reads_run()
                self._read_person(gap, user_id)
            gap = replace(gap, next_user=group[-1])
            self.gaps.put(gap)
        return gap

    def _read_person(self, gap: Gap, user_id: str) -> None:
        listing = f"end_users/{user_id}/{gap.stream}"
        for rows, asked_at, source_at in ask_all(
            self.run, listing, Position(gap.from_s, end=gap.to_s)
        ):
            result = self.readers[gap.stream].pages.store(gap.stream, rows, asked_at, source_at)
            self.run.journal.add_rows(gap.stream, len(rows), result)

    def _close_if_equal(self, gap: Gap) -> None:
        """Close a gap that has been re-read if its day is counted equal now, else postpone it."""
        left = self._difference(gap)
        if any(left):
            self.gaps.put(replace(gap.tried(self.run.clock.at()), difference=left))
        else:
            self.gaps.close(gap)

    def _difference(self, gap: Gap) -> ClassCounts:
        """Return the source's counts of its day minus the stored ones; declines are not counted."""
        if gap.stream == "declines" or self.run.settings.metric != NPS:
            return ClassCounts()
        return self.counts.difference(gap.from_s)
