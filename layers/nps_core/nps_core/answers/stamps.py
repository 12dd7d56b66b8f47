"""The place of a version in the order of all versions of an answer, and its short text for storage.

Every value of an answer has the stamp of the version that it comes from. Most values come from the
version that the answer has its times from, so only the other stamps are stored.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from nps_core.answers.models import Answer, Incoming, Stamp, Stamps
from nps_core.times import epoch_ms

LATE_S = 15 * 60
"""A row may be older than its read by this much: the API may list a change late."""

PERSONAL = ("text", "email", "external_id", "survey_id", "origin_url", "properties", "notes")
"""Fields that an erasure empties."""
_LABELS = ("tags", "notes", "completed")
_ALWAYS_SENT = ("text", "excluded", "tags", "notes")
"""Sent with every response (labels: with every row of the API): an empty value counts as sent,
unless a stamp says otherwise."""


class Precedence(NamedTuple):
    """The later version has the greater one. No two different versions are equal."""

    second: int
    rank: int
    settled: bool
    millis: int
    event_ms: int
    has_text: bool
    is_typed: bool
    is_rest: bool
    score: int
    updated_ms: int


@lru_cache(maxsize=1_000)
def precedence(stamp: Stamp) -> Precedence:
    """Order by whole second first: REST and form webhooks have no finer time.

    A row read after that second has ended shows its final state, so it beats the webhooks of the
    same second, and the later of two reads wins. This corrects lost and reordered webhooks, and
    edits that leave `updated_at` alone. A row that was read long after its `updated_at` shows the
    state of shortly before its read, so it also beats versions with a later `updated_at` that are
    older than that: a row whose `updated_at` went back. Milliseconds break ties between webhooks.
    """
    second, millis = divmod(stamp.updated_ms, 1000)
    settled = False
    if stamp.is_rest:
        read = stamp.event_ms // 1000
        settled = read > second
        second = max(second, read - LATE_S)
    return Precedence(
        second,
        stamp.rank,
        settled,
        0 if settled else millis,
        stamp.event_ms,
        stamp.has_text,
        stamp.is_typed,
        stamp.is_rest,
        stamp.score,
        stamp.updated_ms,
    )


def stamp_of(version: Incoming, *, is_personal: bool = True) -> Stamp:
    """Return the stamp of a version; without `is_personal`, as if it had no comment."""
    return Stamp(
        updated_ms=epoch_ms(version.updated_at),
        event_ms=epoch_ms(version.event_at),
        rank=version.event_rank,
        is_rest=version.is_rest,
        is_typed=version.properties_typed,
        has_text=is_personal and bool(version.text),
        score=-1 if version.score is None else version.score,
    )


def own_stamp(answer: Answer) -> Stamp:
    """Return the stamp of the newest version, from which the answer has its times."""
    return Stamp(
        updated_ms=epoch_ms(answer.updated_at),
        event_ms=epoch_ms(answer.event_at),
        rank=answer.event_rank,
        is_rest=answer.source == "sync",
        is_typed=not answer.is_form or answer.source == "sync",
        has_text=bool(answer.text) and "text" not in answer.stamps,
        score=-1 if answer.score is None or "score" in answer.stamps else answer.score,
    )


def usual_stamp(answer: Answer, name: str, value: Any, own: Stamp) -> Stamp | None:
    """Return the stamp of a field without a stored one; None: no version has had the field.

    An answer of an earlier version has none: its values count as those of its newest version, and
    its labels as those of its latest read.
    """
    if answer.erased and name in PERSONAL:
        return None
    if name in _LABELS and not own.is_rest:
        return None if answer.rest_at is None else _read_at(answer.rest_at)
    is_sent = name in _ALWAYS_SENT and answer.key.kind == "response"
    is_empty = value is None or value in ("", (), {}) or (name == "excluded" and not value)
    return own if is_sent or not is_empty else None


def _read_at(moment: datetime) -> Stamp:
    """Return the least stamp of a row that was read at `moment`."""
    at = epoch_ms(moment)
    return Stamp(at - LATE_S * 1000, at, 1, True, True, False, -1)


def encode(stamps: Stamps, answered_at: datetime) -> str | None:
    """Return the JSON text of stamps: fields by stamp, in ms since the answer was given."""
    by_stamp: dict[str, list[str]] = {}
    for name in sorted(stamps):
        by_stamp.setdefault(_text(stamps[name], epoch_ms(answered_at)), []).append(name)
    if not by_stamp:
        return None
    return json.dumps(by_stamp, separators=(",", ":"), ensure_ascii=False, sort_keys=True)


def decode(text: str | None, answered_at: datetime) -> Stamps:
    """Inverse of `encode`. Raises ValueError."""
    fields: Mapping[str, Any] = json.loads(text) if text else {}
    begin = epoch_ms(answered_at)
    return {name: _stamp(short, begin) for short, names in fields.items() for name in names}


def _text(stamp: Stamp | None, begin: int) -> str:
    if stamp is None:
        return ""
    flags = stamp.rank + 2 * stamp.is_rest + 4 * stamp.is_typed + 8 * stamp.has_text
    after = (stamp.updated_ms - begin, stamp.event_ms - stamp.updated_ms)
    return ".".join(str(number) for number in (*after, flags, stamp.score))


def _stamp(text: str, begin: int) -> Stamp | None:
    if not text:
        return None
    updated, event, flags, score = (int(part) for part in text.split(".")[:4])
    return Stamp(
        updated_ms=begin + updated,
        event_ms=begin + updated + event,
        rank=flags & 1,
        is_rest=bool(flags & 2),
        is_typed=bool(flags & 4),
        has_text=bool(flags & 8),
        score=score,
    )
