"""Keeps an answer within DynamoDB's 400 KB an item: cuts what decides nothing. Pure.

The bound is bytes, not a number of fields. What decides an account, its name or its owner stays
wherever it stands.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from nps_core.answers.models import Answer

MAX_BYTES = 360_000
"""Of the fields without a limit of their own; the others, keys and stamps need some KB."""
MAX_TEXT = 190_000
"""Bytes of a comment that stay whatever else the answer has. No webhook can exceed it."""
MAX_DECIDING = 1_000
"""Bytes of a property that can decide: a longer one is no id, no name and no address."""


class _Part(NamedTuple):
    size: int
    field: str
    at: str | int
    """Name in a mapping, or place in a list."""


def fitted(answer: Answer, deciding: Collection[str]) -> Answer:
    """Return the answer with its largest parts cut until it fits an item.

    `deciding`: names of properties that stay. `cut` of the result names the fields that lost parts.
    The same answer is always cut in the same way; one that fits is returned as it is.
    """
    text = (answer.text or "").encode()
    excess = _size(answer) + len(text) - MAX_BYTES
    if excess <= 0:
        return answer
    shorter: dict[str, Any] = {}
    if len(text) > MAX_TEXT:
        left = max(MAX_TEXT, len(text) - excess)
        excess -= len(text) - left
        shorter["text"] = text[:left].decode("utf-8", "ignore")
    gone: dict[str, set[str | int]] = {}
    for part in sorted(_parts(answer, deciding), key=_largest_first):
        if excess <= 0:
            break
        gone.setdefault(part.field, set()).add(part.at)
        excess -= part.size
    shorter |= {field: _without(getattr(answer, field), places) for field, places in gone.items()}
    return replace(answer, **shorter, cut=tuple(sorted({*answer.cut, *shorter})))


def _largest_first(part: _Part) -> tuple[int, str, str]:
    return -part.size, part.field, str(part.at)


def _parts(answer: Answer, deciding: Collection[str]) -> Iterator[_Part]:
    for field in ("extra", "properties", "typed"):
        for name, value in getattr(answer, field).items():
            size = _bytes({name: value})
            if not (field == "properties" and name in deciding and size <= MAX_DECIDING):
                yield _Part(size, field, name)
    for field in ("tags", "notes"):
        for place, value in enumerate(getattr(answer, field)):
            yield _Part(_bytes(value), field, place)


def _without(value: Any, places: Collection[str | int]) -> Any:
    if isinstance(value, Mapping):
        return {name: one for name, one in value.items() if name not in places}
    return tuple(one for place, one in enumerate(value) if place not in places)


def _size(answer: Answer) -> int:
    """Return the bytes of all but the comment as JSON, never less than what DynamoDB counts."""
    parts = (answer.properties, answer.extra, answer.typed, answer.tags, answer.notes)
    return _bytes([*parts, answer.unknown])


def _bytes(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, default=str).encode())
