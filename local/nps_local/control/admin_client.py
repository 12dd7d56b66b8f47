"""Client of the emulator's admin port: the backlog of the consumers, and crashes of functions."""

from __future__ import annotations

import time
from typing import Any

from nps_local.machine.discovery import RunningStack
from nps_local.machine.local_http import get_json, post_json

_PAUSE_S = 0.05


def backlog(stack: RunningStack) -> list[str]:
    """One line per consumer with a backlog; empty when everything is handled."""
    sources: dict[str, list[dict[str, Any]]] = get_json(f"{stack.admin_url}/backlog")
    names = {function: name for name, function in stack.functions.items()}
    return [
        f"{names.get(each['function'], each['function'])}: {each['behind']} of {each['source']}"
        + (f" (last time: {each['last_result']})" if each["last_result"] else "")
        for each in [*sources["queues"], *sources["streams"]]
        if each["behind"]
    ]


def wait_until_handled(stack: RunningStack, timeout: float) -> list[str]:
    """Wait for every stream record and inbox message; return the backlog at the timeout."""
    deadline = time.monotonic() + timeout
    while (left := backlog(stack)) and time.monotonic() < deadline:
        time.sleep(_PAUSE_S)
    return left


def kill(stack: RunningStack, function: str) -> dict[str, Any]:
    """SIGKILL the workers of a function: its short name (sync), logical id or full name.

    Raises:
        ValueError: The function does not exist; the message lists the known ones.
    """
    short = function.removesuffix("Function").lower()
    deployed = stack.functions.get(short, function)
    if deployed not in stack.functions.values():
        raise ValueError(f"no function {function!r}; there are {', '.join(stack.functions)}")
    return {"function": deployed, **post_json(f"{stack.admin_url}/kill?function={deployed}")}
