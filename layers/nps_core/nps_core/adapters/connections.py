"""Profile of a connection (one Wootric account): when it was activated, when its backfill ended."""

from datetime import datetime
from typing import TYPE_CHECKING

from nps_core import keys
from nps_core.adapters import items
from nps_core.times import from_iso, iso

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoConnections:
    """Reads and activates connections."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Bind to the table named `table`."""
        self._client, self._table = client, table

    def activated_at(self, account_token: str) -> datetime | None:
        """Return when the connection was activated, None while it is not."""
        pk, sk = keys.connection(account_token, "PROFILE")
        item = items.get_item(self._client, self._table, {"pk": pk, "sk": sk})
        return from_iso(item["activated_at"]) if item else None

    def activate(self, account_token: str, at: datetime) -> bool:
        """Record the activation, once: answers given before it are history and page nobody.

        Whole seconds, because Wootric's API tells no more of an answer's time. Returns whether
        this call activated it.
        """
        pk, sk = keys.connection(account_token, "PROFILE")
        item = {
            "pk": pk,
            "sk": sk,
            "account_token": account_token,
            "activated_at": iso(at.replace(microsecond=0)),
        }
        return items.put_if(self._client, self._table, item, "attribute_not_exists(pk)")
