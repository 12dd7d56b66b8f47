"""Records of ResponsesTable's stream, as Lambda delivers them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nps_core.answers.dynamo import from_item
from nps_core.answers.models import Answer, Change
from nps_core.answers.ports import Quarantine
from nps_core.aws.items import from_wire


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record that is not an answer; `raw` goes to quarantine."""

    raw: str
    detail: str


def read_records(event: Mapping[str, Any]) -> tuple[list[Change], list[BadRecord]]:
    """Split the event of a stream mapping into changes, in order, and unreadable records."""
    changes: list[Change] = []
    bad: list[BadRecord] = []
    for record in event["Records"]:
        try:
            data = record["dynamodb"]
            changes.append(_change(_image(data, "OldImage"), _image(data, "NewImage")))
        except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as exc:
            bad.append(BadRecord(json.dumps(record, default=str), type(exc).__name__))
    return changes, bad


def _change(old: Answer | None, new: Answer | None) -> Change:
    if old is None and new is None:
        raise KeyError("NewImage")
    return old, new


def _image(data: Mapping[str, Any], name: str) -> Answer | None:
    wire = data.get(name)
    return from_item(from_wire(_binary_safe(wire))) if wire else None


def _binary_safe(wire: Mapping[str, Any]) -> dict[str, Any]:
    """Raise TypeError for a binary attribute: an answer has none, so the item is not ours."""
    if any("B" in value for value in wire.values()):
        raise TypeError("binary attribute in an answer")
    return dict(wire)


def keep_bad_records(quarantine: Quarantine, bad: Iterable[BadRecord], now: datetime) -> int:
    """Put unreadable records into quarantine. Returns the number of new ones."""
    return sum(
        quarantine.add(record.raw, "bad_stream_record", record.detail, "stream", "", now)
        for record in bad
    )
