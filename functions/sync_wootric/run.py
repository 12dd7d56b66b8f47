"""A run: a tick that holds the lease, with its settings and its time budget."""

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
"""Time reserved at the end of the invocation for the page in flight and the run's records."""
_RENEW_EVERY_S = 4.0


@dataclass(frozen=True, slots=True)
class RunSettings:
    """The settings of a connection that its runs use."""

    account_token: str
    backfill_days: int
    overlap: timedelta
    metric: str
    zone: ZoneInfo
    round_every: timedelta
    """The time from one re-read of the whole history to the next."""
    host: str
    """Base URL of the API."""
    report_to: str
    """Recipient of the mails about the connection."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Time of a run: the handler's `now` plus the monotonic time since, so it never jumps.

    `sleep` and `monotonic` are the process's own; a test passes ones that do not wait.
    """

    now: datetime
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    started: float

    @classmethod
    def start(
        cls, now: datetime, monotonic: Callable[[], float], sleep: Callable[[float], None]
    ) -> "Clock":
        return cls(now, monotonic, sleep, monotonic())

    def elapsed_s(self) -> float:
        return self.monotonic() - self.started

    def at(self) -> datetime:
        return self.now + timedelta(seconds=self.elapsed_s())


@dataclass(slots=True)
class TimeBudget:
    """The time left in the invocation, and the longest time that a page has taken."""

    clock: Clock
    remaining_ms: Callable[[], int]
    _slowest_page_s: float = field(default=0.0, init=False)

    def require(self) -> None:
        """Raise OutOfTime unless there is time for another page as slow as the slowest so far."""
        if self.remaining_ms() / 1000 < RESERVE_S + self._slowest_page_s:
            raise OutOfTime("the run's time is over; the next tick goes on from here")

    @contextmanager
    def page(self) -> Iterator[None]:
        """Time one page. Raises OutOfTime before it begins if there is no time for it."""
        self.require()
        began_s = self.clock.elapsed_s()
        yield
        self._slowest_page_s = max(self._slowest_page_s, self.clock.elapsed_s() - began_s)

    def deadline(self) -> float:
        """Return the end of the budget on the monotonic clock."""
        return self.clock.monotonic() + self.remaining_ms() / 1000 - RESERVE_S


@dataclass(slots=True)
class Pulse:
    """When the lease was renewed last, in seconds of the run."""

    renewed_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Run:
    """A run that holds the lease, passed to every step of it."""

    settings: RunSettings
    time: TimeBudget
    grant: Grant
    state: SyncState
    source: Source
    journal: Journal
    _pulse: Pulse = field(default_factory=Pulse, init=False)

    @property
    def clock(self) -> Clock:
        return self.time.clock

    @property
    def record(self) -> RunRecord:
        """The run log record so far."""
        return self.journal.record

    def beat(self) -> None:
        """Renew the lease when due, and log the progress of the run. Raises LeaseLost.

        Called while the run works and while it waits for the source.
        """
        elapsed_s = self.clock.elapsed_s()
        if elapsed_s - self._pulse.renewed_s >= _RENEW_EVERY_S:
            self.state.renew(self.grant, self.clock.at())
            self._pulse.renewed_s = elapsed_s
            self.journal.count_requests(self.source.requests, self.source.throttled)
            # The log survives a crash, and an operator may be watching it.
            self.state.put_run(self.record.as_dict(), self.clock.at())
