"""DynamoDB's typed items to plain dicts and back, and one conditional write and query of each kind.

None is not stored, so None and absent are the same.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from nps_core.aws import attributes
from nps_core.aws.clients import is_condition_failure, is_conflict, store_errors
from nps_core.errors import StoreUnavailable, UnreadableItem
from nps_core.times import from_iso, iso

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef, ScanInputTypeDef

T = TypeVar("T")
Item = dict[str, Any]
Skip = Callable[[Item], None]
"""Receives an item that this version cannot read."""
_BATCH = 100  # BatchGetItem takes at most 100 keys
_CONFLICT_TRIES = 5
_CONFLICT_PAUSE_S = 0.03  # at most 0.45 s in all: a webhook waits for it


def to_wire(plain: Mapping[str, Any]) -> dict[str, Any]:
    return {name: attributes.write(value) for name, value in plain.items() if value is not None}


def from_wire(wire: Mapping[str, Any]) -> Item:
    """Turn DynamoDB's typed form into a plain dict: numbers as int, binary as bytes."""
    return {name: attributes.read(value) for name, value in wire.items()}


def get_item(client: "DynamoDBClient", table: str, key: Mapping[str, str]) -> Item | None:
    """Return the item, strongly consistent; None if there is none."""
    with store_errors("GetItem"):
        reply = client.get_item(TableName=table, Key=to_wire(key), ConsistentRead=True)
    return from_wire(reply["Item"]) if "Item" in reply else None


def get_items(
    client: "DynamoDBClient", table: str, keys: list[dict[str, str]], *, may_lag: bool = False
) -> list[Item]:
    """Return the existing items in any order. Retries unprocessed keys.

    Strongly consistent, unless they may lag by a moment: that costs half.
    """
    found: list[Item] = []
    for start in range(0, len(keys), _BATCH):
        wanted: list[Any] = [to_wire(key) for key in keys[start : start + _BATCH]]
        for attempt in range(8):
            with store_errors("BatchGetItem"):
                reply = client.batch_get_item(
                    RequestItems={table: {"Keys": wanted, "ConsistentRead": not may_lag}}
                )
            found += [from_wire(item) for item in reply["Responses"].get(table, [])]
            left_over: Any = reply.get("UnprocessedKeys", {})
            wanted = left_over.get(table, {}).get("Keys", [])
            if not wanted:
                break
            time.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311  jitter needs no secret
        else:
            raise StoreUnavailable("BatchGetItem: keys left unprocessed eight times")
    return found


def put(client: "DynamoDBClient", table: str, item: Mapping[str, Any]) -> None:
    """Put the item, replacing any other."""
    with store_errors("PutItem"):
        _patiently(lambda: client.put_item(TableName=table, Item=to_wire(item)))


def delete(client: "DynamoDBClient", table: str, key: Mapping[str, str]) -> None:
    """Delete the item; harmless if there is none."""
    with store_errors("DeleteItem"):
        _patiently(lambda: client.delete_item(TableName=table, Key=to_wire(key)))


def put_if(
    client: "DynamoDBClient",
    table: str,
    item: Mapping[str, Any],
    condition: str,
    values: Mapping[str, Any] | None = None,
) -> bool:
    """Put the item if the condition holds and no other writer is faster. Returns whether it did."""
    more: dict[str, Any] = {"ExpressionAttributeValues": to_wire(values)} if values else {}
    with store_errors("PutItem"):
        try:
            _patiently(
                lambda: client.put_item(
                    TableName=table, Item=to_wire(item), ConditionExpression=condition, **more
                )
            )
        except ClientError as exc:
            if _is_lost(exc):
                return False
            raise
    return True


def update_if(
    client: "DynamoDBClient",
    table: str,
    key: Mapping[str, str],
    update: str,
    condition: str,
    values: Mapping[str, Any],
    **more: Any,
) -> Item | None:
    """Update the item if the condition holds; None if it does not. An empty one always holds.

    Returns the attributes that the caller's `ReturnValues` selects: none by default.
    """
    guard: dict[str, Any] = {"ConditionExpression": condition} if condition else {}
    with store_errors("UpdateItem"):
        try:
            reply = _patiently(
                lambda: client.update_item(
                    TableName=table,
                    Key=to_wire(key),
                    UpdateExpression=update,
                    ExpressionAttributeValues=to_wire(values),
                    **guard,
                    **more,
                )
            )
        except ClientError as exc:
            if _is_lost(exc):
                return None
            raise
    return from_wire(reply.get("Attributes", {}))


def set_values(
    client: "DynamoDBClient",
    table: str,
    key: Mapping[str, str],
    values: Mapping[str, Any],
    condition: str = "",
    more: Mapping[str, Any] | None = None,
) -> bool:
    """Set these attributes, remove those that are None, and leave all others as they are.

    At least one must have a value. `more`: values of the condition. Returns whether the condition
    held.
    """
    kept = [f"#{name} = :{name}" for name, value in values.items() if value is not None]
    gone = [f"#{name}" for name, value in values.items() if value is None]
    update = f"SET {', '.join(kept)}" + (f" REMOVE {', '.join(gone)}" if gone else "")
    found = update_if(
        client,
        table,
        key,
        update,
        condition,
        {**{f":{name}": value for name, value in values.items()}, **(more or {})},
        ExpressionAttributeNames={f"#{name}": name for name in values},
    )
    return found is not None


def transact_if(client: "DynamoDBClient", actions: list[Any]) -> bool:
    """Write all or nothing. Returns False, with nothing written, if a condition fails."""
    with store_errors("TransactWriteItems"):
        try:
            _patiently(lambda: client.transact_write_items(TransactItems=actions))
        except ClientError as exc:
            if _is_lost(exc):
                return False
            raise
    return True


def _patiently(call: Callable[[], T]) -> T:
    """Make a call, again while a transaction of another writer holds the item, with full jitter."""
    for attempt in range(_CONFLICT_TRIES - 1):
        try:
            return call()
        except ClientError as exc:
            if not is_conflict(exc):
                raise
        time.sleep(random.uniform(0, _CONFLICT_PAUSE_S * 2**attempt))  # noqa: S311  not a secret
    return call()


def _is_lost(exc: ClientError) -> bool:
    """Whether another writer was faster: a failed condition, or a conflict to the last."""
    return is_condition_failure(exc) or is_conflict(exc)


def query(
    client: "DynamoDBClient", table: str, condition: str, values: Mapping[str, Any], **more: Any
) -> Iterator[Item]:
    """Yield all items of a key condition, over all pages, strongly consistent on the table."""
    request: QueryInputTypeDef = {
        "TableName": table,
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": to_wire(values),
        "ConsistentRead": "IndexName" not in more,
        **more,  # type: ignore[typeddict-item]  # the caller's own Query parameters
    }
    while True:
        with store_errors("Query"):
            reply = client.query(**request)
        yield from (from_wire(item) for item in reply["Items"])
        if "LastEvaluatedKey" not in reply:
            return
        request["ExclusiveStartKey"] = reply["LastEvaluatedKey"]


def scan(client: "DynamoDBClient", table: str) -> Iterator[Item]:
    """Yield every item of a table, over all pages: for an operator's lists only."""
    for page in scan_pages(client, table, 0, 1, ConsistentRead=True):
        yield from page


def scan_pages(
    client: "DynamoDBClient", table: str, segment: int, segments: int, **more: Any
) -> Iterator[list[Item]]:
    """Yield one segment of a parallel scan of a table, page by page."""
    request: ScanInputTypeDef = {
        "TableName": table,
        "Segment": segment,
        "TotalSegments": segments,
        **more,  # type: ignore[typeddict-item]  # the caller's own Scan parameters
    }
    while True:
        with store_errors("Scan"):
            reply = client.scan(**request)
        yield [from_wire(item) for item in reply["Items"]]
        if "LastEvaluatedKey" not in reply:
            return
        request["ExclusiveStartKey"] = reply["LastEvaluatedKey"]


def readable(found: Iterable[Item], read: Callable[[Item], T], skip: Skip | None) -> Iterator[T]:
    """Yield the parsed items; with `skip`, an unreadable one does not stop the others."""
    for item in found:
        try:
            value = read(item)
        except (KeyError, TypeError, ValueError, UnreadableItem):
            if skip is None:
                raise
            skip(item)
        else:
            yield value


def printed_times(value: object, names: tuple[str, ...]) -> dict[str, str | None]:
    """Return the named attributes, times or None, as ISO text; `parsed_times` is the inverse."""
    moments = {name: getattr(value, name) for name in names}
    return {name: iso(moment) if moment else None for name, moment in moments.items()}


def parsed_times(item: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, datetime | None]:
    """Read the named times of an item; an absent one is None."""
    return {name: from_iso(item[name]) if item.get(name) else None for name in names}
