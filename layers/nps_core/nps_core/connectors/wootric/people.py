"""End users as Wootric lists them, parsed into profiles."""

from collections.abc import Mapping
from typing import Any

from nps_core.connectors import fields
from nps_core.customers.people import Profile
from nps_core.errors import PayloadError
from nps_core.times import parse_time

_WHOLE_NAMES = ("name", "full_name", "fullname", "display_name")


_PART_NAMES = (("first_name", "last_name"), ("firstname", "lastname"), ("given_name", "surname"))


def profile_of(row: Any) -> Profile | None:
    """Parse a row of `/v1/end_users`; None for a row without a usable id.

    Malformed fields count as absent: no answer depends on them. The name is found before properties
    are cut.
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
    name = name_of(properties)
    return Profile(user_id, email, external_id, name, properties, updated_at).fitted()


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
