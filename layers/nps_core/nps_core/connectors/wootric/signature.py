"""Verification of Wootric's webhook signature: HMAC-SHA1 of the raw body, keyed by the token text.

Only the body is signed (no time, no id), so a captured request can be replayed at any time. Replays
are harmless because merging the same content writes nothing.
"""

import hashlib
import hmac
from collections.abc import Iterable

from nps_core.errors import InvalidSignature

_PREFIX = b"sha1="


def sign(body: bytes, key: str) -> str:
    """Return the header value that Wootric sends with `body`."""
    return "sha1=" + hmac.new(key.encode("utf-8", "replace"), body, hashlib.sha1).hexdigest()


def verify(body: bytes, header: str | None, keys: Iterable[str]) -> None:
    """Check `header` against every key, without an early exit, in constant time.

    Raises:
        InvalidSignature: the header is absent, malformed or wrong, or there is no key. The message
            never contains a computed signature.
    """
    given = (header or "").strip().encode("utf-8", "replace")
    matches = False
    for key in keys:
        if not key:
            continue  # anyone can sign with an empty key
        expected = sign(body, key).encode()
        matches |= hmac.compare_digest(expected, given)
    if not matches or not given.startswith(_PREFIX):
        raise InvalidSignature("X-Wootric-Signature does not match any active or retired key")
