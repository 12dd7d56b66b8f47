"""End users of the source, as far as follow-up needs them. Pure.

Who somebody is now: name, e-mail, external id and current properties. A telephone number is not
kept; nobody is called by this system.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from nps_core.times import from_iso, iso


class Person(NamedTuple):
    """What an end user adds to an answer."""

    email: str | None
    external_id: str | None


@dataclass(frozen=True, slots=True)
class Profile:
    """One end user as last read."""

    id: str
    email: str | None
    external_id: str | None
    name: str | None
    properties: Mapping[str, Any] = field(default_factory=dict)
    updated_at: datetime | None = None

    def to_item(self) -> dict[str, Any]:
        """Return plain values for storage; `from_item` is the inverse."""
        return {
            "email": self.email,
            "external_id": self.external_id,
            "name": self.name,
            "properties": json.dumps(dict(self.properties), sort_keys=True, ensure_ascii=False),
            "updated_at": iso(self.updated_at) if self.updated_at else None,
        }

    @classmethod
    def from_item(cls, user_id: str, item: Mapping[str, Any]) -> "Profile":
        """Inverse of `to_item`."""
        updated_at = item.get("updated_at")
        return cls(
            user_id,
            item.get("email"),
            item.get("external_id"),
            item.get("name"),
            json.loads(item["properties"]),
            from_iso(updated_at) if updated_at else None,
        )

    @property
    def person(self) -> Person:
        """What the end user adds to an answer."""
        return Person(self.email, self.external_id)

    def tells_more_than(self, known: "Profile | None") -> bool:
        """Whether this person has an address or external id now that was not known before."""
        if known is None:
            return False
        new_email = self.email is not None and self.email != known.email
        return new_email or (self.external_id is not None and self.external_id != known.external_id)
