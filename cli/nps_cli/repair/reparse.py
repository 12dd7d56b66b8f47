"""Parses quarantined payloads with the code of this version. Pure."""

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
    """Parse a quarantined payload as its original path would do now.

    A row of the API keeps the time of its receipt, so it does not overwrite a newer one.

    Raises:
        PayloadError: it still cannot be understood.
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
    """Recognise a response by its score: a declined survey has none."""
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
