"""End users of the source, as far as follow-up needs them. Pure.

Who somebody is now: name, e-mail, external id and current properties. A telephone number is not
kept; nobody is called by this system.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from nps_core import fields
from nps_core.errors import PayloadError
from nps_core.times import from_iso, iso, parse_time

_WHOLE_NAMES = ("name", "full_name", "fullname", "display_name")
_PART_NAMES = (("first_name", "last_name"), ("firstname", "lastname"), ("given_name", "surname"))


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

    def tells_more_than(self, known: "Profile | None") -> bool:
        """Whether this person has an address or external id now that was not known before."""
        if known is None:
            return False
        new_email = self.email is not None and self.email != known.email
        return new_email or (self.external_id is not None and self.external_id != known.external_id)


def profile_of(row: Any) -> Profile | None:
    """Understand a row of `/v1/end_users`; None for a row without a usable id.

    Fields that are odd count as absent: an answer never depends on them.
    """
    if not isinstance(row, Mapping):
        return None
    try:
        row = dict(fields.storable(row))
        user_id = fields.identifier(row, "id")
    except PayloadError:
        return None
    email, _ = fields.email(row.get("email"))
    properties = fields.properties(row.get("properties")) or {}
    try:
        updated_at = parse_time(row.get("updated_at"), "updated_at")
    except PayloadError:
        updated_at = None
    external_id = fields.optional_text(row, "external_id")
    return Profile(user_id, email, external_id, name_of(properties), properties, updated_at)


def name_of(properties: Mapping[str, Any]) -> str | None:
    """Return a person's name from the properties: the API has no field for it."""
    by_name = {key.strip().lower().replace(" ", "_"): value for key, value in properties.items()}
    for key in _WHOLE_NAMES:
        if name := _text(by_name.get(key)):
            return name
    for first, last in _PART_NAMES:
        parts = [_text(by_name.get(first)), _text(by_name.get(last))]
        if any(parts):
            return " ".join(part for part in parts if part)
    return None


def _text(value: object) -> str:
    return " ".join(value.split())[:200] if isinstance(value, str) else ""
