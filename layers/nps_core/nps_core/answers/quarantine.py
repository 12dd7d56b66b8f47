"""Quarantine of StateTable: payloads that could not be parsed, each kept once, for 400 days."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from nps_core.aws import items
from nps_core.keys import QUARANTINE
from nps_core.keys import quarantine as quarantine_key
from nps_core.times import from_iso, iso

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEPT = timedelta(days=400)
_MAX_RAW = 300_000  # bytes; DynamoDB limits an item to 400 KB


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A payload with its source and the reason for its quarantine; `key` is its hash."""

    key: str
    received_at: datetime
    source: str
    account_token: str
    reason: str
    detail: str
    raw: str
    """The payload, which may contain personal data."""


class DynamoQuarantine:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client, self._table = client, table

    def add(
        self, raw: str, reason: str, detail: str, source: str, account_token: str, at: datetime
    ) -> bool:
        packed = raw.encode("utf-8", "replace")
        identity = f"{source}\n{account_token}\n".encode("utf-8", "replace") + packed
        digest = hashlib.sha256(identity).hexdigest()[:32]
        pk, sk = quarantine_key(digest)
        item = {
            "pk": pk,
            "sk": sk,
            "received_at": iso(at),
            "reason": reason,
            "detail": detail,
            "source": source,
            "account_token": account_token,
            "raw": packed[:_MAX_RAW].decode("utf-8", "ignore"),
            "expires_at": int((at + _KEPT).timestamp()),
        }
        return items.put_if(self._client, self._table, item, "attribute_not_exists(pk)")

    def remove(self, key: str) -> None:
        """Remove a payload; harmless if it is not there."""
        pk, sk = quarantine_key(key)
        items.delete(self._client, self._table, {"pk": pk, "sk": sk})

    def everything(self, skip: items.Skip | None = None) -> Iterator[Quarantined]:
        """Yield all payloads, by hash; `skip` receives the unreadable ones."""
        found = items.query(self._client, self._table, "pk = :pk", {":pk": QUARANTINE})
        return items.readable(found, _to_payload, skip)


def _to_payload(item: items.Item) -> Quarantined:
    return Quarantined(
        key=item["sk"],
        received_at=from_iso(item["received_at"]),
        source=item["source"],
        account_token=item["account_token"],
        reason=item["reason"],
        detail=item["detail"],
        raw=item["raw"],
    )


def may_be_cut(raw: str) -> bool:
    """Whether the stored payload may lack its end."""
    return len(raw.encode()) > _MAX_RAW - 4  # a 4-byte character is kept whole or dropped
