"""`nps doctor`: is everything there that the promises need."""

from typing import TYPE_CHECKING

import typer

from nps_cli.checks import stack_checks, wootric_checks
from nps_cli.checks.stack_checks import guarded
from nps_cli.shell import tables
from nps_cli.shell.progress import track
from nps_cli.shell.stack import Stack, stack_of
from nps_cli.shell.tables import Column

if TYPE_CHECKING:
    from nps_core.views.checks import Check

_AWS = {
    "webhook": stack_checks.webhook,
    "sender": stack_checks.sender,
    "ses_account": stack_checks.sandbox,
    "owner": stack_checks.owner,
    "activation": stack_checks.activation,
    "schedules": stack_checks.schedules,
    "unmatched": stack_checks.unmatched,
}
_COLUMNS = (
    Column("", lambda row: "ok" if row.ok else "FAIL"),
    Column.of("check"),
    Column("found", lambda row: row.detail, wraps_at=20),
    Column("fix", lambda row: row.fix or " ", wraps_at=20),
)


def doctor(ctx: typer.Context) -> None:
    """Check credentials, API, webhook, mail, owner, activation, schedules; says how to fix each.

    Changes nothing and stores nothing. Exit status 1 if anything fails.
    """
    stack = stack_of(ctx)
    _ = stack.target  # no stack, no diagnosis: that error is the answer
    found = diagnose(stack)
    tables.print_rows(found, _COLUMNS, as_json=stack.options.json, empty="")
    if not all(check.ok for check in found):
        raise typer.Exit(1)


def diagnose(stack: Stack) -> "list[Check]":
    """Run all checks, in the order in which their failures should be fixed."""
    found = wootric_checks.all_of(stack)
    for name, look in track(_AWS.items(), "checks", len(_AWS)):
        found.append(guarded(name, look, stack))
    return found
