"""Rows of a list that is not JSON as a whole, because of one row. Pure.

One row that cannot be read must not hide the rest of its page.
"""

import json
import re
from typing import Any

_NEXT_ROW = re.compile(r"\}\s*,\s*(?=\{)")
_IP_ADDRESS = re.compile(r'"ip_address"\s*:\s*"[^"]*"\s*,?')


def salvaged(body: bytes) -> list[Any] | None:
    """Return the rows of a list; one that cannot be read is its text, without IP addresses.

    A broken row with objects inside may become several texts. None if the body is not a whole list:
    it was cut off, or is something else.
    """
    text = body.decode("utf-8-sig", "replace").strip()
    if len(text) < 2 or text[0] != "[" or text[-1] != "]":
        return None
    rows: list[Any] = []
    at, end = _skip(text, 1), len(text) - 1
    while at < end:
        row, after = _row(text, at)
        if row is not None and (after == end or text[after] == ","):
            rows.append(row)
            at = _skip(text, min(after + 1, end))
        else:
            following = _NEXT_ROW.search(text, at + 1)
            stop = following.start() + 1 if following else end
            rows.append(_IP_ADDRESS.sub("", text[at:stop]))
            at = following.end() if following else end
    return rows


def _row(text: str, at: int) -> tuple[dict[str, Any] | None, int]:
    """Return the object that begins there and the place of what follows it."""
    try:
        found, after = json.JSONDecoder(strict=False).raw_decode(text, at)
    except (ValueError, RecursionError):
        return None, at
    return (found if isinstance(found, dict) else None), _skip(text, after)


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at
