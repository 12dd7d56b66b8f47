"""Directory of StateTable: accounts from the customer's own records, not from answers.

Entries `external_id#`, `email#` and `domain#` map to an account; `account#` holds its name and
owner.
"""

from typing import TYPE_CHECKING

from nps_core.aws import items
from nps_core.customers.entries import DirectoryEntry
from nps_core.keys import DIRECTORY, DirectoryKind
from nps_core.keys import directory as directory_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoDirectory:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client, self._table = client, table

    def account_of(self, lookups: tuple[tuple[str, str], ...]) -> tuple[str, str] | None:
        wanted = [{"pk": DIRECTORY, "sk": f"{kind}#{value}"} for kind, value in lookups]
        found = {item["sk"]: item for item in items.get_items(self._client, self._table, wanted)}
        for kind, value in lookups:
            account_id = found.get(f"{kind}#{value}", {}).get("account_id")
            if account_id is not None:
                return str(account_id), kind
        return None

    def owner_of(self, account_id: str) -> str | None:
        """Return the owner's address in the directory."""
        entry = self.entry("account", account_id)
        return entry.owner if entry else None

    def entry(self, kind: DirectoryKind, value: str) -> DirectoryEntry | None:
        pk, sk = directory_key(kind, value)
        item = items.get_item(self._client, self._table, {"pk": pk, "sk": sk})
        return _to_entry(item) if item else None

    def put(self, entry: DirectoryEntry) -> None:
        """Write one entry. Safe to repeat; attributes of another version stay."""
        pk, sk = directory_key(entry.kind, entry.value)
        values = {"account_id": entry.account_id, "owner": entry.owner, "name": entry.name}
        items.set_values(self._client, self._table, {"pk": pk, "sk": sk}, values)

    def everything(self) -> "Iterator[DirectoryEntry]":
        """Yield all entries, by kind and value."""
        found = items.query(self._client, self._table, "pk = :pk", {":pk": DIRECTORY})
        return map(_to_entry, found)


def _to_entry(item: items.Item) -> DirectoryEntry:
    kind, _, value = item["sk"].partition("#")
    return DirectoryEntry(
        kind, value, item.get("account_id"), owner=item.get("owner"), name=item.get("name")
    )
