"""An operator's requests to the next run of the sync. Plain values.

A request is a time. A run has accepted it when its checkpoint holds that time, so a request is
accepted once, even if runs die meanwhile, and nothing has to be deleted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class OperatorRequests:
    """The last request of each kind; times as ISO text, empty if there was none."""

    audit_at: str = ""
    backfill_at: str = ""
    since_s: int = 0

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> "OperatorRequests":
        """Parse the stored item; without one, or if it is unreadable, there are no requests."""
        audit_at, backfill_at = _text(item.get("audit_at")), _text(item.get("backfill_at"))
        since_s = item.get("since_s")
        if not isinstance(since_s, int):
            return cls(audit_at)
        return cls(audit_at, backfill_at, since_s)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
