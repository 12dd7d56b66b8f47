"""The run log: a record of each run of the sync, for operators. No field has personal data."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Literal

from nps_core.errors import UnreadableItem
from nps_core.times import from_iso, iso

RunKind = Literal["backfill", "live", "sweep", "preview"]
RunStatus = Literal["running", "complete", "partial", "failed", "skipped"]
_TIMES = {"started_at", "ended_at", "window_from", "window_to"}


@dataclass(frozen=True, slots=True)
class RunRecord:
    """Counts of one run, so far or final.

    `skipped` is reported but never stored: another run holds the connection.
    """

    run_id: str
    account_token: str
    kind: RunKind
    started_at: datetime
    status: RunStatus = "running"
    ended_at: datetime | None = None
    window_from: datetime | None = None
    """Oldest second that was requested."""
    window_to: datetime | None = None
    """Time up to which the source has been read."""
    pages: int = 0
    fetched: int = 0
    """Rows that were new in this run; rows read twice at page edges count once."""
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    """Answers and declines proven to be gone at the source, those of erased persons included."""
    quarantined: int = 0
    """Rows quarantined for the first time."""
    requests: int = 0
    throttled: int = 0
    gaps: int = 0
    """New gaps."""
    closed_gaps: int = 0
    error: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return all fields as plain values, times as ISO text."""
        return {
            name: iso(value) if isinstance(value, datetime) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> "RunRecord":
        """Parse a stored record; missing fields take their defaults.

        Raises UnreadableItem if a field without a default is missing or a time is invalid.
        """
        values = {f.name: item[f.name] for f in fields(cls) if item.get(f.name) is not None}
        try:
            times = {name: from_iso(values[name]) for name in _TIMES & values.keys()}
            return cls(**{**values, **times})
        except (TypeError, ValueError) as exc:
            raise UnreadableItem(f"the run {item.get('sk')} cannot be read") from exc


def run_id(started_at: datetime, suffix: str) -> str:
    """Return an id that sorts by time; `suffix` keeps two runs of one millisecond apart."""
    return f"{started_at:%Y%m%dT%H%M%S}{started_at.microsecond // 1000:03d}Z-{suffix}"
