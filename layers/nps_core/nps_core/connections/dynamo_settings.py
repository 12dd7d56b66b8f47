"""Connections that were added beside the one of the template, in StateTable."""

from typing import TYPE_CHECKING

from nps_core import keys
from nps_core.aws import items
from nps_core.connections.settings import Connection

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoConnections:
    """Reads and writes the settings of further connections."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Bind to the table named `table`."""
        self._client, self._table = client, table

    def added(self) -> list[Connection]:
        """Return the connections that were added, by account token."""
        found = items.query(self._client, self._table, "pk = :pk", {":pk": keys.CONNECTION})
        return [Connection.from_item(item, account_token=item["sk"]) for item in found]

    def put(self, connection: Connection) -> None:
        """Add a connection, or replace its settings."""
        pk, sk = keys.StateKey(keys.CONNECTION, connection.account_token)
        items.put(self._client, self._table, {"pk": pk, "sk": sk, **connection.to_item()})

    def remove(self, account_token: str) -> None:
        """Stop reading an account; what is stored of it stays. Harmless if it is not there."""
        items.delete(self._client, self._table, {"pk": keys.CONNECTION, "sk": account_token})
