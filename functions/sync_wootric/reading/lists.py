"""Reads one stream (responses or declines) page by page: live, backfill, extension, sweeps.

Each page is read, then stored, then the checkpoint moves. This order makes a crash harmless: the
next run reads one page again.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import NamedTuple

from nps_core.errors import SourceRejected
from nps_core.sync.lists import Stream
from nps_core.sync.reading.checkpoint import Backfill, StreamCheckpoint
from nps_core.sync.reading.cursor import Position, SortedBy, Step
from nps_core.sync.reading.paging import advance, query
from nps_core.sync.reading.sweeps import Sweep
from sync_wootric.journal import PageResult
from sync_wootric.reading.asking import ask
from sync_wootric.reading.pages import PageStore
from sync_wootric.reading.watch import Watch
from sync_wootric.run import Run


class StoredPage(NamedTuple):
    """A page whose rows are stored. `source_at` as in `Asked`."""

    step: Step
    asked_at: datetime
    source_at: datetime | None
    result: PageResult


@dataclass(slots=True)
class FirstSyncBill:
    """Requests of a first sync, over all streams, that no checkpoint has recorded yet."""

    run: Run
    _billed: int = field(default=0, init=False)

    def take(self) -> int:
        """Return the requests since the last call; 0 once the first sync is over."""
        if self.run.record.kind != "backfill":
            return 0
        new = self.run.source.requests - self._billed
        self._billed = self.run.source.requests
        return new


@dataclass(slots=True)
class StreamReader:
    """One stream of a run, with its checkpoint as last saved."""

    run: Run
    stream: Stream
    pages: PageStore
    watch: Watch
    bill: FirstSyncBill
    checkpoint: StreamCheckpoint
    is_new: bool
    """Whether the stream had never been read when the run began."""
    lists_changes: bool
    """Whether the source can list this stream by the time of change."""

    @classmethod
    def open(
        cls,
        run: Run,
        stream: Stream,
        pages: PageStore,
        watch: Watch,
        bill: FirstSyncBill,
        *,
        lists_changes: bool,
    ) -> "StreamReader":
        """Claim and read the checkpoint of a stream. Raises LeaseLost."""
        text, settings = run.state.open_checkpoint(run.grant, stream), run.settings
        checkpoint = (
            StreamCheckpoint.from_json(text)
            if text
            else StreamCheckpoint.first(run.clock.now, settings.backfill_days, settings.overlap)
        )
        is_new = text is None
        return cls(run, stream, pages, watch, bill, checkpoint, is_new, lists_changes)

    @property
    def backfilled(self) -> bool:
        """Whether the backfill has reached the present."""
        return self.checkpoint.backfill.position.done

    def probe_changes(self) -> bool:
        """Check whether the source can list answers by the time of their change. One request."""
        self.lists_changes = self.run.source.lists_changes()
        return self.lists_changes

    def read_live(self) -> None:
        """Read from the overlap before the last pass up to the present."""
        if self.lists_changes:
            try:
                self._read_live_by("updated")
            except SourceRejected:
                # It no longer lists by change; it always lists by creation.
                self.lists_changes = False
        if not self.lists_changes:
            self._read_live_by("created")
        self.watch.live_pass_ended(self.stream)

    def _read_live_by(self, order: SortedBy) -> None:
        now, overlap = self.run.clock.at(), self.run.settings.overlap
        began_at = self.checkpoint.live_began(now, order)
        position = self.checkpoint.live_start(now, overlap, order)
        self._note_oldest(position)
        while not position.done:
            page = self.read(position, passed=self.checkpoint.drained)
            after = self.checkpoint.after_live(
                page.step.position, page.asked_at, began_at, page.source_at
            )
            if position.drain is not None and page.step.position.cursor > position.cursor:
                after = after.drained_once(position.cursor, page.asked_at, overlap)
            self._save(self._billed(after))  # a first sync's bill includes its live passes
            position = page.step.position

    def read_backfill_page(self) -> None:
        fill, page = self._read_history_page(self.checkpoint.backfill)
        self._save(self._billed(replace(self.checkpoint, backfill=fill, saved_at=page.asked_at)))

    def accept_extension(self, asked_at: str, since_s: int) -> None:
        """Accept an operator's request for history; a repeat changes nothing."""
        if asked_at > self.checkpoint.extended_at:
            self._save(self.checkpoint.extended(asked_at, since_s, self.run.clock.at()))

    def read_extension_page(self) -> None:
        if self.checkpoint.extension is not None:
            fill, page = self._read_history_page(self.checkpoint.extension)
            self._save(self.checkpoint.after_extension(fill, page.asked_at))

    def recent_due(self) -> Sweep | None:
        """Return the recent sweep that is in progress or due, if the source needs one."""
        return None if self.lists_changes else self.checkpoint.recent_due(self.run.clock.at())

    def month_due(self) -> Sweep | None:
        """Return the month of the round that is in progress or due."""
        settings = self.run.settings
        return self.checkpoint.month_due(self.run.clock.at(), settings.round_every, settings.zone)

    def begin_round(self) -> None:
        """Begin a round now, whatever is due."""
        self._save(self.checkpoint.with_new_round(self.run.clock.at(), self.run.settings.zone))

    def repeat(self, month: Sweep) -> None:
        """Re-read a month of the round once more."""
        self._save(self.checkpoint.repeating(month, self.run.settings.zone))

    def read_sweep_page(self, sweep: Sweep) -> bool:
        """Read a page of a sweep that is due. Returns whether it was the last one."""
        self._note_oldest(sweep.position)
        page = self.read(sweep.position, compares=True)
        before, position = replace(self.checkpoint, saved_at=page.asked_at), page.step.position
        if sweep.is_recent:
            self._save(before.after_recent(sweep, position))
        else:
            self._save(before.after_month(sweep, position, self.run.settings.zone))
        return position.done

    def read(
        self, position: Position, *, passed: Collection[int] = frozenset(), compares: bool = False
    ) -> StoredPage:
        """Read and store one page. The caller saves the resulting position.

        `passed`: seconds that need not be read alone again. `compares`: let the watch look for
        stored answers that the source no longer lists.
        """
        with self.run.time.page():
            asked_at = self.run.clock.at()
            asked = ask(self.run, self.stream, query(position))
            step = advance(position, asked.refs, passed)
            fresh = [asked.rows[index] for index in step.fresh]
            result = self.pages.store(self.stream, fresh, asked_at, asked.source_at)
            if step.full is not None:
                self.watch.second_is_full(self.stream, step.full, asked_at)
            if compares and step.covered is not None:
                self.watch.stretch_is_listed(self.stream, step.covered, asked_at)
            self.run.journal.add_page(self.stream, len(step.fresh), result)
        return StoredPage(step, asked_at, asked.source_at, result)

    def _read_history_page(self, fill: Backfill) -> tuple[Backfill, StoredPage]:
        self._note_oldest(fill.position)
        page = self.read(fill.position)
        position, result = page.step.position, page.result
        after = replace(
            fill,
            position=position,
            ended_at=self.run.clock.at() if position.done else None,
            rows=fill.rows + result.stored,
            quarantined=fill.quarantined + result.quarantined,
        )
        return after, page

    def _save(self, checkpoint: StreamCheckpoint) -> None:
        self.run.state.save_checkpoint(self.run.grant, self.stream, checkpoint.to_json())
        self.checkpoint = checkpoint

    def _billed(self, checkpoint: StreamCheckpoint) -> StreamCheckpoint:
        fill = checkpoint.backfill
        billed = replace(fill, requests=fill.requests + self.bill.take())
        return replace(checkpoint, backfill=billed)

    def _note_oldest(self, position: Position) -> None:
        if position.by == "created":
            self.run.journal.reach_back(datetime.fromtimestamp(position.cursor, UTC))
