"""`nps tasks list`."""

import typer

from nps_cli.shell import tables
from nps_cli.shell.columns import Column
from nps_cli.shell.stack import report_unreadable, rows_of, stack_of

app = typer.Typer(help="Follow-up tasks.", no_args_is_help=True)

_COLUMNS = (
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


@app.command("list")
def list_tasks(ctx: typer.Context) -> None:
    """List follow-up tasks, open and closed, newest last."""
    from nps_core.views.tasks import TaskRow

    stack = stack_of(ctx)
    found = rows_of(TaskRow, stack.follow_up.tasks(report_unreadable), "task_id")
    found.sort(key=lambda row: (row.opened_at, row.task_id))
    empty = (
        "No task: no score of 0 to 6 has come in since activation. History opens none;"
        " `nps doctor` shows whether the account is activated."
    )
    tables.print_rows(found, _COLUMNS, as_json=stack.options.json, empty=empty)
