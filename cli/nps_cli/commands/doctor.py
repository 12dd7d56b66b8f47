"""`nps doctor`: check a stack and name the fix of every failure."""

import typer

from nps_cli.shell import tables
from nps_cli.shell.columns import Column
from nps_cli.shell.stack import stack_of

_COLUMNS = (
    Column("", lambda row: "ok" if row.ok else "FAIL"),
    Column.of("check"),
    Column("found", lambda row: row.detail, wraps_at=20),
    Column("fix", lambda row: row.fix or " ", wraps_at=20),
)


def doctor(ctx: typer.Context) -> None:
    """Check credentials, API, webhook, mail, owner, activation and schedules; name each fix.

    Changes nothing and stores nothing. Exit status 1 if anything fails.
    """
    stack = stack_of(ctx)
    _ = stack.deployment  # no stack, no diagnosis: that error is the answer
    from nps_cli.checks.diagnosis import diagnose

    checks = diagnose(stack)
    tables.print_rows(checks, _COLUMNS, as_json=stack.options.json, empty="")
    if not all(check.ok for check in checks):
        raise typer.Exit(1)
