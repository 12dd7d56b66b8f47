"""Sweeps re-read what live passes no longer reach, because the source cannot filter edits.

Without a webhook, only a re-read shows a late edit, an exclusion, a tag or a note. The last 30 days
are re-read every night and everything older in slices, one a night, so that each row is re-read
within a week. If the API lists by time of change, the nightly part is not needed and the slices
cover everything.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from nps_core.sync.reading.cursor import Position

RECENT, EVERY = timedelta(days=30), timedelta(hours=23)
"""`EVERY` is an hour less than a day, to allow for the wait for a tick and the time of the sweep:
changes are found within a day."""
SLICES = 5
"""A round takes one night more, because a day ages every day and nights begin a tick late: six
nights and a bit. A week is the promise."""
_SHORTEST_S = 7 * 86_400
"""A young history grows by more than a fifth of itself a night."""


class Sweep(NamedTuple):
    """A sweep in progress, stored as a list; `unknown` is what another version appends."""

    started_at: datetime
    is_recent: bool
    position: Position
    unknown: tuple[Any, ...] = ()


class Swept(NamedTuple):
    """Start of the last finished sweeps, and the end of the last slice; stored like `Sweep`."""

    recent_at: datetime
    slice_at: datetime
    slice_s: int = 0
    """Everything before this second and older than the recent part was re-read this round."""
    unknown: tuple[Any, ...] = ()

    def after(self, sweep: Sweep) -> "Swept":
        if sweep.is_recent:
            return self._replace(recent_at=sweep.started_at)
        return self._replace(slice_at=sweep.started_at, slice_s=sweep.position.end or self.slice_s)


def due(
    swept: Swept,
    oldest_s: int,
    now: datetime,
    *,
    lists_changes: bool = False,
    in_one_night: bool = False,
) -> Sweep | None:
    """Return the sweep that is due at `now`; None if none is.

    The connection's history begins at `oldest_s`; earlier answers are not wanted. `lists_changes`:
    the live pass sees every edit that moves `updated_at`. `in_one_night`: the older part is so
    small that it needs no slices.
    """
    if not lists_changes and now - swept.recent_at >= EVERY:
        from_s = max(oldest_s, int((now - RECENT).timestamp()))
        return Sweep(now, True, Position(from_s))
    if now - swept.slice_at < EVERY:
        return None
    reach = timedelta(0) if lists_changes else RECENT
    boundary = int((now - reach).timestamp())
    if boundary <= oldest_s:
        return None
    # The round is over when its last slice reached the start of that night's recent part.
    is_over = swept.slice_s >= int((swept.slice_at - reach).timestamp())
    from_s = oldest_s if is_over else max(oldest_s, swept.slice_s)
    slices = 1 if in_one_night else SLICES
    length = max(_SHORTEST_S, -(-(boundary - oldest_s) // slices))
    to_s = min(boundary, from_s + length)
    return Sweep(now, False, Position(from_s, end=to_s))
