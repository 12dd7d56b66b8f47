"""When the next request to the source may start: the whole share of the limit, evenly spread.

The budget is a share of what the account allows in a minute; the reply headers tell how much that
is. Requests have slots at even distances. Time that a slow page took is made up at up to twice the
pace, but no minute, wherever it begins, ever holds more than the budget. An exhausted window waits
for its reset. A 429 halves the rate, every clean minute gives a tenth back. No wait goes past the
deadline: `OutOfTime` ends the run instead.
"""

from collections import deque
from collections.abc import Callable

from nps_core.connectors.wootric.protocol import RateInfo, wait_for_reset
from nps_core.errors import OutOfTime

_SLOWEST = 5
_STEP_UP_PERCENT, _LEAST_STEP_UP = 10, 2
_MINUTE_S = 60.0
_WINDOW_S = 60.05
"""A little over a minute: requests do not all travel equally long, and the source counts them."""
_MOST_LAG_S = 25.0
"""What is made up: a request that timed out and the wait after it. More would only be a burst."""
_SLICE_S = 5.0
"""Long waits are cut into slices, so that the run's lease is renewed meanwhile."""


class Pacer:
    """Keeps the pace for the life of a process; `begin` starts a run."""

    def __init__(
        self,
        per_hundred: int,
        sleep: Callable[[float], None],
        monotonic: Callable[[], float],
    ) -> None:
        """`per_hundred`: requests to use of each 100 that the account allows in a minute.

        Above 100 it is all that the account allows, and the budget itself until a header tells.
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
        """Requests per minute as of now."""
        return self._budget * self._percent / 100

    def begin(self, deadline: float, heartbeat: Callable[[], None]) -> None:
        """Start a run that may wait until `deadline` (monotonic) and is kept alive meanwhile."""
        self._deadline, self._heartbeat = deadline, heartbeat
        self._slot = max(self._slot, self._monotonic())  # idle time is not made up

    def start(self) -> None:
        """Wait for the next slot and take it. Raises OutOfTime when it lies past the deadline."""
        self._recover()
        self._pause_until(self._next_start())
        self._heartbeat()
        now = self._monotonic()
        self._starts.append(now)
        self._slot = max(self._slot, now - _MOST_LAG_S) + self._interval_s()

    def pause(self, seconds: float) -> None:
        """Wait. Raises OutOfTime, before waiting."""
        self._pause_until(self._monotonic() + max(0.0, seconds))

    def observe(self, info: RateInfo, now_s: float) -> None:
        """Take note of a reply's headers; `now_s` is our clock, in Unix seconds."""
        if info.limit is None:
            return
        self._budget = max(info.limit * min(self._per_hundred, 100) // 100, 1)
        # A little is left to others who use the same account, unless the limit itself is little.
        if info.remaining is not None and info.remaining <= min(2, info.limit // 20):
            self._block(wait_for_reset(info, now_s))

    def throttled(self, wait_s: float) -> None:
        """Slow down after a 429; nothing starts in the next `wait_s` seconds."""
        least = min(100 * _SLOWEST / self._budget, 100)
        self._percent = max(self._percent / 2, least)
        self._block(wait_s)
        self._stepped_at = self._slot

    def _block(self, seconds: float) -> None:
        # The slot itself moves: others have waited as well, so this time is not made up.
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
