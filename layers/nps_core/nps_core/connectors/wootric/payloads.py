"""Wootric's payloads, parsed: REST rows and webhook bodies become `Incoming`.

Tolerant of unknown and missing fields (unknown ones are kept in `extra`), strict about the inputs
of every number: id, score and times. Any other payload raises `PayloadError` and ends in
quarantine.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from nps_core.answers.models import Incoming
from nps_core.connectors import fields
from nps_core.errors import PayloadError
from nps_core.keys import AnswerKey, Kind
from nps_core.scoring import NPS
from nps_core.times import parse_time

_KNOWN = frozenset(
    {
        *("id", "end_user_id", "survey_id", "score", "text", "completed", "created_at"),
        *("updated_at", "tags", "notes", "end_user", "end_user_properties", "email"),
        *("external_id", "excluded_from_calculations", "ip_address", "origin_url"),
    }
)
"""Fields with a place of their own. `ip_address` is among them because it is never stored."""

_IDENTITY = ("email", "external_id", "end_user_id")


class _Who(NamedTuple):
    email: str | None
    is_unknown: bool
    external_id: str | None
    properties: Mapping[str, Any] | None


def from_rest(row: object, kind: Kind, account_token: str, read_at: datetime) -> Incoming:
    """Parse a row of `/v1/responses` or `/v1/declines` that was read at `read_at`.

    Raises:
        PayloadError: `not_an_object`, `bad_id`, `bad_score`, `bad_time`, `too_deep` or `too_long`.
    """
    if not isinstance(row, Mapping):
        raise PayloadError("not_an_object", "the row is not a JSON object")
    row = _mapping(fields.storable(row))
    user = _mapping(row.get("end_user"))
    fields.require_short(row, _IDENTITY)
    fields.require_short(user, _IDENTITY)
    address, unknown = fields.email(user.get("email", row.get("email")))
    who = _Who(
        address,
        unknown,
        fields.optional_text(user, "external_id") or fields.optional_text(row, "external_id"),
        fields.properties(user.get("properties")),
    )
    return Incoming(
        **_common(row, kind, account_token, NPS, who),
        source="sync",
        metric=None,
        properties_typed=True,
        event_rank=1,
        event_at=read_at,
        tags=fields.labels(row, "tags"),
        notes=fields.labels(row, "notes"),
        completed=fields.boolean(row.get("completed")),
    )


def from_webhook(body: bytes) -> Incoming:
    """Parse a webhook body whose signature has been verified: JSON or Rails-style form.

    The body decides the format: the Content-Type header is not documented.

    Raises:
        PayloadError: `not_json_or_form`, `no_resource`, `bad_account_token`, `bad_id`, `bad_score`,
            `bad_time`, `too_deep` or `too_long`.
    """
    payload, typed = _decode(body)
    kinds: list[Kind] = [
        kind for kind in ("response", "decline") if isinstance(payload.get(kind), Mapping)
    ]
    if len(kinds) != 1:
        raise PayloadError("no_resource", "expected exactly one of response and decline")
    row: Mapping[str, Any] = payload[kinds[0]]
    fields.require_short(row, _IDENTITY)
    metric = (fields.optional_text(payload, "survey_mode") or "").upper() or None
    address, unknown = fields.email(row.get("email"))
    who = _Who(
        address,
        unknown,
        fields.optional_text(row, "external_id"),
        fields.properties(row.get("end_user_properties")),
    )
    token = fields.optional_text(payload, "account_token")
    if token is None or "#" in token or token[0] == "~" or not token.isascii() or len(token) > 64:
        raise PayloadError("bad_account_token", "account_token is missing or not a token")
    return Incoming(
        **_common(row, kinds[0], token, metric or NPS, who),
        source="webhook",
        metric=metric,
        properties_typed=typed,
        event_rank=0 if payload.get("event_name") == "created" else 1,
        event_at=_event_time(payload, row),
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _event_time(payload: Mapping[str, Any], row: Mapping[str, Any]) -> datetime:
    if payload.get("timestamp"):
        return parse_time(payload["timestamp"], "timestamp")
    return parse_time(row.get("updated_at") or row.get("created_at"), "updated_at")


def _common(
    row: Mapping[str, Any], kind: Kind, token: str, metric: str, who: _Who
) -> dict[str, Any]:
    return {
        "key": AnswerKey(token, kind, fields.identifier(row, "id")),
        "score": fields.score(row, metric) if kind == "response" else None,
        "text": fields.comment(row),
        "email": who.email,
        "external_id": who.external_id,
        "end_user_id": fields.optional_text(row, "end_user_id"),
        "is_unknown_user": who.is_unknown,
        "survey_id": fields.optional_text(row, "survey_id"),
        "origin_url": _without_query(row.get("origin_url")),
        "properties": who.properties,
        "answered_at": parse_time(row.get("created_at"), "created_at"),
        "updated_at": parse_time(row.get("updated_at") or row.get("created_at"), "updated_at"),
        "excluded": fields.boolean(row.get("excluded_from_calculations")),
        "extra": {name: value for name, value in row.items() if name not in _KNOWN},
    }


def _without_query(url: object) -> str | None:
    """Keep the page's address; queries and fragments may hold sessions and personal data."""
    if not isinstance(url, str):
        return None
    return url.split("?", 1)[0].split("#", 1)[0].strip()[:500] or None


def _decode(body: bytes) -> tuple[Mapping[str, Any], bool]:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return _decode_form(body), False
    if not isinstance(payload, Mapping):
        raise PayloadError("not_json_or_form", "the body is JSON but not an object")
    return fields.storable(payload), True


def _decode_form(body: bytes) -> Mapping[str, Any]:
    """Decode `response[email]=...`: split on & before decoding, because keys may hold any text.

    A field without `=` is empty: some encoders write null like that.
    """
    try:
        text = body.decode("utf-8")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=1000)
    except ValueError as exc:
        raise PayloadError("not_json_or_form", "the body is neither JSON nor a form") from exc
    if "=" not in text or text.lstrip()[:1] in ("{", "["):
        raise PayloadError("not_json_or_form", "the body is neither JSON nor a form")
    tree: dict[str, Any] = {}
    for name, value in pairs:
        _place(tree, _path(name), value)
    return tree


def _path(name: str) -> list[str]:
    """Split `response[end_user_properties][a [b] c]` into at most three parts."""
    head, bracket, rest = name.partition("[")
    if not bracket or not rest.endswith("]"):
        return [name]
    return [head, *rest[:-1].split("][", 1)]


def _place(tree: dict[str, Any], path: list[str], value: str) -> None:
    for part in path[:-1]:
        child = tree.setdefault(part, {})
        if not isinstance(child, dict):
            raise PayloadError("not_json_or_form", "a form field is both a value and a group")
        tree = child
    if isinstance(tree.get(path[-1]), dict):
        raise PayloadError("not_json_or_form", "a form field is both a value and a group")
    tree[path[-1]] = value
