"""Checkpoint of one stream (responses or declines) of a connection. Pure values.

The passes move independently. The live pass re-reads the recent past on every tick. The backfill
reads the first sync's window once, up to the present. An extension reads history that an operator
requested. Sweeps re-read everything again and again. All are saved after every page.
"""

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from nps_core.errors import UnreadableItem
from nps_core.formats import LEFT_OUT, Stored
from nps_core.sync.reading.cursor import Position, SortedBy
from nps_core.sync.reading.sweeps import Sweep, Swept, month_due, new_round, recent_due

_SECOND_OVER_S = 60
"""After this long, a second read alone includes every row that a queue had delayed."""


@dataclass(frozen=True, slots=True)
class Backfill(Stored):
    """A long read of a stream's history, with its totals over all runs."""

    started_at: datetime
    from_s: int
    position: Position
    ended_at: datetime | None = None
    rows: int = 0
    quarantined: int = 0
    requests: int = 0


@dataclass(frozen=True, slots=True)
class StreamCheckpoint(Stored):
    """State of a stream. The source's times are Unix seconds, ours are datetimes."""

    watermark_s: int
    """Newest second of a finished live pass: a time of the source's rows, not of our clock."""
    proven_at: datetime
    """Start of the last finished live pass: rows that appeared later may lie behind its cursor."""
    saved_at: datetime
    _: KW_ONLY
    live: Position | None = None
    """The live pass that a run left unfinished."""
    live_since: datetime | None = None
    """Start of that pass."""
    live_source_at: datetime | None = field(default=None, metadata=LEFT_OUT)
    """Its start by the source's own clock."""
    source_at: datetime | None = field(default=None, metadata=LEFT_OUT)
    """Start of the last finished live pass by the source's own clock; None if it told no time."""
    sweep: Sweep | None = None
    """The recent sweep in progress."""
    month: Sweep | None = field(default=None, metadata=LEFT_OUT)
    """The month of a round in progress."""
    swept: Swept | None = None
    """What sweeps have re-read; None before the first, when the backfill counts as one."""
    backfill: Backfill
    extension: Backfill | None = None
    """Requested history, while it is being read."""
    extended_at: str = ""
    """The operator's request that was accepted last."""
    drained: frozenset[int] = frozenset()
    """Seconds inside the overlap that fill whole pages and have been read alone."""

    @classmethod
    def first(cls, now: datetime, backfill_days: int, overlap: timedelta) -> "StreamCheckpoint":
        """Return the checkpoint of a connection that has never been synced."""
        from_s = int((now - max(timedelta(days=backfill_days), overlap)).timestamp())
        ended_at = None if backfill_days else now
        backfill = Backfill(now, from_s, Position(from_s, done=not backfill_days), ended_at)
        return cls(int(now.timestamp()), now, now, backfill=backfill)

    def live_start(self, now: datetime, overlap: timedelta, by: SortedBy = "created") -> Position:
        """Return the start of this tick's live pass: resumed, or the overlap before the last one.

        The last one began at `source_at`; if that is unknown, the watermark is no later. A row
        dated in the future must not move the watermark ahead, so now is its upper bound.
        After a long break a resumed pass steps back too: rows may have become visible late.
        """
        back_s = int(overlap.total_seconds())
        if self.live is None or self.live.by != by:
            known = self.source_at
            last_s = self.watermark_s if known is None else int(known.timestamp())
            return Position(min(last_s, int(now.timestamp())) - back_s, by=by)
        if now - self.saved_at <= overlap / 2:
            return self.live
        return Position(self.live.cursor - back_s, newest=self.live.newest, by=by)

    def live_began(self, now: datetime, by: SortedBy = "created") -> datetime:
        """Return when the pass of `live_start` began: now, unless it is resumed."""
        is_resumed = self.live is not None and self.live.by == by
        return self.live_since if is_resumed and self.live_since is not None else now

    def after_live(
        self,
        position: Position,
        asked_at: datetime,
        began_at: datetime,
        source_at: datetime | None = None,
    ) -> "StreamCheckpoint":
        """Return the checkpoint after a page of the live pass that began at `began_at`.

        `source_at`: the source's own time of the reply.
        """
        is_first = self.live is None or self.live.by != position.by
        source_began_at = source_at if is_first else self.live_source_at
        if not position.done:
            return replace(
                self,
                live=position,
                live_since=began_at,
                live_source_at=source_began_at,
                saved_at=asked_at,
            )
        newest = max(self.watermark_s, position.newest or 0)
        # The next pass must cover rows that appeared during this one, so it must not begin later.
        # A watermark beyond the present is useless; its row is stored anyway.
        watermark = min(newest, max(self.watermark_s, int(began_at.timestamp())))
        return replace(
            self,
            live=None,
            live_since=None,
            live_source_at=None,
            source_at=source_began_at,
            watermark_s=watermark,
            proven_at=began_at,
            saved_at=asked_at,
        )

    @property
    def complete_at(self) -> datetime:
        """Start of the last finished live pass, by the clock that is behind: ours or the source's.

        Rows carry times of the source's clock.
        """
        return self.proven_at if self.source_at is None else min(self.proven_at, self.source_at)

    def extended(self, asked_at: str, since_s: int, now: datetime) -> "StreamCheckpoint":
        """Return the checkpoint with history from `since_s` on to be read, requested at `asked_at`.

        Up to the start of the history that has been read; if that is no later, up to the present,
        which repairs any difference.
        """
        end = self.backfill.from_s if since_s < self.backfill.from_s else None
        extension = Backfill(now, since_s, Position(since_s, end=end))
        return replace(self, extension=extension, extended_at=asked_at)

    def after_extension(self, extension: Backfill, asked_at: datetime) -> "StreamCheckpoint":
        """Return the checkpoint after a page; once finished, the history begins earlier."""
        if not extension.position.done:
            return replace(self, extension=extension, saved_at=asked_at)
        from_s = min(self.backfill.from_s, extension.from_s)
        backfill = replace(self.backfill, from_s=from_s)
        return replace(self, extension=None, backfill=backfill, saved_at=asked_at)

    def drained_once(self, second: int, now: datetime, overlap: timedelta) -> "StreamCheckpoint":
        """Remember a second that was over when it was read alone, while the overlap covers it.

        Live passes then need not read it alone on every tick; the next sweep does.
        """
        keep_from = int((now - 2 * overlap).timestamp())
        is_over = second + _SECOND_OVER_S <= now.timestamp()
        kept = {earlier for earlier in self.drained if earlier >= keep_from}
        if is_over and second >= keep_from:
            kept.add(second)
        return replace(self, drained=frozenset(kept))

    def swept_at(self) -> Swept:
        """Return when everything was last re-read; the backfill counts as the first time."""
        began = self.backfill.started_at
        return self.swept or Swept(began, began, self.backfill.from_s)

    def recent_due(self, now: datetime) -> Sweep | None:
        """Return the recent sweep that is in progress or due."""
        if self.sweep is not None and self.sweep.is_recent:
            return self.sweep
        return recent_due(self.swept_at(), self.backfill.from_s, now)

    def month_due(self, now: datetime, every: timedelta, zone: ZoneInfo) -> Sweep | None:
        """Return the month of the round that is in progress or due. `every`: as `month_due`."""
        return self.month or month_due(self.swept_at(), self.backfill.from_s, now, every, zone)

    def with_new_round(self, now: datetime, zone: ZoneInfo) -> "StreamCheckpoint":
        """Return the checkpoint with a round that begins now, instead of the one in progress."""
        return replace(self, month=new_round(self.backfill.from_s, now, zone))

    def after_recent(self, sweep: Sweep, position: Position) -> "StreamCheckpoint":
        """Return the checkpoint after a page of the recent sweep."""
        if not position.done:
            return replace(self, sweep=sweep._replace(position=position))
        swept = self.swept_at()._replace(recent_at=sweep.started_at)
        return replace(self, sweep=None, swept=swept)

    def after_month(self, sweep: Sweep, position: Position, zone: ZoneInfo) -> "StreamCheckpoint":
        """Return the checkpoint after a page of a month of the round."""
        if not position.done:
            return replace(self, month=sweep._replace(position=position))
        from_s, _ = sweep.month(self.backfill.from_s, zone)
        swept = self.swept_at()._replace(round_at=sweep.started_at, down_to_s=from_s)
        return replace(self, month=None, swept=swept)

    def repeating(self, sweep: Sweep, zone: ZoneInfo) -> "StreamCheckpoint":
        """Return the checkpoint with a month of the round to be re-read once more."""
        from_s, _ = sweep.month(self.backfill.from_s, zone)
        again = Position(from_s, end=sweep.position.end)
        return replace(self, month=sweep._replace(position=again, is_repeat=True))


def oldest_proof(texts: Iterable[str | None]) -> datetime | None:
    """Return the earliest `proven_at` of stored checkpoints; None without any.

    An unreadable checkpoint proves nothing, which must not look like "never synced".
    """
    return min((_proven_at(text) for text in texts if text is not None), default=None)


def _proven_at(text: str) -> datetime:
    try:
        return StreamCheckpoint.from_json(text).proven_at
    except UnreadableItem:
        return datetime.fromtimestamp(0, UTC)
