"""What an operator asks of the next run of the sync. Plain values.

A request is a time: a run has accepted it when its checkpoint names that time, so a request is
accepted once, whichever run dies meanwhile, and nothing has to be deleted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class OperatorRequests:
    """The last request of each sort; times as ISO text, empty when there was none."""

    audit_at: str = ""
    backfill_at: str = ""
    since_s: int = 0

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> "OperatorRequests":
        """Read the stored item; an absent one asks for nothing."""
        return cls(item.get("audit_at", ""), item.get("backfill_at", ""), item.get("since_s", 0))
