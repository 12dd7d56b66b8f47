"""Stored answers that the source no longer lists. Pure.

There is no word of a deletion. An answer is taken for deleted when two complete listings of its
second, at least a day apart, lack it and the source does not know its id any more.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from nps_core.keys import AnswerKey, Kind
from nps_core.times import from_iso, iso

SECOND_LOOK = timedelta(hours=24)
SETTLED = timedelta(hours=1)
"""Younger answers may not be listed yet although a webhook brought them: creation is queued."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A stored answer that a complete listing lacked, since when."""

    key: AnswerKey
    second: int
    end_user_id: str | None
    missed_at: datetime

    def is_due(self, now: datetime) -> bool:
        """Whether a second look may prove the deletion."""
        return now - self.missed_at >= SECOND_LOOK

    def to_item(self) -> dict[str, Any]:
        """Return plain values for storage; `from_item` is the inverse."""
        return {
            "kind": self.key.kind,
            "id": self.key.id,
            "second": self.second,
            "end_user_id": self.end_user_id,
            "missed_at": iso(self.missed_at),
        }

    @classmethod
    def from_item(cls, item: dict[str, Any], account_token: str) -> "Suspect":
        """Inverse of `to_item`."""
        kind: Kind = item["kind"]
        return cls(
            AnswerKey(account_token, kind, item["id"]),
            item["second"],
            item.get("end_user_id"),
            from_iso(item["missed_at"]),
        )
