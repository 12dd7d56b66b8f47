"""One tick of the sync: live answers first, then as much of backfill and sweep as time allows.

Safe to repeat and to kill anywhere. Only one run at a time works on a connection; a second one
finds the lease taken and reports `skipped`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from nps_core.checkpoint import StreamCheckpoint
from nps_core.errors import PermanentError, StoreUnavailable, TransientError
from nps_core.lease import Grant
from nps_core.runlog import RunRecord
from nps_core.wootric import STREAMS, OutOfTime, Stream

from .backfill import finish
from .ports import Connections, Source, SyncState
from .rows import RowStore
from .run import RESERVE_S, Clock, Run
from .stream import StreamReader

_LIVE_AGAIN_S = 300.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What to sync, from the settings."""

    account_token: str
    backfill_days: int
    overlap: timedelta
    report_to: str
    """Who gets the mail about the first sync."""


@dataclass(frozen=True, slots=True)
class Sync:
    """The use case, bound to its ports."""

    plan: Plan
    source: Source
    rows: RowStore
    state: SyncState
    connections: Connections

    def tick(
        self, run_id: str, clock: Clock, remaining_ms: Callable[[], int]
    ) -> tuple[RunRecord, Run | None]:
        """Run once; returns the record, and the run unless it was skipped.

        Every failure that is known ends in the record with its fix. Anything else is a defect and
        is raised; the lease runs out by itself and the next tick goes on from the checkpoint.
        """
        record = RunRecord(run_id, self.plan.account_token, "live", clock.now)
        grant = self._acquire(run_id, clock, remaining_ms)
        if grant is None:
            record.status, record.ended_at = "skipped", clock.at()
            return record, None
        run = Run(clock, grant, self.state, self.source, record, remaining_ms)
        run.begin()
        try:
            self._work(run)
            record.status = "partial" if record.gaps else "complete"
            if record.gaps:
                record.error = f"{record.gaps} second(s) hold more rows than the API lists; see GAP"
        except OutOfTime:
            record.status = "partial"
        except (PermanentError, StoreUnavailable) as exc:
            record.status, record.error = "failed", str(exc)
        except TransientError as exc:
            record.status, record.error = "partial", str(exc)
        self._close(run)
        return record, run

    def lag_s(self, now: datetime) -> float | None:
        """Return for how long nobody has proven that the live answers are all here."""
        found = [self.state.read_checkpoint(stream) for stream in STREAMS]
        proven = [checkpoint.proven_at for checkpoint in found if checkpoint is not None]
        return max(0.0, (now - min(proven)).total_seconds()) if proven else None

    def _acquire(self, run_id: str, clock: Clock, remaining_ms: Callable[[], int]) -> Grant | None:
        """Take the lease. One that nobody renews is waited for: its run has crashed."""
        first_until: int | None = None
        while True:
            lease = self.state.acquire(run_id, clock.at())
            if isinstance(lease, Grant):
                return lease
            is_alive = first_until is not None and lease.until_ms != first_until
            if is_alive or remaining_ms() / 1000 < 2 * RESERVE_S:
                return None
            first_until = lease.until_ms
            clock.sleep(1.0)

    def _work(self, run: Run) -> None:
        record, now = run.record, run.clock.now
        if run.grant.crashed_run is not None:
            self.state.mark_crashed(run.grant.crashed_run, now)
        self.source.connect()
        # Connected, and before the first page: what is answered from now on is live, the rest
        # is history. Without credentials nothing is activated, however long that takes.
        self.connections.activate(self.plan.account_token, now)
        readers = [self._reader(run, stream) for stream in STREAMS]
        record.kind = "live" if all(reader.backfilled for reader in readers) else "backfill"
        self.state.put_run(record.as_dict(), run.clock.at())
        self._live(run, readers)
        for reader in readers:
            while not reader.backfilled:
                self._live_if_due(run, readers)
                reader.backfill_page()
        if not self.state.backfill_finished():
            finish(self.plan.report_to, run, [reader.checkpoint.backfill for reader in readers])
        for reader in readers:
            while reader.begin_sweep():
                record.kind = "sweep"
                self._live_if_due(run, readers)
                reader.sweep_page()

    def _reader(self, run: Run, stream: Stream) -> StreamReader:
        stored = self.state.open_checkpoint(run.grant, stream)
        first = StreamCheckpoint.first(run.clock.now, self.plan.backfill_days, self.plan.overlap)
        return StreamReader(run, stream, self.rows, stored or first, self.plan.overlap)

    def _live_if_due(self, run: Run, readers: list[StreamReader]) -> None:
        """Read the live answers between pages of a long run as often as between ticks."""
        if run.clock.elapsed_s() - run.live_done_s >= _LIVE_AGAIN_S:
            self._live(run, readers)

    def _live(self, run: Run, readers: list[StreamReader]) -> None:
        for reader in readers:
            reader.live()
        run.live_done_s = run.clock.elapsed_s()
        run.record.window_to = min(reader.checkpoint.proven_at for reader in readers)

    def _close(self, run: Run) -> None:
        """Write the final record and give the lease back; a store that is down keeps neither."""
        record = run.record
        record.ended_at = run.clock.at()
        record.requests, record.throttled = self.source.requests, self.source.throttled
        try:
            self.state.put_run(record.as_dict(), record.ended_at)
            self.state.release(run.grant)
        except StoreUnavailable as exc:
            record.status, record.error = "failed", record.error or str(exc)
