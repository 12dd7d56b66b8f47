"""Seconds from a webhook to the new number of its account, on the local stack."""

import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import requests

from nps_core.connectors.wootric.signature import sign
from nps_core.times import iso
from nps_local.clock.control import ClockFile
from nps_local.machine.discovery import RunningStack
from nps_local.machine.ministack import session
from nps_local.options import FakeData, UpOptions
from nps_local.stack.local_stack import LocalStack

WEBHOOKS = 20
_DEADLINE_S = 30.0


def main() -> None:
    """Measure and print one line."""
    with tempfile.TemporaryDirectory(prefix="nps-bench-") as folder:
        local = LocalStack(UpOptions(data=Path(folder), fake=FakeData(answers=10, people=5)))
        try:
            stack = local.start()
            key = json.loads((Path(folder) / "secrets.json").read_text())["webhook_keys"]["active"]
            times = [_seconds(stack, key[0], number) for number in range(WEBHOOKS)]
        finally:
            local.stop()
    cold, *warm = times
    print(
        "seconds from webhook to visible account NPS on the local stack:"
        f" first {cold:.2f}, then median {statistics.median(warm):.2f}, worst {max(warm):.2f}"
    )


def _seconds(stack: RunningStack, key: str, number: int) -> float:
    body = json.dumps(_payload(stack, number)).encode()
    began = time.monotonic()
    headers = {"X-Wootric-Signature": sign(body, key)}
    requests.post(stack.webhook_url, body, headers=headers, timeout=30).raise_for_status()
    client: Any = session().client("dynamodb", endpoint_url=stack.aws_endpoint)
    table = stack.outputs["StateTableName"]
    wanted = {"pk": {"S": "ACCOUNT"}, "sk": {"S": "bench"}}
    while time.monotonic() - began < _DEADLINE_S:
        item = client.get_item(TableName=table, Key=wanted, ConsistentRead=True).get("Item")
        if item and int(item["all"]["M"]["promoters"]["N"]) > number:
            return time.monotonic() - began
        time.sleep(0.01)
    raise TimeoutError("the account's number did not change")


def _payload(stack: RunningStack, number: int) -> dict[str, Any]:
    now = iso(ClockFile(stack.clock_file).now())
    return {
        "response": {
            "id": 900_000 + number,
            "score": 10,
            "end_user_id": number,
            "end_user_properties": {"company_id": "bench"},
            "created_at": now,
            "updated_at": now,
        },
        "event_name": "created",
        "timestamp": now,
        "account_token": stack.account_token,
        "survey_mode": "NPS",
    }


if __name__ == "__main__":
    main()
