"""A snapshot of the two tables: a test can continue from one point in many ways."""

import os
from dataclasses import dataclass
from typing import Any

from nps_core.aws import clients

_KEY = ("pk", "sk")
Item = dict[str, Any]


@dataclass(frozen=True)
class Snapshot:
    """Every item of both tables in DynamoDB's format."""

    tables: dict[str, list[Item]]

    @classmethod
    def take(cls) -> "Snapshot":
        """Read both tables."""
        names = (os.environ["RESPONSES_TABLE"], os.environ["STATE_TABLE"])
        return cls({name: _items(name) for name in names})

    def restore(self) -> None:
        """Write only the items that have changed since."""
        client = clients.dynamodb()
        for name, before in self.tables.items():
            now = _items(name)
            kept = [_key(item) for item in before]
            for item in now:
                if _key(item) not in kept:
                    client.delete_item(TableName=name, Key=_key(item))
            for item in before:
                if item not in now:
                    client.put_item(TableName=name, Item=item)


def _items(table: str) -> list[Item]:
    pages = clients.dynamodb().get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return [item for page in pages for item in page["Items"]]


def _key(item: Item) -> Item:
    return {name: item[name] for name in _KEY if name in item}
