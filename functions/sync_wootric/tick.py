"""One tick of the sync: live answers first, then as much history and verification as time allows.

Safe to repeat and to kill at any point. Only one run at a time works on a connection; a second one
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
    SourceRejected,
    StoreRefused,
    StoreUnavailable,
    TransientError,
    Unauthorized,
)
from nps_core.sync.lease import Grant
from nps_core.sync.lists import STREAMS
from nps_core.sync.ports import SyncState
from nps_core.sync.proof.ports import ProofStore
from nps_core.sync.reading.checkpoint import oldest_proof
from nps_core.sync.runlog import RunRecord, RunStatus
from sync_wootric.journal import Journal, RunResult
from sync_wootric.mails import finish_backfill, report_refusal
from sync_wootric.phases import Phases
from sync_wootric.ports import Source
from sync_wootric.reading.pages import PageStore
from sync_wootric.run import RESERVE_S, Clock, Run, RunSettings, TimeBudget


@dataclass(frozen=True, slots=True)
class Sync:
    """The sync of one connection, bound to its ports."""

    settings: RunSettings
    source: Source
    pages: PageStore
    state: SyncState
    proof_store: ProofStore
    people: People
    profiles: Profiles

    def tick(self, run_id: str, clock: Clock, remaining_ms: Callable[[], int]) -> RunResult:
        """Run once.

        A known failure is recorded with its fix. Any other error is a defect and is raised; the
        lease expires, and the next tick resumes from the checkpoint.
        """
        return self._run(run_id, TimeBudget(clock, remaining_ms), self._work)

    def lag_s(self, now: datetime) -> float | None:
        """Return the seconds since live answers were last proven complete."""
        proven_at = oldest_proof(self.state.read_checkpoint(stream) for stream in STREAMS)
        return max(0.0, (now - proven_at).total_seconds()) if proven_at else None

    def open_gaps(self) -> int:
        return sum(gap.is_open for gap in self.proof_store.gaps())

    def preview_audit(
        self, run_id: str, clock: Clock, remaining_ms: Callable[[], int]
    ) -> tuple[RunRecord, Mapping[str, Any]]:
        """Compare counts and return the days that an audit would re-read. Stores nothing."""
        time = TimeBudget(clock, remaining_ms)
        return self._preview(run_id, time, lambda phases: phases.auditor.preview())

    def preview_backfill(
        self, run_id: str, clock: Clock, remaining_ms: Callable[[], int], since_s: int
    ) -> tuple[RunRecord, Mapping[str, Any]]:
        """Return how many answers a backfill since then would read, as counted by the source."""
        time = TimeBudget(clock, remaining_ms)
        return self._preview(run_id, time, lambda phases: phases.preview_backfill(since_s))

    def _preview(
        self, run_id: str, time: TimeBudget, look: Callable[[Phases], Mapping[str, Any]]
    ) -> tuple[RunRecord, Mapping[str, Any]]:
        found: dict[str, Any] = {}

        def work(run: Run) -> None:
            run.journal.enter("preview")
            self.source.connect()
            found.update(look(self._open(run)))

        return self._run(run_id, time, work).record, found

    def _run(self, run_id: str, time: TimeBudget, work: Callable[[Run], None]) -> RunResult:
        clock = time.clock
        journal = Journal(RunRecord(run_id, self.settings.account_token, "live", clock.now))
        grant = self._acquire(run_id, time)
        if grant is None:
            journal.end("skipped", None, clock.at())
            return RunResult(journal.record)
        run = Run(self.settings, time, grant, self.state, self.source, journal)
        self.source.begin(clock.at, time.deadline(), run.beat)
        status, error = self._outcome(run, work)
        self._close(run, status, error)
        return RunResult(journal.record, journal.responses)

    def _outcome(self, run: Run, work: Callable[[Run], None]) -> tuple[RunStatus, str | None]:
        """Do the work. Returns the resulting status, and the problem with its fix."""
        try:
            work(run)
        except OutOfTime:
            return "partial", None
        except (PermanentError, StoreUnavailable) as exc:
            if isinstance(exc, Unauthorized):
                report_refusal(run, self.profiles, str(exc))
            return "failed", str(exc)
        except TransientError as exc:
            return "partial", str(exc)
        if run.journal.open_gaps:
            return "partial", "not all is proven: `nps sync status` shows the open gaps"
        return "complete", None

    def _acquire(self, run_id: str, time: TimeBudget) -> Grant | None:
        """Take the lease. Wait for a lease that is not being renewed: its run has crashed."""
        first_until: int | None = None
        while True:
            lease = self.state.acquire(run_id, time.clock.at())
            if isinstance(lease, Grant):
                return lease
            is_alive = first_until is not None and lease.until_ms != first_until
            if is_alive or time.remaining_ms() / 1000 < 2 * RESERVE_S:
                return None
            first_until = lease.until_ms
            time.clock.sleep(1.0)

    def _work(self, run: Run) -> None:
        try:
            self._sign_in(run)
        except Unauthorized as exc:
            if all(self.state.read_checkpoint(stream) is not None for stream in STREAMS):
                self._open(run).live_reads.record_outage(str(exc))
            raise
        phases = self._open(run)
        requests = self.state.requests()
        phases.accept_requests(requests)
        phases.log_begin()
        try:
            phases.read_live()
            phases.read_history()
            if not self.state.backfill_finished():
                finish_backfill(run, phases.backfills)
            _each(
                {
                    "requested history": phases.read_requested_history,
                    "end users": phases.read_people,
                    "gaps": phases.retry_gaps,
                    "audit": lambda: phases.verify(requests.audit_at),
                    "removals": phases.recheck_suspects,
                    "sweep": phases.sweep,
                }
            )
        except (PermanentError, TransientError) as exc:
            if not isinstance(exc, LeaseLost):  # the new holder of the lease records outages itself
                since = self.profiles.activated_at(self.settings.account_token)
                phases.live_reads.record_outage(str(exc), since)
            raise

    def _sign_in(self, run: Run) -> None:
        token, now = self.settings.account_token, run.clock.now
        if run.grant.crashed_run is not None:
            self.state.mark_crashed(run.grant.crashed_run, now)
        self.source.connect()
        # Connected, and before the first page: answers given from now on are live, earlier ones
        # are history. A connection without working credentials is never activated.
        self.profiles.activate(token, now)
        self.profiles.login_worked(token, now)

    def _open(self, run: Run) -> Phases:
        return Phases.open(run, self.pages, self.proof_store, self.people)

    def _close(self, run: Run, status: RunStatus, error: str | None) -> None:
        """Write the final record and release the lease; neither happens while the store is down."""
        journal, ended_at = run.journal, run.clock.at()
        journal.count_requests(self.source.requests, self.source.throttled)
        journal.end(status, error, ended_at)
        try:
            self.state.put_run(journal.record.as_dict(), ended_at)
            self.state.release(run.grant)
        except (StoreUnavailable, StoreRefused) as exc:
            journal.end("failed", error or str(exc), ended_at)


def _each(steps: Mapping[str, Callable[[], None]]) -> None:
    """Take every step, in order. One that is refused for good does not stop the others.

    Raises SourceRejected at the end, naming the steps that failed and why; at once whatever else a
    step raises, because it would stop the others as well.
    """
    refused: dict[str, str] = {}
    for name, step in steps.items():
        try:
            step()
        except (SourceRejected, StoreRefused) as exc:
            refused[name] = str(exc)
    if refused:
        raise SourceRejected("; ".join(f"{name}: {why}" for name, why in refused.items()))
