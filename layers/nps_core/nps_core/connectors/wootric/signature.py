"""Verification of Wootric's webhook signature: HMAC-SHA1 of the raw body, keyed by the token text.

Only the body is signed (no time, no id), so a captured request can be replayed at any time. Replays
are harmless because merging the same content writes nothing.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable

from nps_core.errors import InvalidSignature

_WELL_FORMED = re.compile(rb"sha1=[0-9a-f]{40}")


def sign(body: bytes, key: str) -> str:
    """Return the header value that Wootric sends with `body`."""
    return "sha1=" + hmac.new(key.encode("utf-8", "replace"), body, hashlib.sha1).hexdigest()


def is_well_formed(header: str | None) -> bool:
    """Whether some key could have made this header: no key is worth fetching for any other."""
    return _WELL_FORMED.fullmatch(_given(header)) is not None


def verify(body: bytes, header: str | None, keys: Iterable[str]) -> None:
    """Check `header` against every key, without an early exit, in constant time.

    Raises:
        InvalidSignature: the header is absent, malformed or wrong, or there is no key. The message
            never contains a computed signature.
    """
    given = _given(header)
    matches = False
    for key in keys:
        if not key:
            continue  # anyone can sign with an empty key
        expected = sign(body, key).encode()
        matches |= hmac.compare_digest(expected, given)
    if not matches:
        raise InvalidSignature("X-Wootric-Signature does not match any active or retired key")


def _given(header: str | None) -> bytes:
    return (header or "").strip().encode("utf-8", "replace")
