"""Calls the sync function, waits for it, and names the fix of a failure."""

import json
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from nps_cli.connections.chosen import chosen
from nps_cli.shell.errors import Failure
from nps_cli.shell.progress import is_shown
from nps_cli.shell.stack import Stack
from nps_cli.sync.progress import watch
from nps_core.aws.clients import store_errors
from nps_core.views.sync.report import TickReport, parse_report, runs_of

_LONGEST_S = 920  # a function may take 900 s
_FIXES = {
    "Unauthorized": "Wootric refuses the credentials: store the right ones with `nps connect`",
    "ConfigError": "the function is not set up: deploy the stack again, then `nps doctor`",
    "RateLimited": "other users of the account need its requests: repeat in a few minutes",
    "SourceUnavailable": "Wootric is not available: repeat in a few minutes",
    "timed out": "it ran out of time; what it stored stays, repeat to continue",
}

_OTHER_VERSION = (
    "the sync function is of another version: deploy this version, or use the function's own nps"
)


def call(stack: Stack, event: Mapping[str, Any], connection: str | None) -> TickReport:
    """Run the function for one connection or for all, show its progress, return its report.

    Raises:
        Failure: the connection does not exist, the function raised or was stopped, or its version
            writes a report that cannot be read.
    """
    first = chosen(stack, connection)[0]
    named = {**event, "connection": connection} if connection else dict(event)
    running = _started(stack, json.dumps(named).encode())
    if is_shown():
        watch(stack.sync_state(first.account_token), running)
    try:
        return parse_report(running.result())
    except ValueError as exc:
        raise Failure(_OTHER_VERSION) from exc


def require_no_failure(report: TickReport) -> None:
    """Raise Failure with the reason and the fix of every run that failed."""
    runs = runs_of(report)
    reasons = [
        (f"{run.account_token}: " if len(runs) > 1 else "")
        + with_fix(run.error or "the run failed without a reason")
        for run in runs
        if run.status == "failed"
    ]
    if reasons:
        raise Failure("\n".join(reasons))


def outcome(payload: bytes, function_error: str | None) -> dict[str, Any]:
    """Parse the function's reply.

    Raises:
        Failure: the function raised or was stopped; with the reason and the fix.
    """
    try:
        reply = json.loads(payload or b"{}")
    except ValueError:
        reply = {"errorMessage": "the function answered something that is not JSON"}
        function_error = function_error or "Unhandled"
    if not isinstance(reply, dict):
        reply = {"result": reply}
    if function_error:
        reason = f"{reply.get('errorType', '')}: {reply.get('errorMessage', '')}".strip(": ")
        raise Failure(with_fix(f"the sync failed: {reason or function_error}"))
    return reply


def with_fix(reason: str) -> str:
    """Add the fix to the reason of a failed run."""
    for sign, fix in _FIXES.items():
        if sign.lower() in reason.lower():
            return f"{reason}: {fix}"
    return f"{reason}: `nps doctor` looks for the cause"


def _started(stack: Stack, payload: bytes) -> "Future[dict[str, Any]]":
    """Invoke the function in a daemon thread, so that Ctrl-C works."""
    name = stack.deployment.output("SyncFunctionName")
    client = stack.deployment.client("lambda", read_timeout_s=_LONGEST_S, attempts=1)
    done: Future[dict[str, Any]] = Future()

    def run() -> None:
        try:
            with store_errors("Invoke"):
                reply = client.invoke(FunctionName=name, Payload=payload)
                answer = reply["Payload"].read()
            done.set_result(outcome(answer, reply.get("FunctionError")))
        except Exception as exc:
            done.set_exception(exc)

    threading.Thread(target=run, daemon=True).start()
    return done
