"""A run: a tick that holds the lease. Its settings, its time, and what keeps the lease alive."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from nps_core.errors import OutOfTime
from nps_core.sync.lease import Grant
from nps_core.sync.ports import SyncState
from nps_core.sync.runlog import RunRecord
from sync_wootric.journal import Journal
from sync_wootric.ports import Source

RESERVE_S = 60.0
"""Kept free at the end of the invocation for the page in flight and for the run's own records."""
_RENEW_EVERY_S = 4.0


@dataclass(frozen=True, slots=True)
class RunSettings:
    """The settings of a connection that its runs go by."""

    account_token: str
    backfill_days: int
    overlap: timedelta
    metric: str
    zone: ZoneInfo
    host: str
    """Address of the API."""
    report_to: str
    """Receives the mails about the connection."""


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
class TimeBudget:
    """What is left of the invocation, and how long a page may take."""

    clock: Clock
    remaining_ms: Callable[[], int]
    _slowest_page_s: float = field(default=0.0, init=False)

    def require(self) -> None:
        """Raise OutOfTime unless another page as slow as the slowest one so far surely fits."""
        if self.remaining_ms() / 1000 < RESERVE_S + self._slowest_page_s:
            raise OutOfTime("the run's time is over; the next tick goes on from here")

    @contextmanager
    def page(self) -> Iterator[None]:
        """Read and store a page, if there is time for it. Raises OutOfTime."""
        self.require()
        began_s = self.clock.elapsed_s()
        yield
        self._slowest_page_s = max(self._slowest_page_s, self.clock.elapsed_s() - began_s)

    def deadline(self) -> float:
        """Return when work has to end, on the monotonic clock."""
        return self.clock.monotonic() + self.remaining_ms() / 1000 - RESERVE_S


@dataclass(frozen=True, slots=True)
class Run:
    """A run that holds the lease, handed to everything that works for it."""

    settings: RunSettings
    time: TimeBudget
    grant: Grant
    state: SyncState
    source: Source
    journal: Journal

    @property
    def clock(self) -> Clock:
        """The time of the run."""
        return self.time.clock

    @property
    def record(self) -> RunRecord:
        """The run log record as it is now."""
        return self.journal.record


@dataclass(slots=True)
class Heartbeat:
    """Renews the lease of a run while it works and while it waits for its source."""

    run: Run
    _renewed_s: float = field(init=False)

    def __post_init__(self) -> None:
        self._renewed_s = self.run.clock.elapsed_s()

    def beat(self) -> None:
        """Renew the lease when it is due, and log how far the run is. Raises LeaseLost."""
        run, elapsed_s = self.run, self.run.clock.elapsed_s()
        if elapsed_s - self._renewed_s >= _RENEW_EVERY_S:
            run.state.renew(run.grant, run.clock.at())
            self._renewed_s = elapsed_s
            run.journal.count_requests(run.source.requests, run.source.throttled)
            # Only what is in the log survives a crash, and a person may be watching it.
            run.state.put_run(run.record.as_dict(), run.clock.at())
