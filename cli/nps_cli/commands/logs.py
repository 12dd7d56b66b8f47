"""`nps runs ...`, `nps tasks list` and `nps quarantine list`."""

from typing import TYPE_CHECKING, Annotated

import typer

from nps_cli.shell import tables
from nps_cli.shell.columns import Column
from nps_cli.shell.errors import Failure
from nps_cli.shell.stack import Stack, report_unreadable, stack_of

if TYPE_CHECKING:
    from nps_core.sync.runlog import RunRecord

runs_app = typer.Typer(help="Runs of the sync.", no_args_is_help=True)
tasks_app = typer.Typer(help="Follow-up tasks.", no_args_is_help=True)
quarantine_app = typer.Typer(help="Payloads that could not be understood.", no_args_is_help=True)

_RUNS = (
    Column("started", lambda row: tables.minute(row.started_at)),
    *(Column.of(name) for name in ("kind", "status")),
    Column.of("pages", right=True, rank=3),
    Column.of("fetched", right=True, rank=4),
    *(Column.of(name, right=True, rank=1) for name in ("created", "updated")),
    Column.of("unchanged", right=True, rank=5),
    Column.of("quarantined", right=True, rank=2),
    Column.of("requests", right=True, rank=3),
    Column.of("throttled", right=True, rank=4),
    Column.of("error", wraps_at=20),
    Column.of("run_id", "run", rank=6),
)
_LAST = "last"
_TASKS = (
    Column.of("task_id", "task", rank=3),
    Column.of("status"),
    Column.of("account_id", "account", wraps_at=12),
    Column.of("contact"),
    Column.of("owner", rank=2),
    Column.of("tier", rank=5),
    Column.of("reason", rank=1),
    Column("opened", lambda row: tables.minute(row.opened_at), rank=4),
    Column("due", lambda row: tables.minute(row.due_at)),
    Column("answers", lambda row: len(row.response_ids), "right", rank=6),
)
_QUARANTINE = (
    Column("received", lambda row: tables.minute(row.received_at)),
    Column.of("source", rank=2),
    Column.of("reason"),
    Column.of("detail", rank=1, wraps_at=24),
    Column.of("key", rank=3),
)


@runs_app.command("list")
def list_runs(ctx: typer.Context) -> None:
    """List the runs of the sync, newest last."""
    from nps_core.views.sync.runs import RunRow

    stack = stack_of(ctx)
    found = [RunRow.model_validate(run) for run in stack.run_log.runs(report_unreadable)]
    found.sort(key=lambda row: (row.started_at, row.run_id))
    empty = "No run yet: `nps sync now` starts one."
    tables.print_rows(found, _RUNS, as_json=stack.options.json, empty=empty)


@runs_app.command("show")
def show_run(
    ctx: typer.Context,
    run_id: Annotated[
        str, typer.Argument(metavar="ID", help="As in `nps runs list`, its beginning, or last.")
    ],
) -> None:
    """Show the full record of one run of the sync."""
    from nps_core.views.sync.runs import RunDetail

    stack = stack_of(ctx)
    row = RunDetail.model_validate(_run(stack, run_id))
    if stack.options.json:
        tables.print_json(row)
    else:
        tables.print_facts(list(row.as_json().items()))


def _run(stack: Stack, run_id: str) -> "RunRecord":
    """Return the run with this id or the only one that begins with it; `last` is the latest."""
    exact = stack.run_log.run(run_id) if run_id else None
    found = [exact] if exact else _runs_named(stack, run_id)
    if not found:
        raise Failure(f"there is no run {run_id!r}: `nps runs list` shows them all")
    if len(found) > 1:
        raise Failure(
            f"several runs begin with {run_id!r}: give more of the id, `nps runs list` shows them"
        )
    return found[0]


def _runs_named(stack: Stack, prefix: str) -> "list[RunRecord]":
    """Return at most two of thousands of runs: two already make the prefix ambiguous."""
    if prefix == _LAST:
        latest = stack.run_log.latest()
        return [latest] if latest else []
    return stack.run_log.beginning(prefix, 2) if prefix else []


@tasks_app.command("list")
def list_tasks(ctx: typer.Context) -> None:
    """List follow-up tasks, open and closed, newest last."""
    from nps_core.views.tasks import TaskRow

    stack = stack_of(ctx)
    found = [TaskRow.model_validate(task) for task in stack.follow_up.tasks(report_unreadable)]
    found.sort(key=lambda row: (row.opened_at, row.task_id))
    empty = (
        "No task: no score of 0 to 6 has come in since activation. History opens none;"
        " `nps doctor` shows whether the account is activated."
    )
    tables.print_rows(found, _TASKS, as_json=stack.options.json, empty=empty)


@quarantine_app.command("list")
def list_quarantine(
    ctx: typer.Context,
    raw: Annotated[bool, typer.Option("--raw", help="Add the payloads; may name people.")] = False,
) -> None:
    """List payloads that could not be understood, newest last."""
    from nps_core.views.quarantine import QuarantineDetail, QuarantineRow

    stack = stack_of(ctx)
    view = QuarantineDetail if raw else QuarantineRow
    found = [
        view.model_validate(payload) for payload in stack.quarantine.everything(report_unreadable)
    ]
    found.sort(key=lambda row: (row.received_at, row.key))
    columns = (*_QUARANTINE, Column.of("raw", wraps_at=40)) if raw else _QUARANTINE
    empty = "Nothing is in quarantine: every payload so far was understood."
    tables.print_rows(found, columns, as_json=stack.options.json, empty=empty)
