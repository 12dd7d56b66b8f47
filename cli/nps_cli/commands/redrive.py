"""`nps redrive`: give what was set aside another try."""

from typing import Annotated, Literal

import typer

from nps_cli.repair.redrive_batches import redrive_batches
from nps_cli.repair.redrive_inbox import redrive_inbox
from nps_cli.repair.redrive_quarantine import redrive_quarantine
from nps_cli.repair.redrive_result import Tally
from nps_cli.shell import tables
from nps_cli.shell.errors import TRANSLATED, Failure, explain
from nps_cli.shell.stack import stack_of
from nps_cli.shell.tables import Column

Kind = Literal["quarantine", "inbox", "batches"]
_KINDS = {
    "quarantine": redrive_quarantine,
    "inbox": redrive_inbox,
    "batches": redrive_batches,
}
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
        bool, typer.Option("--dry-run", help="Count what would go, change nothing.")
    ] = False,
) -> None:
    """Try again what was set aside: quarantined payloads, inbox messages, stream batches.

    Each is taken out only after it was stored or handled, and stays otherwise. A repeat is
    harmless. Deploy the version that understands a payload before you redrive it.
    """
    stack = stack_of(ctx)
    _ = stack.target  # no stack, nothing to redrive: that error is the answer
    done: list[Tally] = []
    for name in (kind,) if kind else _KINDS:
        tally = Tally(name)
        try:
            _KINDS[name](stack, tally, dry_run=dry_run)
        except TRANSLATED as exc:
            tally.failed[explain(exc)] += 1
        done.append(tally)
    rows = [tally.row(dry_run=dry_run) for tally in done]
    tables.print_rows(rows, _COLUMNS, as_json=stack.options.json, empty="")
    if dry_run and not stack.options.json:
        tables.say("Nothing was changed; redriven is what would have gone.")
    for remark in (line for tally in done for line in tally.remarks()):
        typer.echo(remark, err=True)
    if failed := sum(tally.failed.total() for tally in done):
        raise Failure(f"{failed:,} failed and stay as they are: repeat when the cause is gone")
