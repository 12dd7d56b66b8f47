"""`nps sync now`: run the sync and wait for it."""

import json
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass
from typing import Any

import typer

from nps_cli import progress, tables
from nps_cli.errors import Failure
from nps_cli.space import Space, space_of
from nps_core.adapters.aws import store_errors
from nps_core.adapters.sync_state import DynamoSyncState
from nps_core.checkpoint import StreamCheckpoint
from nps_core.wootric import STREAMS

app = typer.Typer(help="The sync with Wootric.", no_args_is_help=True)

_LONGEST_S = 920  # a function may take 900 s
_LOOK_EVERY_S = 1.0
_FIXES = {
    "Unauthorized": "Wootric refuses the credentials: store the right ones with `nps connect`",
    "ConfigError": "the function is not set up: deploy the stack again, then `nps doctor`",
    "RateLimited": "other users of the account need its requests: repeat in a few minutes",
    "SourceUnavailable": "Wootric does not answer properly: repeat in a few minutes",
    "timed out": "it ran out of time; what it stored stays, repeat to go on",
}


@app.command("now")
def sync_now(ctx: typer.Context) -> None:
    """Run the sync now, wait, and print its report. Repeating it is harmless."""
    space = space_of(ctx)
    running = _started(space)
    if progress.is_shown():
        _watch(space, running)
    report = running.result()
    if space.options.json:
        tables.print_json(report)
    else:
        _print(report)
    if report.get("status") == "skipped" and not space.options.json:
        typer.echo("Another run is at work; `nps runs list` shows it.")
    if report.get("status") == "failed":
        raise Failure(with_fix(str(report.get("error") or "the run failed without a reason")))


def outcome(payload: bytes, function_error: str | None) -> dict[str, Any]:
    """Read what the function returned.

    Raises:
        Failure: it raised or was stopped; with the reason and the fix.
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
    """Add what to do about a failed run, as far as its reason tells."""
    for sign, fix in _FIXES.items():
        if sign.lower() in reason.lower():
            return f"{reason}: {fix}"
    return f"{reason}: `nps doctor` looks for the cause"


def _started(space: Space) -> "Future[dict[str, Any]]":
    """Invoke the function in a thread that ends with the process, so that Ctrl-C works."""
    name = space.target.output("SyncFunctionName")
    client = space.target.client("lambda", read_timeout_s=_LONGEST_S, attempts=1)
    done: Future[dict[str, Any]] = Future()

    def run() -> None:
        try:
            with store_errors("Invoke"):
                reply = client.invoke(FunctionName=name, Payload=b'{"schedule":"sync"}')
                payload = reply["Payload"].read()
            done.set_result(outcome(payload, reply.get("FunctionError")))
        except Exception as exc:
            done.set_exception(exc)

    threading.Thread(target=run, daemon=True).start()
    return done


def _watch(space: Space, running: "Future[dict[str, Any]]") -> None:
    """Show how far the run is until it ends, by the checkpoint that it saves after every page."""
    state = DynamoSyncState(
        space.dynamodb, space.state_table, space.target.parameter("WootricAccountToken")
    )
    before: int | None = None
    with progress.bar(counts_steps=False) as shown:
        task = shown.add_task("sync", total=None)
        while not running.done():
            if text := state.read_checkpoint(STREAMS[0]):
                done = how_far(StreamCheckpoint.from_json(text))
                before = done.answers if before is None else before
                elapsed = shown.tasks[0].elapsed or 0.0
                label = done.label(done.answers - before, elapsed)
                shown.update(task, completed=done.read_s, total=done.all_s, description=label)
            try:
                running.exception(timeout=_LOOK_EVERY_S)
            except NotYet:
                continue


@dataclass(frozen=True, slots=True)
class Done:
    """How much of the first sync's window has been read; both None once it is finished."""

    answers: int
    read_s: int | None
    all_s: int | None

    def label(self, new: int, elapsed_s: float) -> str:
        """Return what stands beside the bar."""
        if self.all_s is None:
            return "live sync"
        rate = f", {new / elapsed_s:,.0f}/s" if elapsed_s >= 1 else ""
        return f"backfill: {self.answers:,} answers{rate}"


def how_far(checkpoint: StreamCheckpoint) -> Done:
    """Return how far the first sync of the answers is: pages are read in order of time."""
    fill = checkpoint.backfill
    if fill.ended_at is not None or fill.position.done:
        return Done(fill.rows, None, None)
    window_s = max(int(fill.started_at.timestamp()) - fill.from_s, 1)
    return Done(fill.rows, min(max(fill.position.cursor - fill.from_s, 0), window_s), window_s)


def _print(report: dict[str, Any]) -> None:
    pairs: list[tuple[str, object]] = [
        (name, json.dumps(value) if isinstance(value, dict) else value)
        for name, value in report.items()
    ]
    tables.console().print(tables.facts(pairs))
