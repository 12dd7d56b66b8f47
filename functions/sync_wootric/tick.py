"""One tick of the sync: live answers first, then as much of history and proofs as time allows.

Safe to repeat and to kill anywhere. Only one run at a time works on a connection; a second one
finds the lease taken and reports `skipped`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nps_core.connections.ports import Profiles
from nps_core.customers.ports import People
from nps_core.errors import (
    LeaseLost,
    OutOfTime,
    PermanentError,
    StoreUnavailable,
    TransientError,
    Unauthorized,
)
from nps_core.sync.lease import Grant
from nps_core.sync.lists import STREAMS
from nps_core.sync.ports import SyncState
from nps_core.sync.proof.ports import ProofStore
from nps_core.sync.reading.checkpoint import oldest_proof
from nps_core.sync.runlog import RunRecord
from sync_wootric.mails import finish, refused
from sync_wootric.phases import Plan, Work
from sync_wootric.ports import Source
from sync_wootric.reading.pages import RowStore
from sync_wootric.run import RESERVE_S, Clock, Run


@dataclass(frozen=True, slots=True)
class Sync:
    """The use case, bound to the ports of one connection."""

    plan: Plan
    source: Source
    rows: RowStore
    state: SyncState
    proof_store: ProofStore
    people: People
    connections: Profiles

    def tick(
        self, run_id: str, clock: Clock, remaining_ms: Callable[[], int]
    ) -> tuple[RunRecord, Run | None]:
        """Run once; returns the record, and the run unless it was skipped.

        Every failure that is known ends in the record with its fix. Anything else is a defect and
        is raised; the lease runs out by itself and the next tick goes on from the checkpoint.
        """
        return self._run(run_id, clock, remaining_ms, self._work)

    def lag_s(self, now: datetime) -> float | None:
        """Return for how long nobody has proven that the live answers are all here."""
        proven_at = oldest_proof(self.state.read_checkpoint(stream) for stream in STREAMS)
        return max(0.0, (now - proven_at).total_seconds()) if proven_at else None

    def open_gaps(self) -> int:
        """Return how many gaps are open."""
        return sum(gap.is_open for gap in self.proof_store.gaps())

    def preview_audit(
        self, run_id: str, clock: Clock, remaining_ms: Callable[[], int]
    ) -> tuple[RunRecord, Mapping[str, Any]]:
        """Compare counts and say which days an audit would read again; stores nothing."""
        return self._preview(run_id, clock, remaining_ms, lambda work: work.auditor.preview())

    def preview_backfill(
        self, run_id: str, clock: Clock, remaining_ms: Callable[[], int], since_s: int
    ) -> tuple[RunRecord, Mapping[str, Any]]:
        """Say how much a backfill since then would read, by the source's own count."""
        return self._preview(
            run_id, clock, remaining_ms, lambda work: work.preview_backfill(since_s)
        )

    def _preview(
        self,
        run_id: str,
        clock: Clock,
        remaining_ms: Callable[[], int],
        look: Callable[[Work], Mapping[str, Any]],
    ) -> tuple[RunRecord, Mapping[str, Any]]:
        found: dict[str, Any] = {}

        def work(run: Run) -> None:
            run.record.kind = "preview"
            self.source.connect()
            found.update(look(Work.begin(run, self.plan, self.rows, self.proof_store, self.people)))

        return self._run(run_id, clock, remaining_ms, work)[0], found

    def _run(
        self,
        run_id: str,
        clock: Clock,
        remaining_ms: Callable[[], int],
        work: Callable[[Run], None],
    ) -> tuple[RunRecord, Run | None]:
        record = RunRecord(run_id, self.plan.account_token, "live", clock.now)
        grant = self._acquire(run_id, clock, remaining_ms)
        if grant is None:
            record.status, record.ended_at = "skipped", clock.at()
            return record, None
        run = Run(clock, grant, self.state, self.source, record, remaining_ms)
        run.begin()
        try:
            work(run)
            record.status = "partial" if record.gaps > record.closed_gaps else "complete"
            if record.status == "partial":
                record.error = "not all is proven: `nps sync status` shows the open gaps"
        except OutOfTime:
            record.status = "partial"
        except (PermanentError, StoreUnavailable) as exc:
            record.status, record.error = "failed", str(exc)
            if isinstance(exc, Unauthorized):
                refused(self.plan.report_to, self.plan.host, self.connections, run, str(exc))
        except TransientError as exc:
            record.status, record.error = "partial", str(exc)
        self._close(run)
        return record, run

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
        self.connections.login_worked(self.plan.account_token, now)
        work = Work.begin(run, self.plan, self.rows, self.proof_store, self.people)
        wanted = self.state.wanted()
        work.take_up(wanted)
        record.kind = "live" if work.backfilled else "backfill"
        self.state.put_run(record.as_dict(), run.clock.at())
        try:
            work.fill()
            if not self.state.backfill_finished():
                fills = [reader.checkpoint.backfill for reader in work.readers.values()]
                finish(self.plan.report_to, run, fills)
            work.prove(wanted)
        except (PermanentError, TransientError) as exc:
            if not isinstance(exc, LeaseLost):  # what is not proven is its new owner's to say
                work.live.note_unread(str(exc))
            raise

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
