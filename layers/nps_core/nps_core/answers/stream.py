"""Records of ResponsesTable's stream, as Lambda delivers them.

A record that can never be handled goes to quarantine, so that it holds up neither its batch nor its
shard. Only what passes by itself is left to Lambda, which repeats the batch for hours.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from nps_core.answers.dynamo import from_item
from nps_core.answers.models import Answer, Change
from nps_core.answers.ports import Quarantine
from nps_core.aws.items import from_wire
from nps_core.errors import TransientError

Report = TypeVar("Report")


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record that is not an answer, or that fails for good; `raw` goes to quarantine."""

    raw: str
    detail: str
    reason: str = "bad_stream_record"


class _Readable(NamedTuple):
    record: Mapping[str, Any]
    change: Change


def read_records(event: Mapping[str, Any]) -> tuple[list[Change], list[BadRecord]]:
    """Split the event of a stream mapping into changes, in order, and unreadable records."""
    readable, bad = _split(event)
    return [one.change for one in readable], bad


def apply_records(
    event: Mapping[str, Any], apply: Callable[[list[Change]], Report]
) -> tuple[list[Report], list[BadRecord]]:
    """Apply all changes of an event: at once, or in ever smaller parts around one that fails.

    `apply` must be safe to repeat. Returns the reports of its parts, and the records that are not
    answers or fail for good. Raises TransientError: a repeat of the whole event will do.
    """
    readable, bad = _split(event)
    reports: list[Report] = []
    left = [readable] if readable else []
    while left:
        part = left.pop()
        try:
            reports.append(apply([one.change for one in part]))
        except TransientError:
            raise
        except Exception as exc:  # a defect met by one record must not stop the others
            if len(part) == 1:
                bad.append(_bad(part[0].record, exc, "record_fails"))
            else:
                half = len(part) // 2
                left += [part[half:], part[:half]]
    return reports, bad


def _split(event: Mapping[str, Any]) -> tuple[list[_Readable], list[BadRecord]]:
    readable: list[_Readable] = []
    bad: list[BadRecord] = []
    for record in event["Records"]:
        try:
            data = record["dynamodb"]
            change = _change(_image(data, "OldImage"), _image(data, "NewImage"))
        except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as exc:
            bad.append(_bad(record, exc))
        else:
            readable.append(_Readable(record, change))
    return readable, bad


def _bad(record: object, exc: Exception, reason: str = "bad_stream_record") -> BadRecord:
    """Name the type of the error only: its message may quote the answer."""
    return BadRecord(json.dumps(record, default=str), type(exc).__name__, reason)


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
    """Put bad records into quarantine. Returns the number of new ones."""
    return sum(
        quarantine.add(record.raw, record.reason, record.detail, "stream", "", now)
        for record in bad
    )
