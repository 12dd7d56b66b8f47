"""Payloads of the quarantine, understood with the code of this version. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from nps_core.answers.models import Incoming
from nps_core.answers.quarantine import Quarantined, may_be_cut
from nps_core.answers.stream import read_records
from nps_core.connectors.wootric.payloads import from_rest, from_webhook
from nps_core.errors import PayloadError
from nps_core.keys import Kind

Record = Mapping[str, Any]
"""A record of the stream that the consumers can read."""


def reparse(payload: Quarantined) -> Incoming | Record:
    """Read a quarantined payload as the path that set it aside would read it now.

    A row of the API counts as read when it was received, so it overwrites nothing newer.

    Raises:
        PayloadError: it is still not understood.
    """
    if may_be_cut(payload.raw):
        raise PayloadError("cut", "it was too long to be kept in full")
    match payload.source:
        case "webhook":
            return from_webhook(payload.raw.encode())
        case "sync":
            row = _parsed(payload.raw)
            kind = _kind(row, payload.reason)
            return from_rest(row, kind, payload.account_token, payload.received_at)
        case "stream":
            return _record(_parsed(payload.raw))
    raise PayloadError("unknown_source", "it came by no path of this version")


def _kind(row: object, reason: str) -> Kind:
    """Tell a response by its score: a declined survey has none, and none is missed there."""
    has_score = isinstance(row, Mapping) and "score" in row
    return "response" if has_score or reason == "bad_score" else "decline"


def _record(record: Any) -> Record:
    _, bad = read_records({"Records": [record]})
    if bad:
        raise PayloadError("bad_stream_record", bad[0].detail)
    stored: Record = record
    return stored


def _parsed(raw: str) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as exc:
        raise PayloadError("not_json", "it is not JSON") from exc
