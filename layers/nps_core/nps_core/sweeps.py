"""Re-reading what the live pass no longer looks at, because edits have no filter at the source.

A person's late edit, an exclusion, a tag: without a webhook only reading the row again shows it.
The last 30 days are read again once a day, the last year (as far as the trend reaches) once a week.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from nps_core.positions import Position

RECENT, RECENT_EVERY = timedelta(days=30), timedelta(hours=24)
ALL, ALL_EVERY = timedelta(days=366), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Sweep:
    """A re-read that is under way."""

    started_at: datetime
    is_whole: bool
    position: Position


@dataclass(frozen=True, slots=True)
class Swept:
    """When the last finished re-reads began: everything up to then has been seen again."""

    recent_at: datetime
    whole_at: datetime

    def after(self, sweep: Sweep) -> "Swept":
        """Return the times once `sweep` has finished; the whole includes what is recent."""
        whole_at = sweep.started_at if sweep.is_whole else self.whole_at
        return Swept(sweep.started_at, whole_at)


def due(swept: Swept, oldest_s: int, now: datetime) -> Sweep | None:
    """Return the re-read that is due at `now`, None while none is.

    `oldest_s` is where the connection's history begins; nothing before it is wanted.
    """
    for is_whole, last_at, every, reach in (
        (True, swept.whole_at, ALL_EVERY, ALL),
        (False, swept.recent_at, RECENT_EVERY, RECENT),
    ):
        if now - last_at >= every:
            from_s = max(oldest_s, int((now - reach).timestamp()))
            return Sweep(now, is_whole, Position(from_s))
    return None
