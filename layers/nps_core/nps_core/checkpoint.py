"""How far one stream (responses or declines) of a connection is synced. Pure values.

Three passes move independently: the live pass re-reads the recent past on every tick, the backfill
reads the first sync's window once, up to the present, and sweeps read it again later. All are
saved after every page.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from nps_core.positions import Position
from nps_core.sweeps import Sweep, Swept
from nps_core.times import from_iso, iso


@dataclass(frozen=True, slots=True)
class Backfill:
    """The first sync of a stream, with what it brought in over all its runs."""

    started_at: datetime
    from_s: int
    position: Position
    ended_at: datetime | None = None
    rows: int = 0
    quarantined: int = 0
    requests: int = 0


@dataclass(frozen=True, slots=True)
class StreamCheckpoint:
    """Position of a stream. Times of the source are Unix seconds, times of ours are datetimes."""

    watermark_s: int
    """Newest second of a finished live pass: what the source has shown, not what our clock says."""
    proven_at: datetime
    """When the last finished live pass asked for its last page."""
    saved_at: datetime
    backfill: Backfill
    live: Position | None = None
    """The live pass that a run left unfinished."""
    sweep: Sweep | None = None
    """The sweep that is under way."""
    swept: Swept | None = None
    """When sweeps last finished; None before the first, when the backfill counts as one."""

    @classmethod
    def first(cls, now: datetime, backfill_days: int, overlap: timedelta) -> "StreamCheckpoint":
        """Return the checkpoint of a connection that has never been synced."""
        from_s = int((now - max(timedelta(days=backfill_days), overlap)).timestamp())
        ended_at = None if backfill_days else now
        backfill = Backfill(now, from_s, Position(from_s, done=not backfill_days), ended_at)
        return cls(int(now.timestamp()), now, now, backfill)

    def live_start(self, now: datetime, overlap: timedelta) -> Position:
        """Return where this tick's live pass begins: resumed, or the overlap before the watermark.

        A row dated in the future must not carry the watermark away, so now is its upper bound.
        After a longer break a resumed pass steps back too: rows may have become visible late.
        """
        back_s = int(overlap.total_seconds())
        if self.live is None:
            return Position(min(self.watermark_s, int(now.timestamp())) - back_s)
        if now - self.saved_at <= overlap / 2:
            return self.live
        return Position(self.live.cursor - back_s, newest=self.live.newest)

    def after_live(self, position: Position, asked_at: datetime) -> "StreamCheckpoint":
        """Return the checkpoint after a page of the live pass that was asked for at `asked_at`."""
        if not position.done:
            return replace(self, live=position, saved_at=asked_at)
        newest = max(self.watermark_s, position.newest or 0)
        # A watermark beyond the present is of no use; the row that caused it is stored anyway.
        watermark = min(newest, max(self.watermark_s, int(asked_at.timestamp())))
        return replace(
            self, live=None, watermark_s=watermark, proven_at=asked_at, saved_at=asked_at
        )

    def swept_at(self) -> Swept:
        """Return when everything was last read again, the backfill being the first time."""
        return self.swept or Swept(self.backfill.started_at, self.backfill.started_at)

    def after_sweep(self, position: Position, asked_at: datetime) -> "StreamCheckpoint":
        """Return the checkpoint after a page of the sweep that was asked for at `asked_at`."""
        if self.sweep is None or not position.done:
            sweep = replace(self.sweep, position=position) if self.sweep else None
            return replace(self, sweep=sweep, saved_at=asked_at)
        swept = self.swept_at().after(self.sweep)
        return replace(self, sweep=None, swept=swept, saved_at=asked_at)

    def to_json(self) -> str:
        """Return a text for storage; `from_json` is the inverse."""
        fill = self.backfill
        return json.dumps(
            {
                "watermark_s": self.watermark_s,
                "proven_at": iso(self.proven_at),
                "saved_at": iso(self.saved_at),
                "live": self.live.to_json() if self.live else None,
                "sweep": self.sweep and _sweep_to_json(self.sweep),
                "swept": self.swept and [iso(self.swept.recent_at), iso(self.swept.whole_at)],
                "backfill": {
                    "started_at": iso(fill.started_at),
                    "from_s": fill.from_s,
                    "position": fill.position.to_json(),
                    "ended_at": iso(fill.ended_at) if fill.ended_at else None,
                    "rows": fill.rows,
                    "quarantined": fill.quarantined,
                    "requests": fill.requests,
                },
            },
            separators=(",", ":"),
        )

    @classmethod
    def from_json(cls, text: str) -> "StreamCheckpoint":
        """Inverse of `to_json`."""
        data: Mapping[str, Any] = json.loads(text)
        fill = dict(data["backfill"])
        fill["started_at"] = from_iso(fill["started_at"])
        fill["ended_at"] = from_iso(fill["ended_at"]) if fill["ended_at"] else None
        fill["position"] = Position.from_json(fill["position"])
        return cls(
            watermark_s=data["watermark_s"],
            proven_at=from_iso(data["proven_at"]),
            saved_at=from_iso(data["saved_at"]),
            backfill=Backfill(**fill),
            live=Position.from_json(data["live"]) if data["live"] else None,
            sweep=_sweep_from_json(data["sweep"]) if data["sweep"] else None,
            swept=Swept(*map(from_iso, data["swept"])) if data["swept"] else None,
        )


def _sweep_to_json(sweep: Sweep) -> list[Any]:
    return [iso(sweep.started_at), sweep.is_whole, sweep.position.to_json()]


def _sweep_from_json(data: list[Any]) -> Sweep:
    started_at, is_whole, position = data
    return Sweep(from_iso(started_at), is_whole, Position.from_json(position))
