"""Re-reading what the live pass no longer looks at, because edits have no filter at the source.

A person's late edit, an exclusion, a tag, a note: without a webhook only reading the row again
shows it. The last 30 days are read again every night, everything older in slices, one a night, so
that each row is read again within a week. Where the API lists by time of change, the nightly part
is not needed and the slices go over everything.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from nps_core.sync.reading.cursor import Position

RECENT, EVERY = timedelta(days=30), timedelta(hours=23)
"""An hour less than a day, for the tick that it waits for and the time that it takes: what it finds
is found within a day."""
SLICES = 5
"""A round takes a night more, because a day grows old every day, and nights begin a tick late: six
nights and a bit. A week is the promise."""
_SHORTEST_S = 7 * 86_400
"""A young history grows faster than a fifth of it a night."""


class Sweep(NamedTuple):
    """A re-read that is under way, stored as a list; `unknown` is what another version appends."""

    started_at: datetime
    is_recent: bool
    position: Position
    unknown: tuple[Any, ...] = ()


class Swept(NamedTuple):
    """When the last finished re-reads began, and up to where the slices have come; as `Sweep`."""

    recent_at: datetime
    slice_at: datetime
    slice_s: int = 0
    """Everything older than the recent part and before this second was read again this round."""
    unknown: tuple[Any, ...] = ()

    def after(self, sweep: Sweep) -> "Swept":
        """Return the times once `sweep` has finished."""
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
    """Return the re-read that is due at `now`, None while none is.

    `oldest_s` is where the connection's history begins; nothing before it is wanted.
    `lists_changes`: the live pass sees every edit that moves `updated_at`. `in_one_night`: what is
    older is so little that it need not be sliced.
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
    # The round is over when its last slice came up to where the recent part began that night.
    is_over = swept.slice_s >= int((swept.slice_at - reach).timestamp())
    from_s = oldest_s if is_over else max(oldest_s, swept.slice_s)
    slices = 1 if in_one_night else SLICES
    length = max(_SHORTEST_S, -(-(boundary - oldest_s) // slices))
    to_s = min(boundary, from_s + length)
    return Sweep(now, False, Position(from_s, end=to_s))
