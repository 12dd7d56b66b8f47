"""Wootric's REST protocol, without any I/O.

Hosts, page requests, the meaning of replies, and the wait that rate headers ask for.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from zlib import crc32

from nps_core.connectors.wootric.salvage import salvaged
from nps_core.errors import PayloadError, SourceUnavailable
from nps_core.sync.proof.counting import ClassCounts
from nps_core.sync.reading.cursor import PageQuery, RowRef, SortedBy
from nps_core.times import lacks_offset, parse_time

Meaning = Literal["data", "unauthorized", "missing", "rate_limited", "retry", "rejected"]
_MEANINGS: Mapping[int, Meaning] = {
    200: "data",
    201: "data",
    401: "unauthorized",
    404: "missing",
    408: "retry",
    425: "retry",
    429: "rate_limited",
}
"""Every other 5xx is worth a retry; every other status is a permanent refusal."""

NEVER_S = 4_102_444_800
"""The year 2100: a filter for later changes lists nothing, unless it is ignored."""

_MAX_ID = 64
_MINUTE_S = 60.0
_LONGEST_WAIT_S = 61.0
_HOSTS = {"EU": "https://api.wootric.eu", "AU": "https://api.wootric.au"}
_REGION = re.compile(r"NPS-(EU|AU)-", re.IGNORECASE)
_ADDRESS = re.compile(r"\S*@\S*")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'|`[^`]*`")


@dataclass(frozen=True, slots=True)
class RateInfo:
    """Rate headers of one reply; all None for an endpoint without a limit."""

    limit: int | None = None
    remaining: int | None = None
    reset_s: float | None = None
    server_now_s: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The meaning of a reply. `problem` is a text for people, without personal data."""

    meaning: Meaning
    data: Any = None
    problem: str = ""


def base_url(account_token: str, override: str = "") -> str:
    """Return the API's address: `override`, else the region of the token's prefix."""
    if override:
        return override.rstrip("/")
    region = _REGION.match(account_token)
    return _HOSTS[region[1].upper()] if region else "https://api.wootric.com"


def page_params(query: PageQuery, sort_key: str | None = None) -> dict[str, str]:
    """Return the query parameters of a page, every default spelled out."""
    params = {
        "page": str(query.page),
        "per_page": str(query.per_page),
        "sort_key": sort_key or f"{query.by}_at",
        "sort_order": query.order,
        f"{query.by}[gte]": str(query.gte),
    }
    if query.lt is not None:
        params[f"{query.by}[lt]"] = str(query.lt)
    return params


def row_ref(row: object, by: SortedBy = "created") -> RowRef:
    """Return a row's id and second, even if nothing else of the row can be parsed."""
    if not isinstance(row, Mapping):
        return RowRef(_fingerprint(row), None)
    given = row.get("id")
    named = str(given) if isinstance(given, int | str) and not isinstance(given, bool) else ""
    # Positions hold thousands of ids, so an endless one must not get in.
    is_id = 0 < len(named) <= _MAX_ID and named.isascii() and not named.startswith("~")
    return RowRef(
        named if is_id else _fingerprint(row),
        _second(row, f"{by}_at"),
        _second(row, "updated_at"),
        any(lacks_offset(row.get(name)) for name in ("created_at", "updated_at")),
    )


def counts_of(data: Mapping[str, Any]) -> ClassCounts:
    """Read the counts of an `nps_summary`. Raises SourceUnavailable if one is missing."""
    numbers = [data.get(name) for name in ClassCounts._fields]
    whole = [n for n in numbers if isinstance(n, int) and not isinstance(n, bool)]
    if len(whole) != len(numbers):
        raise SourceUnavailable("nps_summary answered without its three counts")
    return ClassCounts(*whole)


def classify(status: int, body: bytes, shape: type[list[Any]] | type[dict[str, Any]]) -> Verdict:
    """Interpret a reply; `shape` is the JSON type of a good one.

    A 200 without JSON of that shape (cut off, or a proxy's HTML page) is worth a retry. If it is a
    list with a broken row, `data` has its rows all the same.
    """
    fallback: Meaning = "retry" if status >= 500 else "rejected"
    meaning = _MEANINGS.get(status, fallback)
    if meaning != "data":
        return Verdict(meaning, problem=f"HTTP {status}{_colon(error_message(body))}")
    try:
        data = lenient_json(body)
    except (ValueError, RecursionError):
        rows = salvaged(body) if shape is list else None
        return Verdict("retry", rows, f"HTTP {status} with a body that is not JSON")
    if not isinstance(data, shape):
        return Verdict("retry", problem=f"HTTP {status} with JSON of an unexpected shape")
    return Verdict("data", data)


def lenient_json(body: bytes) -> Any:
    """Parse JSON whose strings may hold raw control characters or bytes that are not UTF-8.

    Such bytes become replacement characters: one comment must not hide the rest of its page. Raises
    ValueError or RecursionError.
    """
    return json.loads(body.decode("utf-8-sig", "replace"), strict=False)


def error_message(body: bytes) -> str:
    """Return the message of an error body in any of its known shapes; empty if it has none.

    Addresses and quoted values are masked: validation messages may repeat stored values.
    """
    try:
        data = lenient_json(body)
    except (ValueError, RecursionError):
        return "an HTML page" if body.lstrip()[:1] == b"<" else ""
    found = _message_of(data)
    plain = " ".join(_QUOTED.sub("...", _ADDRESS.sub("...", found)).split())
    return plain[:120]


def rate_info(headers: Mapping[str, str]) -> RateInfo:
    """Read the rate headers and the server's time; an unreadable header counts as absent."""
    low = {name.lower(): value for name, value in headers.items()}
    limit, remaining = (
        _whole(low.get("x-rate-limit-limit")),
        _whole(low.get("x-rate-limit-remaining")),
    )
    reset = _whole(low.get("x-rate-limit-reset"))
    return RateInfo(
        limit, remaining, None if reset is None else float(reset), _date(low.get("date"))
    )


def wait_for_reset(info: RateInfo, now_s: float) -> float:
    """Return the seconds until the rate window ends, never more than a minute.

    The reset is a time of the server's clock, and its Date header gives the difference to ours.
    Without that header, a reset in the past or too far ahead shows that the clocks differ; a whole
    minute is then safe.
    """
    if info.reset_s is None:
        return _MINUTE_S / 4
    wait = info.reset_s - (now_s if info.server_now_s is None else info.server_now_s)
    return min(wait, _LONGEST_WAIT_S) if 0 < wait <= 2 * _MINUTE_S else _MINUTE_S


def _message_of(data: object) -> str:
    if isinstance(data, str):
        return data
    if not isinstance(data, Mapping):
        return ""
    errors = data.get("errors")
    if isinstance(errors, list):
        parts = [_message_of(entry) for entry in errors[:3]]
        return "; ".join(part for part in parts if part)
    for name in ("message", "error_description", "error"):
        if isinstance(text := data.get(name), str) and text:
            return text
    return ""


def _fingerprint(row: object) -> str:
    return f"~{crc32(json.dumps(row, sort_keys=True).encode()):08x}"


def _second(row: Mapping[str, Any], name: str) -> int | None:
    try:
        return int(parse_time(row.get(name), name).timestamp())
    except PayloadError:
        return None


def _colon(text: str) -> str:
    return f": {text}" if text else ""


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.strip().isascii() and text.strip().isdigit() else None


def _date(text: str | None) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp() if text else None
    except ValueError:
        return None
