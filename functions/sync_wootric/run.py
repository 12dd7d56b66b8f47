"""One run's own time, lease and record, handed to everything that works for it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from nps_core.errors import OutOfTime
from nps_core.sync.lease import Grant
from nps_core.sync.ports import SyncState
from nps_core.sync.runlog import RunRecord
from sync_wootric.ports import Source


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the rows of a page."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    quarantined: int = 0
    """Quarantined for the first time."""


RESERVE_S = 60.0
"""Kept free at the end of the invocation for the page in flight and for the run's own records."""
_RENEW_EVERY_S = 4.0


@dataclass(frozen=True, slots=True)
class Clock:
    """Time of a run: the handler's `now` plus what has passed since, so that it never jumps.

    `sleep` and `monotonic` are the process's own, or those of a test that does not wait.
    """

    now: datetime
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    started: float

    @classmethod
    def start(
        cls, now: datetime, monotonic: Callable[[], float], sleep: Callable[[float], None]
    ) -> "Clock":
        """Start counting."""
        return cls(now, monotonic, sleep, monotonic())

    def elapsed_s(self) -> float:
        """Return the seconds since the start."""
        return self.monotonic() - self.started

    def at(self) -> datetime:
        """Return the time now."""
        return self.now + timedelta(seconds=self.elapsed_s())


@dataclass(slots=True)
class Run:
    """A run that holds the lease."""

    clock: Clock
    grant: Grant
    state: SyncState
    source: Source
    record: RunRecord
    remaining_ms: Callable[[], int]
    worst_page_s: float = 0.0
    renewed_s: float = 0.0
    live_done_s: float = 0.0
    responses_created: int = 0
    responses_updated: int = 0
    requests_booked: int = 0
    """Requests that a checkpoint has taken note of."""

    def begin(self) -> None:
        """Give the source this run's time and keep the lease alive while it waits."""
        deadline = self.clock.monotonic() + self.remaining_ms() / 1000 - RESERVE_S
        self.renewed_s = self.clock.elapsed_s()
        self.source.begin(self.clock.at, deadline, self.keep_lease)

    def keep_lease(self) -> None:
        """Renew the lease when it is due, and log how far the run is. Raises LeaseLost."""
        elapsed = self.clock.elapsed_s()
        if elapsed - self.renewed_s >= _RENEW_EVERY_S:
            self.state.renew(self.grant, self.clock.at())
            self.renewed_s = elapsed
            self.record.requests, self.record.throttled = (
                self.source.requests,
                self.source.throttled,
            )
            # Only what is in the log survives a crash, and a person may be watching it.
            self.state.put_run(self.record.as_dict(), self.clock.at())

    def require_time(self) -> None:
        """Raise OutOfTime unless another page as slow as the worst one so far surely fits."""
        if self.remaining_ms() / 1000 < RESERVE_S + self.worst_page_s:
            raise OutOfTime("the run's time is over; the next tick goes on from here")

    def count(self, fetched: int, tally: Tally, *, is_response: bool = True) -> None:
        """Add what became of rows to the record."""
        record = self.record
        record.fetched += fetched
        record.created += tally.created
        record.updated += tally.updated
        record.unchanged += tally.unchanged
        record.quarantined += tally.quarantined
        if is_response:
            self.responses_created += tally.created
            self.responses_updated += tally.updated

    def book_requests(self) -> int:
        """Return the requests since the last call."""
        new = self.source.requests - self.requests_booked
        self.requests_booked = self.source.requests
        return new


def numbers(
    record: RunRecord, run: Run | None, lag_s: float | None, open_gaps: int
) -> dict[str, float]:
    """Return the metrics of a run by name; a skipped run tells lag and gaps only."""
    found: dict[str, float] = {"SyncGaps": open_gaps}
    if lag_s is not None:
        found["SyncLagSeconds"] = lag_s
    if run is not None:
        found |= {
            "ResponsesCreated": run.responses_created,
            "ResponsesUpdated": run.responses_updated,
            "ResponsesDeleted": record.deleted,
            "Quarantined": record.quarantined,
            "Throttled": record.throttled,
            "SyncFailed": int(record.status == "failed"),
        }
    return found
