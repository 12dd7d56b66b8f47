"""The restored table and the table of the stack that it belongs to."""

from typing import Any, Literal, NamedTuple, get_args

from botocore.exceptions import ClientError

from nps_cli.shell.errors import Failure
from nps_cli.shell.stack import Stack

Into = Literal["answers", "state"]
_OUTPUTS: dict[Into, str] = {"answers": "ResponsesTableName", "state": "StateTableName"}
_KEYS: dict[Into, list[tuple[str, str]]] = {
    "answers": [("pk", "HASH")],
    "state": [("pk", "HASH"), ("sk", "RANGE")],
}
TABLES: tuple[Into, ...] = get_args(Into)


class Pair(NamedTuple):
    source: str
    target: str
    into: Into


def pair(stack: Stack, source: str, into: Into | None) -> Pair:
    """Find the table that a restored table belongs to. Raises Failure with the fix."""
    live = {name: stack.deployment.output(output) for name, output in _OUTPUTS.items()}
    found = _describe(stack, source)
    if found is None:
        raise Failure(
            f"there is no table {source!r}: `aws dynamodb restore-table-to-point-in-time`"
            " restores one under another name"
        )
    if found["TableName"] in live.values():
        raise Failure(f"{source} is a table of the stack itself: name the restored one")
    if found["TableStatus"] not in ("ACTIVE", "UPDATING"):
        raise Failure(
            f"{source} is {found['TableStatus']}: repeat when `aws dynamodb wait table-exists"
            f" --table-name {source}` has returned"
        )
    keys = [(key["AttributeName"], key["KeyType"]) for key in found["KeySchema"]]
    fitting = [name for name in TABLES if _KEYS[name] == keys]
    if not fitting:
        raise Failure(f"{source} has the keys of no table of this stack: it is not a copy of one")
    if into is not None and into != fitting[0]:
        raise Failure(f"{source} has the keys of the table `{fitting[0]}`, not of `{into}`")
    target = live[fitting[0]]
    if _describe(stack, target) is None:
        raise Failure(
            f"the table {target} of the stack is gone: see `The table that is gone` in the runbook"
        )
    return Pair(found["TableName"], target, fitting[0])


def _describe(stack: Stack, name: str) -> Any:
    """Return the description of a table, None if there is none."""
    try:
        return stack.dynamodb.describe_table(TableName=name)["Table"]
    except ClientError as exc:
        code = exc.response.get("Error", {}).get("Code")
        if code in ("ResourceNotFoundException", "ValidationException"):
            return None
        raise
