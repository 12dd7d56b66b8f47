"""Reads one stream (responses or declines): live passes, backfill and sweeps, page by page.

The order within a page is what makes a crash harmless: read, store, then move the checkpoint. A
run that dies in between reads one page again.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from nps_core.checkpoint import StreamCheckpoint
from nps_core.paging import advance, query
from nps_core.positions import Position
from nps_core.sweeps import due
from nps_core.wootric import Stream, row_ref

from .rows import RowStore, Tally
from .run import Run


@dataclass(slots=True)
class StreamReader:
    """One stream of a run, with its checkpoint as last saved."""

    run: Run
    stream: Stream
    rows: RowStore
    checkpoint: StreamCheckpoint
    overlap: timedelta

    def live(self) -> None:
        """Read from the overlap before the watermark up to the present."""
        position = self.checkpoint.live_start(self.run.clock.at(), self.overlap)
        self._looks_at(position)
        while not position.done:
            position = self._page(position, self._after_live)

    def backfill_page(self) -> None:
        """Read one page of an unfinished backfill."""
        position = self.checkpoint.backfill.position
        self._looks_at(position)
        self._page(position, self._after_backfill)

    def begin_sweep(self) -> bool:
        """Begin a sweep if one is due; returns whether one is under way."""
        if self.checkpoint.sweep is None:
            found = due(
                self.checkpoint.swept_at(), self.checkpoint.backfill.from_s, self.run.clock.at()
            )
            self.checkpoint = replace(self.checkpoint, sweep=found)
        return self.checkpoint.sweep is not None

    def sweep_page(self) -> None:
        """Read one page of the sweep that is under way."""
        if self.checkpoint.sweep is not None:
            self._looks_at(self.checkpoint.sweep.position)
            self._page(self.checkpoint.sweep.position, self._after_sweep)

    @property
    def backfilled(self) -> bool:
        """Whether the backfill has reached the present."""
        return self.checkpoint.backfill.position.done

    def _page(
        self,
        position: Position,
        after: Callable[[Position, datetime, Tally], StreamCheckpoint],
    ) -> Position:
        self.run.require_time()
        began_s, asked_at = self.run.clock.elapsed_s(), self.run.clock.at()
        rows = self.run.source.page(self.stream, query(position))
        step = advance(position, [row_ref(row) for row in rows])
        tally = self.rows.take(self.stream, [rows[index] for index in step.fresh], asked_at)
        if step.gap is not None:
            self.run.state.put_gap(self.stream, step.gap, self.run.record.run_id, asked_at)
            self.run.record.gaps += 1
        saved = after(step.position, asked_at, tally)
        self.run.state.save_checkpoint(self.run.grant, self.stream, saved)
        self.checkpoint = saved
        self._count(len(step.fresh), tally)
        self.run.worst_page_s = max(self.run.worst_page_s, self.run.clock.elapsed_s() - began_s)
        return step.position

    def _after_live(self, position: Position, asked_at: datetime, _: Tally) -> StreamCheckpoint:
        # Requests of live passes during a backfill are part of its bill.
        return self._billed(self.checkpoint.after_live(position, asked_at))

    def _after_sweep(self, position: Position, asked_at: datetime, _: Tally) -> StreamCheckpoint:
        return self.checkpoint.after_sweep(position, asked_at)

    def _after_backfill(
        self, position: Position, asked_at: datetime, tally: Tally
    ) -> StreamCheckpoint:
        fill = self.checkpoint.backfill
        fill = replace(
            fill,
            position=position,
            ended_at=self.run.clock.at() if position.done else None,
            rows=fill.rows + tally.created + tally.updated + tally.unchanged,
            quarantined=fill.quarantined + tally.quarantined,
        )
        return self._billed(replace(self.checkpoint, backfill=fill, saved_at=asked_at))

    def _billed(self, checkpoint: StreamCheckpoint) -> StreamCheckpoint:
        if self.run.record.kind != "backfill":
            return checkpoint
        fill = checkpoint.backfill
        requests = fill.requests + self.run.book_requests()
        return replace(checkpoint, backfill=replace(fill, requests=requests))

    def _count(self, fetched: int, tally: Tally) -> None:
        record = self.run.record
        record.pages += 1
        record.fetched += fetched
        record.created += tally.created
        record.updated += tally.updated
        record.unchanged += tally.unchanged
        record.quarantined += tally.quarantined
        if self.stream == "responses":
            self.run.responses_created += tally.created
            self.run.responses_updated += tally.updated

    def _looks_at(self, position: Position) -> None:
        asked_from = datetime.fromtimestamp(position.cursor, UTC)
        earliest = self.run.record.window_from or asked_from
        self.run.record.window_from = min(earliest, asked_from)
