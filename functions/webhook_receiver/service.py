"""Receive one webhook: verify, parse, store; else keep the body durably or refuse it.

A durable write precedes every 2xx: the answer itself, the quarantine, or the inbox queue.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Literal, NamedTuple

from nps_core.answers.ingest import Ingest
from nps_core.answers.ports import Inbox, Quarantine
from nps_core.connections.ports import Secrets
from nps_core.connectors.wootric.payloads import from_webhook
from nps_core.connectors.wootric.signature import is_well_formed, verify
from nps_core.errors import (
    ConfigError,
    InvalidSignature,
    PayloadError,
    StoreRefused,
    StoreUnavailable,
    TransientError,
    UnreadableItem,
)

_log = logging.getLogger(__name__)

MAX_BODY = 64 * 1024
"""Bytes of a body. Wootric's largest is a few KB; larger ones are not parsed at all."""

Result = Literal[
    "created", "updated", "unchanged", "quarantined", "inboxed", "too_large", "rejected", "refused"
]


class VerifiedStores(NamedTuple):
    """Destinations of a verified body: the answers, or the quarantine."""

    ingest: Ingest
    quarantine: Quarantine


class Stores(NamedTuple):
    """The same, and the inbox for bodies that DynamoDB refuses."""

    verified: VerifiedStores
    inbox: Inbox


def receive(
    body: bytes, signature: str | None, secrets: Secrets, stores: Stores, now: datetime
) -> Result:
    """Receive one webhook. Repeating it is harmless.

    `refused`, `too_large` and `rejected` are the only results without a durable write.
    """
    if len(body) > MAX_BODY:
        return "too_large"
    try:
        authenticate(body, signature, secrets, now)
    except InvalidSignature:
        return "rejected"
    except (TransientError, ConfigError):
        return "refused"
    return _first_durable(
        lambda: store(body, stores.verified, now), lambda: _keep(stores.inbox, body)
    )


def authenticate(body: bytes, signature: str | None, secrets: Secrets, now: datetime) -> None:
    """Check the signature; after a failure, once more with freshly fetched keys.

    Raises:
        InvalidSignature: the fresh keys do not match either, or no key could.
        StoreUnavailable: the keys are not available, or may be older than the signature.
    """
    try:
        verify(body, signature, secrets.get(now).webhook_keys)
    except InvalidSignature:
        if not is_well_formed(signature):
            raise
        fresh = secrets.refetch(now)
        if fresh is None:
            raise StoreUnavailable("the signing keys may have been replaced since") from None
        verify(body, signature, fresh.webhook_keys)


def store(body: bytes, stores: VerifiedStores, now: datetime) -> Result:
    """Store a verified body, or quarantine it. Raises TransientError if both fail."""
    try:
        return stores.ingest.one(from_webhook(body), now)
    except PayloadError as exc:
        reason, detail = exc.reason, exc.detail
    except UnreadableItem as exc:
        reason, detail = "stored_answer_unreadable", str(exc)
    except StoreRefused as exc:
        reason, detail = "refused_by_store", str(exc)
    raw = body.decode("utf-8", "backslashreplace")
    stores.quarantine.add(raw, reason, detail, "webhook", "", now)
    return "quarantined"


def _keep(inbox: Inbox, body: bytes) -> Result:
    inbox.put(body)
    return "inboxed"


def _first_durable(*places: Callable[[], Result]) -> Result:
    """Try one place after the other. A defect in one must not lose what the next can keep."""
    for place in places:
        try:
            return place()
        except TransientError:
            continue
        except Exception as exc:
            _log.error("a verified webhook could not be stored: %s", type(exc).__name__)
    return "refused"
