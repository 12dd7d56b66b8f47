"""`nps quarantine list`."""

from typing import Annotated

import typer

from nps_cli.shell import tables
from nps_cli.shell.columns import Column
from nps_cli.shell.stack import report_unreadable, rows_of, stack_of

app = typer.Typer(help="Payloads that could not be understood.", no_args_is_help=True)

_COLUMNS = (
    Column("received", lambda row: tables.minute(row.received_at)),
    Column.of("source", rank=2),
    Column.of("reason"),
    Column.of("detail", rank=1, wraps_at=24),
    Column.of("key", rank=3),
)


@app.command("list")
def list_quarantine(
    ctx: typer.Context,
    raw: Annotated[bool, typer.Option("--raw", help="Add the payloads; may name people.")] = False,
) -> None:
    """List payloads that could not be understood, newest last."""
    from nps_core.views.quarantine import QuarantineDetail, QuarantineRow

    stack = stack_of(ctx)
    view = QuarantineDetail if raw else QuarantineRow
    found = rows_of(view, stack.quarantine.everything(report_unreadable), "key")
    found.sort(key=lambda row: (row.received_at, row.key))
    columns = (*_COLUMNS, Column.of("raw", wraps_at=40)) if raw else _COLUMNS
    empty = "Nothing is in quarantine: every payload so far was understood."
    tables.print_rows(found, columns, as_json=stack.options.json, empty=empty)
