"""Runs the target of a deployed schedule now, with the input of the schedule."""

from __future__ import annotations

import base64
import json
from typing import Any

from botocore.exceptions import BotoCoreError

from nps_local.machine import ministack
from nps_local.machine.discovery import RunningStack

_LONGEST_S = 960.0  # a Lambda function may take 900 s


class FunctionFailedError(RuntimeError):
    """The target raised. `log` is the end of its log."""

    def __init__(self, message: str, log: str = "") -> None:
        super().__init__(message)
        self.log = log


def fire(stack: RunningStack, name: str) -> Any:
    """Invoke a schedule's target and wait for its result.

    Raises:
        ValueError: The schedule does not exist; the message lists the known ones.
        FunctionFailedError: The function did not return.
    """
    targets = _targets(stack)
    if name not in targets:
        raise ValueError(f"no schedule {name!r}; there are {', '.join(sorted(targets))}")
    arn, payload = targets[name]
    functions = ministack.session().client(
        "lambda", endpoint_url=stack.aws_endpoint, config=ministack.config(_LONGEST_S)
    )
    try:
        answer = functions.invoke(FunctionName=arn, Payload=payload.encode(), LogType="Tail")
        result = json.loads(answer["Payload"].read() or b"null")
    except BotoCoreError as error:
        raise FunctionFailedError(f"the stack went away: {error}") from error
    if "FunctionError" in answer:
        log = base64.b64decode(answer.get("LogResult", "")).decode(errors="replace")
        raise FunctionFailedError(result.get("errorMessage", str(result)), log)
    return result


def _targets(stack: RunningStack) -> dict[str, tuple[str, str]]:
    scheduler = ministack.session().client(
        "scheduler", endpoint_url=stack.aws_endpoint, config=ministack.config()
    )
    found: dict[str, tuple[str, str]] = {}
    for page in scheduler.get_paginator("list_schedules").paginate():
        for summary in page["Schedules"]:
            schedule = scheduler.get_schedule(
                Name=summary["Name"], GroupName=summary.get("GroupName", "default")
            )
            payload = schedule["Target"].get("Input", "{}")
            name = json.loads(payload).get("schedule")
            if name:
                found[name] = (schedule["Target"]["Arn"], payload)
    return found
