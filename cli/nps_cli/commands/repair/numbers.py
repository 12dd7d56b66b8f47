"""`nps numbers ...`: every number compared with the stored answers, and repaired."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from nps_cli.shell import tables
from nps_cli.shell.columns import Column
from nps_cli.shell.stack import Stack, stack_of
from nps_core.answers.matching import asked_id

if TYPE_CHECKING:
    from nps_cli.repair.numbers import Comparison

app = typer.Typer(
    help="Compare every number with the stored answers, and repair what differs.",
    no_args_is_help=True,
)

AccountOption = Annotated[
    str | None,
    typer.Option("--account", metavar="ID", parser=asked_id, help="Only this account."),
]
_COLUMNS = (
    *(Column.of(name) for name in ("kind", "account_id", "ledger")),
    Column.of("month", rank=2),
    Column.of("response_id", "response"),
    Column("differs", lambda row: ", ".join(row.differs) or None, rank=1, wraps_at=20),
    Column("stored", lambda row: _brief(row.stored), rank=3),
    Column("right", lambda row: _brief(row.right), rank=3),
)


@app.command("check")
def check(ctx: typer.Context, account: AccountOption = None) -> None:
    """Compare ledgers and summaries with a recompute from the stored answers. Changes nothing.

    Exit status 1 if anything differs.
    """
    from nps_cli.repair.numbers import Numbers

    stack = stack_of(ctx)
    result = Numbers(stack).check(account)
    _report_check(stack, result)
    if result.found or result.unreadable:
        raise typer.Exit(1)


@app.command("rebuild")
def rebuild(
    ctx: typer.Context,
    account: AccountOption = None,
    all_accounts: Annotated[bool, typer.Option("--all", help="All accounts.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Plan and prove the repair; write nothing.")
    ] = False,
) -> None:
    """Repair the votes and summaries that are not what the stored answers say.

    Give --account or --all. It is safe while answers arrive, and can be stopped and repeated.
    """
    if bool(account) == all_accounts:
        raise typer.BadParameter("give one of --account ID and --all", param_hint="'--account'")
    from nps_cli.repair.numbers import Numbers

    stack = stack_of(ctx)
    result = Numbers(stack).rebuild(account, dry_run=dry_run)
    _report_rebuild(stack, result, dry_run=dry_run)
    if not result.proven:
        raise typer.Exit(1)


def _report_check(stack: Stack, result: "Comparison") -> None:
    from nps_core.views.numbers import NumbersCheck

    report = NumbersCheck(**_counts(stack, result))
    if stack.options.json:
        tables.print_json(report)
        return
    if report.differences:
        tables.print_table(report.differences, _COLUMNS)
    tables.say(_summary(result))


def _report_rebuild(stack: Stack, result: "Comparison", *, dry_run: bool) -> None:
    from nps_core.views.numbers import NumbersRebuild

    report = NumbersRebuild(
        **_counts(stack, result),
        dry_run=dry_run,
        ledgers=result.ledgers,
        summaries=result.summaries,
        proven=result.proven,
    )
    if stack.options.json:
        tables.print_json(report)
        return
    if report.differences:
        tables.print_table(report.differences, _COLUMNS)
    written = (
        f"{tables.counted(result.ledgers, 'ledger')} and"
        f" {tables.counted(result.summaries, 'summary', 'summaries')}"
    )
    verb = "would be written" if dry_run else "written"
    proof = "equal" if result.proven else "do NOT all equal"
    tables.say(
        f"{_summary(result)} {written} {verb}. The numbers {'then ' if dry_run else ''}{proof}"
        " a recompute from the answers."
    )


def _counts(stack: Stack, result: "Comparison") -> dict[str, Any]:
    """Return the fields that both reports have."""
    from nps_core.views.numbers import difference_row

    return {
        "as_of": stack.now,
        "accounts": result.accounts,
        "answers": result.answers,
        "found": result.found,
        "pending": result.pending,
        "unreadable": result.unreadable,
        "differences": tuple(difference_row(one) for one in result.differences),
    }


def _summary(result: "Comparison") -> str:
    where = (
        f"{tables.counted(result.accounts, 'account')}, {tables.counted(result.answers, 'answer')}"
    )
    text = f"{where}: {tables.counted(result.found, 'difference')}."
    if result.pending:
        text += f" {result.pending:,} more of the last five minutes may still be on their way."
    if result.unreadable:
        text += f" {result.unreadable:,} could not be read and were left alone."
    return text


def _brief(values: dict[str, object] | None) -> str | None:
    return None if values is None else ", ".join(f"{k} {v}" for k, v in values.items())
