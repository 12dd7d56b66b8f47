"""Reads one stream (responses or declines) page by page: live, backfill, extension, sweeps.

The order within a page is what makes a crash harmless: read, store, then move the checkpoint. A
run that dies in between reads one page again.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from nps_core.connectors.wootric.protocol import row_ref
from nps_core.errors import SourceRejected
from nps_core.sync.lists import Stream
from nps_core.sync.proof.gaps import Gap
from nps_core.sync.reading.checkpoint import Backfill, StreamCheckpoint
from nps_core.sync.reading.cursor import Position, SortedBy, Step
from nps_core.sync.reading.paging import advance, query
from nps_core.sync.reading.sweeps import due
from sync_wootric.proving.gaps import GapBook
from sync_wootric.proving.removals import Removals
from sync_wootric.reading.pages import RowStore
from sync_wootric.run import Run, Tally


class Page(NamedTuple):
    """A page that is stored."""

    step: Step
    asked_at: datetime
    tally: Tally


@dataclass(slots=True)
class StreamReader:
    """One stream of a run, with its checkpoint as last saved."""

    run: Run
    stream: Stream
    rows: RowStore
    checkpoint: StreamCheckpoint
    overlap: timedelta
    gaps: GapBook
    removals: Removals
    lists_changes: bool = False
    """Whether the source can list this stream by the time of change."""
    sweeps_all: bool = False
    """Whether a nightly sweep reads everything, because there is little."""
    is_new: bool = False
    """Whether nothing has ever been read."""

    def live(self) -> None:
        """Read from the overlap before the watermark up to the present."""
        if self.lists_changes:
            try:
                self._live_by("updated")
            except SourceRejected:
                # It does not list by change any more; the order of creation is always there.
                self.lists_changes = False
        if not self.lists_changes:
            self._live_by("created")
        for gap in self.gaps.open_ones(self.stream, "window"):
            self.gaps.close(gap)

    def _live_by(self, order: SortedBy) -> None:
        now = self.run.clock.at()
        began_at = self.checkpoint.live_began(now, order)
        position = self.checkpoint.live_start(now, self.overlap, order)
        self._looks_at(position)
        while not position.done:
            page = self.read(position, passed=self.checkpoint.drained)
            after = self.checkpoint.after_live(page.step.position, page.asked_at, began_at)
            if position.drain is not None and page.step.position.cursor > position.cursor:
                after = after.drained_once(position.cursor, page.asked_at, self.overlap)
            self._save(self._billed(after))  # live passes of a first sync are part of its bill
            position = page.step.position

    def backfill_page(self) -> None:
        """Read one page of an unfinished backfill."""
        fill, page = self._history_page(self.checkpoint.backfill)
        self._save(self._billed(replace(self.checkpoint, backfill=fill, saved_at=page.asked_at)))

    def extension_page(self) -> None:
        """Read one page of the history that an operator asked for."""
        if self.checkpoint.extension is not None:
            fill, page = self._history_page(self.checkpoint.extension)
            self._save(self.checkpoint.after_extension(fill, page.asked_at))

    def begin_sweep(self) -> bool:
        """Begin a sweep if one is due; returns whether one is under way."""
        if self.checkpoint.sweep is None:
            found = due(
                self.checkpoint.swept_at(),
                self.checkpoint.backfill.from_s,
                self.run.clock.at(),
                lists_changes=self.lists_changes,
                in_one_night=self.sweeps_all,
            )
            self.checkpoint = replace(self.checkpoint, sweep=found)
        return self.checkpoint.sweep is not None

    def sweep_page(self) -> None:
        """Read one page of the sweep that is under way."""
        if self.checkpoint.sweep is not None:
            position = self.checkpoint.sweep.position
            self._looks_at(position)
            page = self.read(position, compares=True)
            self._save(self.checkpoint.after_sweep(page.step.position, page.asked_at))

    @property
    def backfilled(self) -> bool:
        """Whether the backfill has reached the present."""
        return self.checkpoint.backfill.position.done

    def extend(self, asked_at: str, since_s: int) -> None:
        """Take up an operator's request for history, once."""
        if asked_at > self.checkpoint.extended_at:
            self._save(self.checkpoint.extended(asked_at, since_s, self.run.clock.at()))

    def read(
        self, position: Position, *, passed: Collection[int] = frozenset(), compares: bool = False
    ) -> Page:
        """Read and store one page. The caller saves where it stands afterwards.

        `passed`: seconds not to read alone again. `compares`: look for stored answers that the
        source no longer lists.
        """
        self.run.require_time()
        began_s, asked_at = self.run.clock.elapsed_s(), self.run.clock.at()
        rows = self.run.source.page(self.stream, query(position))
        step = advance(position, [row_ref(row, position.by) for row in rows], passed)
        tally = self.rows.take(self.stream, [rows[index] for index in step.fresh], asked_at)
        if step.full is not None:
            second, reason, seen = step.full.second, step.full.reason, step.full.rows
            name = self.run.record.run_id
            self.gaps.open(
                Gap(self.stream, "second", second, second + 1, reason, asked_at, name, seen)
            )
        if compares and step.covered is not None:
            self.removals.compare(self.stream, step.covered, asked_at)
        self._count(len(step.fresh), tally)
        self.run.worst_page_s = max(self.run.worst_page_s, self.run.clock.elapsed_s() - began_s)
        return Page(step, asked_at, tally)

    def _history_page(self, fill: Backfill) -> tuple[Backfill, Page]:
        self._looks_at(fill.position)
        page = self.read(fill.position)
        position, tally = page.step.position, page.tally
        after = replace(
            fill,
            position=position,
            ended_at=self.run.clock.at() if position.done else None,
            rows=fill.rows + tally.created + tally.updated + tally.unchanged,
            quarantined=fill.quarantined + tally.quarantined,
        )
        return after, page

    def _save(self, checkpoint: StreamCheckpoint) -> None:
        self.run.state.save_checkpoint(self.run.grant, self.stream, checkpoint.to_json())
        self.checkpoint = checkpoint

    def _billed(self, checkpoint: StreamCheckpoint) -> StreamCheckpoint:
        if self.run.record.kind != "backfill":
            return checkpoint
        fill = checkpoint.backfill
        requests = fill.requests + self.run.book_requests()
        return replace(checkpoint, backfill=replace(fill, requests=requests))

    def _count(self, fetched: int, tally: Tally) -> None:
        self.run.record.pages += 1
        self.run.count(fetched, tally, is_response=self.stream == "responses")

    def _looks_at(self, position: Position) -> None:
        if position.by == "created":
            asked_from = datetime.fromtimestamp(position.cursor, UTC)
            earliest = self.run.record.window_from or asked_from
            self.run.record.window_from = min(earliest, asked_from)
