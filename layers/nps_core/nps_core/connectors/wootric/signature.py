"""Verification of Wootric's webhook signature: HMAC-SHA1 of the raw body, keyed by the token text.

Nothing but the body is signed (no time, no id), so a captured request can be replayed for ever;
replays are harmless because the merge of the same content writes nothing.
"""

import hashlib
import hmac
from collections.abc import Iterable

from nps_core.errors import InvalidSignature

_PREFIX = b"sha1="


def sign(body: bytes, key: str) -> str:
    """Return the header value that Wootric sends for `body`."""
    return "sha1=" + hmac.new(key.encode("utf-8", "replace"), body, hashlib.sha1).hexdigest()


def verify(body: bytes, header: str | None, keys: Iterable[str]) -> None:
    """Check `header` against every key, without an early exit, in constant time.

    Raises:
        InvalidSignature: for an absent, malformed or wrong header, or when there is no key.
            The message never contains a computed signature.
    """
    given = (header or "").strip().encode("utf-8", "replace")
    matches = False
    for key in keys:
        if not key:
            continue  # an empty key would accept what anybody can sign
        expected = sign(body, key).encode()
        matches |= hmac.compare_digest(expected, given)
    if not matches or not given.startswith(_PREFIX):
        raise InvalidSignature("X-Wootric-Signature does not match any active or retired key")
