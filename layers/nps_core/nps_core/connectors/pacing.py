"""The pace of requests to a source: the permitted share of its rate limit, spread evenly.

The budget is a share of the account's limit per minute, which the reply headers state. Requests get
slots at even distances. Time lost to a slow page is made up at up to twice the pace, but no minute,
wherever it begins, ever exceeds the budget. An exhausted window waits for its reset. A 429 halves
the rate; every minute without one restores a tenth. No wait passes the deadline: `OutOfTime` ends
the run instead.
"""

from collections import deque
from collections.abc import Callable

from nps_core.connectors.wootric.protocol import RateInfo, wait_for_reset
from nps_core.errors import OutOfTime

_SLOWEST = 5
_STEP_UP_PERCENT, _LEAST_STEP_UP = 10, 2
_MINUTE_S = 60.0
_WINDOW_S = 60.05
"""Slightly more than a minute: requests differ in travel time, and the source counts arrivals."""
_MOST_LAG_S = 25.0
"""Most time to make up: a timed-out request and the wait after it. More would be a burst."""
_SLICE_S = 5.0
"""Long waits are sliced, so that the run's lease is renewed in between."""


class Pacer:
    """Paces requests over the life of a process; `begin` starts a run."""

    def __init__(
        self,
        per_hundred: int,
        sleep: Callable[[float], None],
        monotonic: Callable[[], float],
    ) -> None:
        """`per_hundred`: percentage of the account's limit per minute that requests may use.

        Above 100 it means the whole limit; until a header states the limit, it is itself the
        budget.
        """
        self._per_hundred = self._budget = per_hundred
        self._percent = 100.0  # of the budget
        self._sleep, self._monotonic = sleep, monotonic
        self._slot = self._stepped_at = monotonic()
        self._starts: deque[float] = deque()
        self._deadline = float("inf")
        self._heartbeat: Callable[[], None] = lambda: None

    @property
    def rate(self) -> float:
        """Current pace in requests per minute."""
        return self._budget * self._percent / 100

    def begin(self, deadline: float, heartbeat: Callable[[], None]) -> None:
        """Start a run; no wait passes `deadline` (monotonic), and waits call `heartbeat`."""
        self._deadline, self._heartbeat = deadline, heartbeat
        self._slot = max(self._slot, self._monotonic())  # idle time is not made up

    def start(self) -> None:
        """Wait for the next slot and take it. Raises OutOfTime if it lies past the deadline."""
        self._recover()
        self._pause_until(self._next_start())
        self._heartbeat()
        now = self._monotonic()
        self._starts.append(now)
        self._slot = max(self._slot, now - _MOST_LAG_S) + self._interval_s()

    def pause(self, seconds: float) -> None:
        """Wait. Raises OutOfTime before the wait begins if it would pass the deadline."""
        self._pause_until(self._monotonic() + max(0.0, seconds))

    def observe(self, info: RateInfo, now_s: float) -> None:
        """Apply a reply's headers; `now_s` is our clock, in Unix seconds."""
        if info.limit is None:
            return
        self._budget = max(info.limit * min(self._per_hundred, 100) // 100, 1)
        # Leave a few requests to other clients of the account, unless the limit is very low.
        if info.remaining is not None and info.remaining <= min(2, info.limit // 20):
            self._block(wait_for_reset(info, now_s))

    def throttled(self, wait_s: float) -> None:
        """Slow down after a 429; no request starts in the next `wait_s` seconds."""
        least = min(100 * _SLOWEST / self._budget, 100)
        self._percent = max(self._percent / 2, least)
        self._block(wait_s)
        self._stepped_at = self._slot

    def _block(self, seconds: float) -> None:
        # The slot itself moves: other clients wait as well, so this time is not made up.
        self._slot = max(self._slot, self._monotonic() + seconds)

    def _recover(self) -> None:
        clean = int(max(0.0, self._monotonic() - self._stepped_at) // _MINUTE_S)
        step = max(_STEP_UP_PERCENT, 100 * _LEAST_STEP_UP / self._budget)
        self._percent = min(self._percent + clean * step, 100)
        self._stepped_at += clean * _MINUTE_S

    def _next_start(self) -> float:
        now = self._monotonic()
        while self._starts and self._starts[0] + _WINDOW_S <= now:
            self._starts.popleft()
        earliest = max(now, self._slot)
        if self._starts:
            earliest = max(earliest, self._starts[-1] + self._interval_s() / 2)
        most = max(int(self.rate), 1)
        if len(self._starts) >= most:
            earliest = max(earliest, self._starts[-most] + _WINDOW_S)
        return earliest

    def _interval_s(self) -> float:
        return _WINDOW_S / self.rate

    def _pause_until(self, until: float) -> None:
        if until > self._deadline:
            raise OutOfTime("the run's time is over; the next tick goes on from here")
        while (left := until - self._monotonic()) > 0:
            self._sleep(min(left, _SLICE_S))
            self._heartbeat()
