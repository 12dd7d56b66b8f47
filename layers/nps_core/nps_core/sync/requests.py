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
        """Parse the stored item; without one there are no requests."""
        return cls(item.get("audit_at", ""), item.get("backfill_at", ""), item.get("since_s", 0))
