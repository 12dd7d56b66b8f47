"""`nps runs ...`."""

from typing import TYPE_CHECKING, Annotated

import typer

from nps_cli.shell import tables
from nps_cli.shell.columns import Column
from nps_cli.shell.errors import Failure
from nps_cli.shell.stack import Stack, report_unreadable, rows_of, stack_of

if TYPE_CHECKING:
    from nps_core.sync.runlog import RunRecord

app = typer.Typer(help="Runs of the sync.", no_args_is_help=True)

_COLUMNS = (
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


@app.command("list")
def list_runs(ctx: typer.Context) -> None:
    """List the runs of the sync, newest last."""
    from nps_core.views.sync.runs import RunRow

    stack = stack_of(ctx)
    found = rows_of(RunRow, stack.run_log.runs(report_unreadable), "run_id")
    found.sort(key=lambda row: (row.started_at, row.run_id))
    empty = "No run yet: `nps sync now` starts one."
    tables.print_rows(found, _COLUMNS, as_json=stack.options.json, empty=empty)


@app.command("show")
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
