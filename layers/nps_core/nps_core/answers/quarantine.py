"""Quarantine of StateTable: payloads nobody could understand, each kept once, for 400 days."""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from nps_core.aws import items
from nps_core.aws.clients import store_errors
from nps_core.keys import QUARANTINE
from nps_core.keys import quarantine as quarantine_key
from nps_core.times import iso

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEPT = timedelta(days=400)
_MAX_RAW = 300_000  # bytes; an item of DynamoDB ends at 400 KB


class DynamoQuarantine:
    """Implements `Quarantine`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Bind to the table named `table`."""
        self._client, self._table = client, table

    def add(
        self, raw: str, reason: str, detail: str, source: str, account_token: str, at: datetime
    ) -> bool:
        """Keep `raw` once, however often it comes. Returns whether it is new."""
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

    def remove(self, digest: str) -> None:
        """Take a payload out, by its hash; one that is not there is no error."""
        pk, sk = quarantine_key(digest)
        with store_errors("DeleteItem"):
            self._client.delete_item(TableName=self._table, Key=items.to_wire({"pk": pk, "sk": sk}))

    def everything(self) -> Iterator[items.Item]:
        """Yield all quarantined payloads, by hash."""
        return items.query(self._client, self._table, "pk = :pk", {":pk": QUARANTINE})


def may_be_cut(raw: str) -> bool:
    """Whether a stored payload may be only the beginning of what came."""
    return len(raw.encode()) > _MAX_RAW - 4  # a character of 4 bytes is kept whole or not at all
