"""Sweeps re-read what live passes no longer reach, because the source cannot filter edits.

The round re-reads the whole history month by month, the newest first. Every kind of change at any
age is therefore known after one round. The recent sweep re-reads the last two days every hour: a
lost webhook is most often about them. It is not needed where the source lists by time of change.
"""

from datetime import UTC, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from nps_core.sync.reading.cursor import Position

RECENT, RECENT_EVERY = timedelta(days=2), timedelta(minutes=50)
"""`RECENT_EVERY` leaves time for the wait for a tick: a change is known within an hour."""


class Sweep(NamedTuple):
    """The recent sweep, or a month of a round; stored as a list.

    `unknown` is what another version appends.
    """

    started_at: datetime
    """For a month, the start of its round."""
    is_recent: bool
    position: Position
    is_repeat: bool = False
    """Whether the month is re-read once more because its counts differ."""
    unknown: tuple[Any, ...] = ()

    def month(self, oldest_s: int, zone: ZoneInfo) -> tuple[int, int]:
        """Return the seconds of a month of a round, up to its start if that is the newest."""
        end_s, begun_s = self.position.end, int(self.started_at.timestamp())
        last_s = begun_s if end_s is None else end_s - 1
        return max(oldest_s, _month_start(last_s, zone)), last_s + 1


class Swept(NamedTuple):
    """What has been re-read; stored like `Sweep`."""

    recent_at: datetime
    """Start of the last finished recent sweep."""
    round_at: datetime
    """Start of the round in progress, or of the last one."""
    down_to_s: int = 0
    """The round has re-read everything from this second to its start."""
    unknown: tuple[Any, ...] = ()

    def is_over(self, oldest_s: int) -> bool:
        """Whether the round has reached the beginning of the history."""
        return self.down_to_s <= oldest_s


def recent_due(swept: Swept, oldest_s: int, now: datetime) -> Sweep | None:
    """Return the recent sweep that is due at `now`; the history begins at `oldest_s`."""
    if not _passed(swept.recent_at, now, RECENT_EVERY):
        return None
    return Sweep(now, True, Position(max(oldest_s, int((now - RECENT).timestamp()))))


def month_due(
    swept: Swept, oldest_s: int, now: datetime, every: timedelta, zone: ZoneInfo
) -> Sweep | None:
    """Return the next month of the round, or the first one of the round that is due at `now`.

    A round begins `every` so often, or when the last one is over if that took longer.
    """
    if swept.is_over(oldest_s):
        return new_round(oldest_s, now, zone) if _passed(swept.round_at, now, every) else None
    from_s = max(oldest_s, _month_start(swept.down_to_s - 1, zone))
    return Sweep(swept.round_at, False, Position(from_s, end=swept.down_to_s))


def new_round(oldest_s: int, now: datetime, zone: ZoneInfo) -> Sweep:
    """Return the first month of a round, up to the present."""
    from_s = _month_start(int(now.timestamp()), zone)
    return Sweep(now, False, Position(max(oldest_s, from_s)))


def _passed(at: datetime, now: datetime, every: timedelta) -> bool:
    """Whether so much time has passed. A time ahead of `now` is of a wrong clock: it never was."""
    return at > now or now - at >= every


def _month_start(second: int, zone: ZoneInfo) -> int:
    """Return the first second of the month of the account's time zone: its days are counted."""
    day = datetime.fromtimestamp(second, UTC).astimezone(zone).date().replace(day=1)
    return int(datetime.combine(day, time(), zone).timestamp())
