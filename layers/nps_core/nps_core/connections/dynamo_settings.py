"""Connections that were added to the template's own, in StateTable."""

from typing import TYPE_CHECKING

from nps_core import keys
from nps_core.aws import items
from nps_core.connections.settings import Connection

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoConnections:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client, self._table = client, table

    def added(self) -> list[Connection]:
        """Return the added connections, by account token."""
        found = items.query(self._client, self._table, "pk = :pk", {":pk": keys.CONNECTION})
        return [Connection.from_item(item, account_token=item["sk"]) for item in found]

    def put(self, connection: Connection) -> None:
        """Add a connection, or replace its settings."""
        pk, sk = keys.StateKey(keys.CONNECTION, connection.account_token)
        items.put(self._client, self._table, {"pk": pk, "sk": sk, **connection.to_item()})

    def remove(self, account_token: str) -> None:
        """Stop reading an account; its stored data stays. Harmless if it is not connected."""
        items.delete(self._client, self._table, {"pk": keys.CONNECTION, "sk": account_token})
