"""Parsing of single fields of a payload, from any source."""

import html
import math
from collections.abc import Iterable, Mapping
from typing import Any

from nps_core.errors import PayloadError

MAX_DEPTH = 20
"""Nesting levels of a payload; Wootric's has three."""
_MAX_ID = 64
_MAX_BYTES = 800
"""Ids and addresses are part of keys, and a sort key has at most 1,024 bytes. None is ever cut: two
ids would become one."""


def unescape(text: str) -> str:
    """Undo Wootric's HTML escaping of free text and properties, exactly once."""
    return html.unescape(text)


def storable(value: Any, depth: int = 0) -> Any:
    """Replace lone surrogates by `?`, NaN and infinity by None: UTF-8 or JSON cannot hold them.

    Raises PayloadError `too_deep` above `MAX_DEPTH` levels, before the stack overflows.
    """
    if depth > MAX_DEPTH:
        raise PayloadError("too_deep", f"nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [storable(item, depth + 1) for item in value]
    if isinstance(value, Mapping):
        return {storable(str(key)): storable(item, depth + 1) for key, item in value.items()}
    return value


def identifier(row: Mapping[str, Any], name: str) -> str:
    """Return a required id as text; one with a ~ in front is none, as ours begin so.

    Raises PayloadError `bad_id`.
    """
    value = optional_text(row, name)
    usable = value is not None and value.isascii() and len(value) <= _MAX_ID
    is_ours = value is not None and value.startswith("~")
    if value is None or is_ours or not usable or any(c.isspace() or c == "#" for c in value):
        raise PayloadError("bad_id", f"{name} is missing or not an id")
    return value


def optional_text(row: Mapping[str, Any], name: str) -> str | None:
    """Return a scalar as stripped text; None when absent, null, empty, too long or not a scalar."""
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip()
    return None if _is_too_long(text) else text or None


def require_short(row: Mapping[str, Any], names: Iterable[str]) -> None:
    """Raise PayloadError `too_long` if one of these ids or addresses cannot be part of a key."""
    for name in names:
        value = row.get(name)
        if isinstance(value, str) and _is_too_long(value.strip()):
            raise PayloadError("too_long", f"{name} is longer than {_MAX_BYTES} bytes")


def _is_too_long(text: str) -> bool:
    return len(text) * 4 > _MAX_BYTES and len(text.encode("utf-8", "replace")) > _MAX_BYTES


def score(row: Mapping[str, Any], metric: str) -> int:
    """Return the score, an integer of 0 to 10 for every metric: only NPS is ever counted.

    Form-encoded webhooks send digits. Raises PayloadError `bad_score` for all else: such a payload
    is quarantined, never counted, never dropped.
    """
    value = row.get("score")
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        value = int(value.strip()) if len(value.strip()) <= 2 else None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 10:
        raise PayloadError("bad_score", f"score is not an integer of 0 to 10 ({metric})")
    return value


def comment(row: Mapping[str, Any]) -> str | None:
    """Return the comment as it was typed, unescaped; "" if it is blank, None if it is absent."""
    if "text" not in row:
        return None
    value = row["text"]
    if not isinstance(value, str) or not value.strip():
        return ""
    text = unescape(value).replace("\x00", "")
    return text.encode("utf-8", "replace").decode("utf-8")


def email(value: object) -> tuple[str | None, bool]:
    """Return (address, trimmed and case-folded; whether it is the shared `Unknown` user).

    One that is too long for a key is no address.
    """
    if not isinstance(value, str):
        return None, False
    folded = unescape(value).strip().casefold()
    if folded == "unknown":
        return None, True
    return (None if _is_too_long(folded) else folded or None), False


def boolean(value: object) -> bool | None:
    """Return a JSON boolean or the `true`/`false` of a form; None for anything else."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return {"true": True, "false": False, "1": True, "0": False}.get(value.strip().lower())
    return None


def properties(value: object) -> dict[str, Any] | None:
    """Return a flat property map: strings unescaped, numbers and booleans kept, no nesting.

    None if there is none, which is different from an empty one. However many and however long they
    are: whoever stores them bounds the whole item.
    """
    if not isinstance(value, Mapping):
        return None
    kept: dict[str, Any] = {}
    for key, item in value.items():
        if isinstance(item, str):
            kept[unescape(str(key))] = unescape(item)
        elif isinstance(item, bool | int | float):
            kept[unescape(str(key))] = item
    return kept


def labels(row: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    """Return tags or notes as text; None if the row has no such field.

    Tags may be `{"name": ...}`, notes may be null or blank strings.
    """
    if name not in row:
        return None
    value = row[name]
    if not isinstance(value, list):
        return ()
    texts = [item.get("name") if isinstance(item, Mapping) else item for item in value]
    return tuple(unescape(text).strip() for text in texts if isinstance(text, str) and text.strip())
