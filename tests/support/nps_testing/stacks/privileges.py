"""IAM for tests: emulators allow everything, so a missing permission would fail only in AWS.

`acting_as("SyncFunction")` allows the code under test exactly the calls that the function's role in
template.yaml allows. It compares actions, tables and leading keys, but not the names of buckets,
queues and secrets.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from botocore.handlers import BUILTIN_HANDLERS

from nps_testing.template import load_template, resources

SERVICES = {"sesv2": "ses"}
_WRITES = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}
_HASH_KEY = re.compile(r"([#\w]+) *= *(:\w+)")


class AccessDenied(AssertionError):
    """The role of the function does not allow this call."""


class Call(NamedTuple):
    """The input of an IAM decision: action, table (with its index), and leading keys."""

    action: str
    table: str | None = None
    keys: frozenset[str] = frozenset()


class _Acting(NamedTuple):
    function: str
    statements: list[dict[str, Any]]
    made: set[Call]


_ACTING: ContextVar[_Acting | None] = ContextVar("acting", default=None)


def _pk(item: dict[str, Any]) -> frozenset[str]:
    value = item["pk"]
    return frozenset([value["S"] if isinstance(value, dict) else value])


def _queried(request: dict[str, Any]) -> frozenset[str]:
    match = _HASH_KEY.search(request["KeyConditionExpression"])
    assert match, "a query names its partition key with `=`"
    value = request["ExpressionAttributeValues"][match[2]]
    return frozenset([value["S"] if isinstance(value, dict) else value])


def calls(service: str, operation: str, request: dict[str, Any]) -> Iterator[Call]:
    """Split one request into the calls that IAM decides on separately."""
    action = f"{SERVICES.get(service, service)}:{operation}"
    if service != "dynamodb":
        yield Call(action)
    elif operation.startswith("TransactWrite") or operation.startswith("TransactGet"):
        for part in request["TransactItems"]:
            for kind, target in part.items():
                single = _WRITES.get(kind, {"Get": "GetItem"}.get(kind, "ConditionCheckItem"))
                keys = _pk(target.get("Key") or target["Item"])
                yield Call(f"dynamodb:{single}", target["TableName"], keys)
    elif operation == "BatchGetItem":
        for table, wanted in request["RequestItems"].items():
            yield Call(action, table, frozenset().union(*map(_pk, wanted["Keys"])))
    elif operation == "Query":
        index = f"/index/{request['IndexName']}" if "IndexName" in request else ""
        yield Call(action, request["TableName"] + index, _queried(request))
    elif "Key" in request or "Item" in request:
        yield Call(action, request["TableName"], _pk(request.get("Key") or request["Item"]))
    else:
        yield Call(action, request["TableName"])


def _covers(resource: Any, table: str) -> bool:
    """Whether a policy's resource is this table; names contain the logical id of their table."""
    if "Fn::GetAtt" in resource:
        logical_id, attribute = resource["Fn::GetAtt"]
        return attribute == "Arn" and logical_id in table and "/index/" not in table
    pattern = resource.get("Fn::Sub")
    if not isinstance(pattern, str) or "/index/" not in pattern:
        return False
    logical_id, index = pattern.removeprefix("${").split(".Arn}", 1)
    return logical_id in table and table.endswith(index)


def allowed(statements: list[dict[str, Any]], call: Call) -> bool:
    for statement in statements:
        action, resource = statement["Action"], statement["Resource"]
        if call.action not in (action if isinstance(action, list) else [action]):
            continue
        if call.table is None:
            return True
        targets = resource if isinstance(resource, list) else [resource]
        patterns = [
            pattern
            for operator in statement.get("Condition", {}).values()
            for pattern in operator["dynamodb:LeadingKeys"]
        ]
        in_reach = not patterns or all(
            any(fnmatchcase(key, pattern) for pattern in patterns) for key in call.keys
        )
        if in_reach and any(_covers(target, call.table) for target in targets):
            return True
    return False


def _check(params: dict[str, Any], model: Any, **_: Any) -> None:
    acting = _ACTING.get()
    if acting is None:
        return
    for call in calls(model.service_model.service_name, model.name, params):
        acting.made.add(call)
        if not allowed(acting.statements, call):
            raise AccessDenied(f"{acting.function}: {call}")


# Every later botocore session checks first; outside of `acting_as` the check allows everything.
BUILTIN_HANDLERS.append(("provide-client-params", _check))


@contextmanager
def acting_as(function: str) -> Iterator[set[Call]]:
    """Allow only the calls that a function's role allows; yields the set of calls made.

    Raises:
        AccessDenied: in the code under test, at the first call beyond the role.
    """
    role = resources(load_template(), "AWS::IAM::Role")[f"{function.removesuffix('Function')}Role"]
    statements = [s for p in role["Policies"] for s in p["PolicyDocument"]["Statement"]]
    acting = _Acting(function, statements, set())
    token = _ACTING.set(acting)
    try:
        yield acting.made
    finally:
        _ACTING.reset(token)
