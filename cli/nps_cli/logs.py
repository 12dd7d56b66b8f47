"""`nps runs list`, `nps tasks list` and `nps quarantine list`."""

from typing import Annotated

import typer

from nps_cli import log_rows, tables
from nps_cli.space import space_of
from nps_cli.tables import Column
from nps_core import keys

runs_app = typer.Typer(help="Runs of the sync.", no_args_is_help=True)
tasks_app = typer.Typer(help="Follow-up tasks.", no_args_is_help=True)
quarantine_app = typer.Typer(help="Payloads that could not be understood.", no_args_is_help=True)

_RUNS = (
    Column("started", lambda row: tables.minute(row["started_at"])),
    *(Column.of(name) for name in ("kind", "status")),
    *(Column.of(name, right=True) for name in ("pages", "fetched", "created", "updated")),
    *(Column.of(name, right=True) for name in ("unchanged", "quarantined", "requests")),
    Column.of("throttled", right=True),
    Column.of("error"),
)
_TASKS = (
    *(Column.of(name) for name in ("task_id", "status", "account_id", "contact", "owner")),
    *(Column.of(name) for name in ("tier", "reason")),
    Column("opened", lambda row: tables.minute(row["opened_at"])),
    Column("due", lambda row: tables.minute(row["due_at"])),
    Column("answers", lambda row: len(row["response_ids"] or ()), "right"),
)
_QUARANTINE = (
    Column("received", lambda row: tables.minute(row["received_at"])),
    *(Column.of(name) for name in ("source", "reason", "detail", "key")),
)


@runs_app.command("list")
def list_runs(ctx: typer.Context) -> None:
    """List the runs of the sync, newest last."""
    space = space_of(ctx)
    found = [log_rows.run_row(item) for item in space.partition(keys.RUN)]
    found.sort(key=lambda row: (row["started_at"] or "", row["run_id"] or ""))
    empty = "No run yet: `nps sync now` starts one."
    tables.print_rows(found, _RUNS, as_json=space.options.json, empty=empty)


@tasks_app.command("list")
def list_tasks(ctx: typer.Context) -> None:
    """List follow-up tasks, open and closed, newest last."""
    space = space_of(ctx)
    found = [log_rows.task_row(item) for item in space.partition(keys.TASK)]
    found.sort(key=lambda row: (row["opened_at"] or "", row["task_id"] or ""))
    empty = (
        "No task: no score of 0 to 6 has come in since activation. History opens none;"
        " `nps doctor` shows whether the account is activated."
    )
    tables.print_rows(found, _TASKS, as_json=space.options.json, empty=empty)


@quarantine_app.command("list")
def list_quarantine(
    ctx: typer.Context,
    raw: Annotated[bool, typer.Option("--raw", help="Add the payloads; may name people.")] = False,
) -> None:
    """List payloads that were kept because they could not be understood, newest last."""
    space = space_of(ctx)
    found = [log_rows.quarantine_row(item, with_raw=raw) for item in space.quarantine.everything()]
    found.sort(key=lambda row: (row["received_at"] or "", row["key"] or ""))
    columns = (*_QUARANTINE, Column.of("raw")) if raw else _QUARANTINE
    empty = "Nothing is in quarantine: every payload so far was understood."
    tables.print_rows(found, columns, as_json=space.options.json, empty=empty)
