"""Webhook bodies and their signature, byte for byte as Wootric sends them."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote, quote_plus
from zoneinfo import ZoneInfo

from nps_local.fakes.wootric.data.model import Answer, Decline, EndUser, Kind
from nps_local.fakes.wootric.data.timefmt import iso_time, rest_time
from nps_local.fakes.wootric.data.views import UNNAMED, escaped
from nps_local.fakes.wootric.switches import Switches

Format = Literal["json", "form", "form_raw"]
Event = Literal["created", "updated"]
SIGNATURE_HEADER = "X-Wootric-Signature"

_TIMES = ("created_at", "updated_at")


@dataclass(frozen=True, kw_only=True)
class Notification:
    """A snapshot at the time of the event; times are still milliseconds."""

    kind: Kind
    event: Event
    resource: dict[str, Any]
    account_token: str
    survey_mode: str
    zone: ZoneInfo


@dataclass(frozen=True)
class Encoded:
    """A body ready to be signed and sent."""

    content_type: str
    body: bytes


def resource(row: Answer | Decline, user: EndUser, switches: Switches) -> dict[str, Any]:
    """Snapshot a row in webhook shape: flat properties, e-mail, no tags, notes or completed."""
    fields: dict[str, Any] = {
        "id": row.id,
        "email": user.email,
        "external_id": user.external_id,
    }
    if isinstance(row, Answer):
        fields["score"] = row.score
        escapes = switches.webhook.html_escape_text and row.text is not None
        fields["text"] = escaped(row.text or "") if escapes else row.text
    fields |= {
        "ip_address": row.ip_address,
        "origin_url": row.origin_url,
        "end_user_id": row.end_user_id,
        "end_user_properties": dict(row.properties),
        "survey_id": row.survey_id,
        "created_at": row.created_ms,
        "updated_at": row.updated_ms,
    }
    if isinstance(row, Answer):
        fields["excluded_from_calculations"] = row.excluded
        fields |= UNNAMED if switches.unnamed_keys else {}
    return fields


def encode(notification: Notification, timestamp_ms: int, style: Format) -> Encoded:
    """Write the body. Form bodies have whole seconds and no null."""
    show = iso_time if style == "json" else rest_time
    fields = {
        name: show(value, notification.zone) if name in _TIMES else value
        for name, value in notification.resource.items()
    }
    payload = {
        notification.kind: fields,
        "event_name": notification.event,
        "timestamp": show(timestamp_ms, notification.zone),
        "account_token": notification.account_token,
        "survey_mode": notification.survey_mode,
    }
    if style == "json":
        text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
        return Encoded("application/json", text.encode())
    pairs = _pairs(payload, "")
    if style == "form":
        text = "&".join(f"{quote_plus(k)}={quote_plus(v)}" for k, v in pairs)
    else:
        text = "&".join(f"{quote(k, safe='[]')}={quote(v, safe='')}" for k, v in pairs)
    return Encoded("application/x-www-form-urlencoded", text.encode())


def sign(body: bytes, key: str) -> str:
    """Return the value of the signature header."""
    return "sha1=" + hmac.new(key.encode("ascii"), body, hashlib.sha1).hexdigest()


def _pairs(value: dict[str, Any], prefix: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, item in value.items():
        key = f"{prefix}[{name}]" if prefix else name
        if isinstance(item, dict):
            pairs.extend(_pairs(item, key))
        elif isinstance(item, bool):
            pairs.append((key, "true" if item else "false"))
        else:
            pairs.append((key, "" if item is None else str(item)))
    return pairs
