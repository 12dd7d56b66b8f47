"""The movable clock: a file with an offset that every process of the stack adds to real time."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"([+-]?)(\d+(?:\.\d+)?)([smhdw])")


def parse_time(text: str) -> datetime:
    """An ISO 8601 time; without an offset it is UTC.

    Raises:
        ValueError: It has another form.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no ISO 8601 time such as 2026-03-01T09:00:00Z") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def parse_duration(text: str) -> timedelta:
    """A duration such as 30s, 5m, 8h, 7d or 2w; a minus sign goes back in time.

    Raises:
        ValueError: It has another form.
    """
    match = _DURATION.fullmatch(text.strip())
    if not match:
        raise ValueError(f"{text!r} is no duration such as 30s, 5m, 8h or 7d")
    sign, number, unit = match.groups()
    return timedelta(**{_UNITS[unit]: float(f"{sign}{number}")})


@dataclass(frozen=True, slots=True)
class ClockFile:
    """The file named by NPS_CLOCK_FILE. Writes replace it atomically, since functions read it."""

    path: Path

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._offset())

    def set(self, moment: datetime) -> None:
        """Set the time; the clock runs on from there."""
        self._write((moment - datetime.now(UTC)).total_seconds())

    def advance(self, duration: timedelta) -> None:
        self._write(self._offset() + duration.total_seconds())

    def create(self) -> None:
        """Start with real time, unless an earlier run left a file."""
        if not self.path.exists():
            self._write(0.0)

    def _offset(self) -> float:
        return float(json.loads(self.path.read_text())["offset_s"])

    def _write(self, offset_s: float) -> None:
        unfinished = self.path.with_suffix(".tmp")
        unfinished.write_text(json.dumps({"offset_s": round(offset_s, 6)}))
        unfinished.replace(self.path)
