"""Stored items as lines of JSON, and the operator's command run on them at a fixed time.

This file imports the project only by the three names below, so a moved module changes one line.
"""

import base64
import io
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from nps_testing.fakes.aws_endpoint import AwsEndpoint, serving
from nps_testing.stacks.environment import TOKEN
from nps_testing.template import create_tables, load_template

CLOCK = "nps_core.clock.now"
"""The clock, which tests set to a fixed time."""
FORGET_CLIENTS = "nps_core.aws.clients.forget_clients"
"""Drops cached AWS clients of another test."""
COMMAND = "nps_cli.main.main"
"""The entry point of the console script `nps`."""

FOLDER = Path(__file__).parents[2] / "stored"
READ_AT = datetime(2026, 3, 1, 11, 50, tzinfo=UTC)
"""The time of the command: some minutes after the last write."""
TABLES = {"responses": "ResponsesTable", "state": "StateTable"}
"""File of FOLDER -> the table's name in the template."""

_STACK = "nps-loop-test"
_ON_STACK = ("--stack", _STACK, "--region", "us-east-1")
_BINARY = "$base64"

Item = dict[str, Any]


def imported(name: str) -> Any:
    """Return the object of a dotted name."""
    module, _, attribute = name.rpartition(".")
    return getattr(import_module(module), attribute)


@contextmanager
def empty_stack() -> Iterator[dict[str, str]]:
    """Deploy empty tables that the command finds; yields the template's names to the real names."""
    with mock_aws():
        imported(FORGET_CLIENTS)()
        names = create_tables(boto3.client("dynamodb"))
        secret = boto3.client("secretsmanager").create_secret(Name="wootric", SecretString="{}")
        outputs = {
            "ResponsesTableName": names["ResponsesTable"],
            "StateTableName": names["StateTable"],
            "SecretArn": secret["ARN"],
            "WebhookUrl": "http://127.0.0.1:9/webhook",
            "SyncFunctionName": "test-sync",
        }
        with serving(AwsEndpoint(_STACK, outputs, _parameters())) as endpoint:
            os.environ["AWS_ENDPOINT_URL_CLOUDFORMATION"] = endpoint.url
            yield names
    imported(FORGET_CLIENTS)()


def _parameters() -> dict[str, str]:
    declared = load_template()["Parameters"]
    defaults = {name: str(p["Default"]) for name, p in declared.items() if "Default" in p}
    return {
        **defaults,
        "SenderAddress": "nps@example.com",
        "FallbackOwnerAddress": "cs-team@example.com",
        "WootricAccountToken": TOKEN,
    }


def nps(*words: str, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Run the command on the deployed stack; returns its output, byte for byte."""
    monkeypatch.setattr(sys, "argv", ["nps", *words, *_ON_STACK])
    with redirect_stdout(io.TextIOWrapper(io.BytesIO(), "utf-8", newline="")) as printed:
        with pytest.raises(SystemExit) as ended:
            imported(COMMAND)()
        printed.flush()
    assert ended.value.code in (0, None), (words, printed.buffer)
    assert isinstance(printed.buffer, io.BytesIO)
    return printed.buffer.getvalue()


def read_file(name: str) -> list[Item]:
    """Return the recorded items of a table."""
    lines = (FOLDER / f"{name}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def write_file(name: str, items: Iterable[Item]) -> None:
    """Record the items of a table."""
    lines = [json.dumps(item, ensure_ascii=False, sort_keys=True) for item in items]
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")


def read_table(table: str) -> list[Item]:
    """Return all items of a table as plain values, by key."""
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=table)
    found = [_plain({"M": item}) for page in pages for item in page["Items"]]
    return sorted(found, key=lambda item: (item["pk"], item.get("sk", "")))


def write_table(table: str, items: Iterable[Item]) -> None:
    """Put items as `read_table` returned them."""
    client = boto3.client("dynamodb")
    for item in items:
        client.put_item(TableName=table, Item=_typed(item)["M"])


def _plain(typed: Mapping[str, Any]) -> Any:
    ((kind, value),) = typed.items()
    match kind:
        case "N":
            number = Decimal(value)
            assert number == int(number), "JSON would change the text of a fraction"
            return int(number)
        case "B":
            return {_BINARY: base64.b64encode(value).decode()}
        case "L":
            return [_plain(one) for one in value]
        case "M":
            return {name: _plain(value[name]) for name in sorted(value)}  # a map has no order
        case "NULL":
            return None
    assert kind in ("S", "BOOL"), f"no item of ours has a {kind}"
    return value


def _typed(plain: Any) -> dict[str, Any]:
    match plain:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": plain}
        case str():
            return {"S": plain}
        case int():
            return {"N": str(plain)}
        case list():
            return {"L": [_typed(one) for one in plain]}
        case {"$base64": text}:
            return {"B": base64.b64decode(text)}
    return {"M": {name: _typed(one) for name, one in plain.items()}}


def differences(expected: Any, found: Any, where: str = "") -> list[str]:
    """Return every difference of two parsed values; JSON texts are parsed as well."""
    if expected == found and type(expected) is type(found) and not isinstance(found, dict | list):
        return []
    if isinstance(expected, str) and isinstance(found, str):
        old, new = _parsed(expected), _parsed(found)
        changes = [] if old is None or new is None else differences(old, new, where)
        return changes or [f"{where}: {expected!r} is now {found!r}"]
    if isinstance(expected, dict) and isinstance(found, dict):
        return _of_objects(expected, found, where)
    if isinstance(expected, list) and isinstance(found, list):
        pairs = enumerate(zip(expected, found, strict=False))
        changes = [d for n, (old, new) in pairs for d in differences(old, new, f"{where}[{n}]")]
        is_same = len(expected) == len(found)
        count = [] if is_same else [f"{where}: {len(expected)} entries are now {len(found)}"]
        return count + changes
    return [f"{where}: {expected!r} is now {found!r}"]


def _of_objects(expected: dict[str, Any], found: dict[str, Any], where: str) -> list[str]:
    changes = [f"{where}.{n}: gone, was {expected[n]!r}" for n in expected if n not in found]
    changes += [f"{where}.{n}: new, is {found[n]!r}" for n in found if n not in expected]
    if not changes and list(expected) != list(found):
        changes = [f"{where}: the order {list(expected)} is now {list(found)}"]
    both = [name for name in expected if name in found]
    return changes + [d for n in both for d in differences(expected[n], found[n], f"{where}.{n}")]


def _parsed(text: str) -> Any:
    """Parse a text as JSON; None if it is not an object or array."""
    try:
        return json.loads(text) if text[:1] in ("{", "[") else None
    except ValueError:
        return None
