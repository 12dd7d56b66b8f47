"""When the next request to the source may start: evenly spread, below the limit, adapting.

The configured rate is spread evenly over the minute. What the headers say rules: a lower limit
slows down, an exhausted window waits for its reset. A 429 halves the rate, every clean minute adds
two per minute again. No wait goes past the deadline: `OutOfTime` ends the run instead.
"""

from collections.abc import Callable

from nps_core.wootric import OutOfTime, RateInfo, wait_for_reset

_SLOWEST = 5.0
_STEP_UP = 2.0
_MINUTE_S = 60.0
_SLICE_S = 5.0
"""Long waits are cut into slices, so that the run's lease is renewed meanwhile."""


class Pacer:
    """Keeps the pace for the life of a process; `begin` starts a run."""

    def __init__(
        self,
        requests_per_minute: float,
        sleep: Callable[[float], None],
        monotonic: Callable[[], float],
    ) -> None:
        """`requests_per_minute` is the most that is ever used."""
        self._most = float(requests_per_minute)
        self._rate = self._ceiling = self._most
        self._sleep, self._monotonic = sleep, monotonic
        self._next_at = self._blocked_until = self._stepped_at = monotonic()
        self._deadline = float("inf")
        self._heartbeat: Callable[[], None] = lambda: None

    @property
    def rate(self) -> float:
        """Requests per minute as of now."""
        return self._rate

    def begin(self, deadline: float, heartbeat: Callable[[], None]) -> None:
        """Start a run that may wait until `deadline` (monotonic) and is kept alive meanwhile."""
        self._deadline, self._heartbeat = deadline, heartbeat

    def start(self) -> None:
        """Wait for the next slot and take it. Raises OutOfTime when it lies past the deadline."""
        now = self._monotonic()
        if now - self._stepped_at >= _MINUTE_S:
            self._rate, self._stepped_at = min(self._ceiling, self._rate + _STEP_UP), now
        self.pause(max(self._next_at, self._blocked_until) - now)
        self._heartbeat()
        # From the actual start, so that time lost in between is never made up in a burst.
        self._next_at = self._monotonic() + _MINUTE_S / self._rate

    def pause(self, seconds: float) -> None:
        """Wait; the next slot is taken from then on. Raises OutOfTime, before waiting."""
        until = self._monotonic() + max(0.0, seconds)
        if until > self._deadline:
            raise OutOfTime("the run's time is over; the next tick goes on from here")
        while (left := until - self._monotonic()) > 0:
            self._sleep(min(left, _SLICE_S))
            self._heartbeat()

    def observe(self, info: RateInfo, now_s: float) -> None:
        """Take note of a reply's headers; `now_s` is our clock, in Unix seconds."""
        if info.limit is None or info.remaining is None:
            return
        self._ceiling = max(min(self._most, float(info.limit)), 1.0)
        self._rate = min(self._rate, self._ceiling)
        # A little is left to others who use the same account, unless the limit itself is little.
        if info.remaining <= min(2, info.limit // 20):
            self._blocked_until = self._monotonic() + wait_for_reset(info, now_s)

    def throttled(self) -> None:
        """Slow down after a 429."""
        self._rate = max(self._rate / 2, min(_SLOWEST, self._most))
        self._stepped_at = self._monotonic()
