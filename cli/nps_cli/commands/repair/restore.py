"""`nps restore`: put back what is lost from a table that was restored under another name."""

from typing import Annotated, Literal

import typer

from nps_cli.shell import tables
from nps_cli.shell.columns import Column
from nps_cli.shell.stack import stack_of

_COLUMNS = (
    *(Column.of(name) for name in ("kind", "result")),
    Column.of("items", right=True),
    Column.of("why", rank=1),
)
_NEXT = {
    "answers": "The stream counts what came back; it mails nobody.",
    "state": "Count the answers again: nps rebuild --all",
}


def restore(
    ctx: typer.Context,
    from_table: Annotated[
        str,
        typer.Option("--from-table", metavar="NAME", help="The table that was restored."),
    ],
    into: Annotated[
        Literal["answers", "state"] | None,
        typer.Option("--into", metavar="TABLE", help="answers or state; its keys tell which."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only count what would be copied.")
    ] = False,
) -> None:
    """Copy what is lost from a table that was restored under another name.

    Only what the table of the stack lacks is written; nothing that is there changes. Mails that
    were waiting do not leave, and no removal is undone. Repeating it is harmless, and the stack may
    run meanwhile.
    """
    stack = stack_of(ctx)
    _ = stack.deployment  # no stack, nothing to restore: that error is the answer
    from nps_cli.repair.restore_copy import Copy
    from nps_cli.repair.restore_tables import pair

    found = pair(stack, from_table, into)
    rows = Copy(stack, found, dry_run=dry_run).run()
    tables.print_rows(rows, _COLUMNS, as_json=stack.options.json, empty=f"{from_table} is empty.")
    if stack.options.json:
        return
    if dry_run:
        tables.say("Nothing was changed: `copied` counts what would be copied.")
    elif any(row.result == "copied" for row in rows):
        tables.say(_NEXT[found.into])
