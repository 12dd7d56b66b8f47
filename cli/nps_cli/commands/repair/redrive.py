"""`nps redrive`: retry quarantined payloads, dead-lettered webhooks and failed batches."""

from typing import Annotated, Literal, get_args

import typer

from nps_cli.shell import tables
from nps_cli.shell.columns import Column
from nps_cli.shell.errors import Failure
from nps_cli.shell.stack import stack_of

Kind = Literal["quarantine", "inbox", "batches"]
_COLUMNS = (
    Column.of("what"),
    *(Column.of(name, right=True) for name in ("found", "redriven", "left", "failed")),
)


def redrive(
    ctx: typer.Context,
    kind: Annotated[
        Kind | None,
        typer.Argument(metavar="KIND", help="quarantine, inbox or batches; all three if left out."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only count what would be redriven.")
    ] = False,
) -> None:
    """Retry quarantined payloads, dead-lettered webhooks and failed stream batches.

    Each is deleted only after it was stored or handled. Repeating it is harmless. Deploy the
    version that understands a payload before you redrive it.
    """
    stack = stack_of(ctx)
    _ = stack.deployment  # no stack, nothing to redrive: that error is the answer
    from nps_cli.repair import redrive as repair

    results = repair.redrive(stack, (kind,) if kind else get_args(Kind), dry_run=dry_run)
    rows = [result.row(dry_run=dry_run) for result in results]
    tables.print_rows(rows, _COLUMNS, as_json=stack.options.json, empty="")
    if dry_run and not stack.options.json:
        tables.say("Nothing was changed: `redriven` counts what would be redriven.")
    for remark in (line for result in results for line in result.remarks()):
        typer.echo(remark, err=True)
    if failed := sum(result.failed.total() for result in results):
        raise Failure(f"{failed:,} failed and stay as they are: repeat once the cause is fixed")
