"""`nps connections ...`: the Wootric accounts that the stack reads."""

from dataclasses import replace
from typing import Annotated

import typer

from nps_cli.connections import stored_secret
from nps_cli.connections.chosen import connections_of, template_connection
from nps_cli.shell import tables
from nps_cli.shell.columns import Column
from nps_cli.shell.errors import Failure
from nps_cli.shell.stack import stack_of
from nps_core.connectors.wootric.protocol import base_url

app = typer.Typer(help="The Wootric accounts that the stack reads.", no_args_is_help=True)

_COLUMNS = (
    Column.of("account_token", "account"),
    Column.of("host", rank=2),
    Column.of("metric", rank=1),
    Column.of("time_zone", "time zone"),
    Column.of("requests_per_minute", "requests a minute", right=True, rank=3),
    Column("active since", lambda row: tables.minute(row.activated_at)),
    Column.of("origin", "from", rank=1),
)


@app.command("list")
def list_connections(ctx: typer.Context) -> None:
    """List the Wootric accounts: that of the template, then those added by `nps connect`."""
    from nps_core.views.connections import connection_row

    stack = stack_of(ctx)
    found = [
        connection_row(
            connection,
            base_url(connection.account_token, connection.api_url),
            stack.profiles.activated_at(connection.account_token),
            "added" if number else "template",
        )
        for number, connection in enumerate(connections_of(stack))
    ]
    tables.print_rows(found, _COLUMNS, as_json=stack.options.json, empty="")


@app.command("remove")
def remove_connection(
    ctx: typer.Context,
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="As in `nps connections list`.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be done.")
    ] = False,
) -> None:
    """Stop reading an added account, and delete its credentials.

    Its stored answers stay and stay counted.
    """
    from nps_core.views.connections import ConnectionRemoval

    stack = stack_of(ctx)
    if token == template_connection(stack).account_token:
        raise Failure(
            f"{token} is the account of the template: deploy with another WootricAccountToken,"
            " or with SchedulesState=DISABLED to stop the sync"
        )
    secret = stored_secret.read(stack)
    if token not in {row.account_token for row in connections_of(stack)} | set(secret.connections):
        raise Failure(f"there is no connection {token!r}: `nps connections list` shows them all")
    if not dry_run:
        # In this order: unused credentials do no harm, a connection without credentials fails.
        stack.connections.remove(token)
        others = {name: login for name, login in secret.connections.items() if name != token}
        if others != secret.connections:
            stored_secret.write(stack, replace(secret, connections=others))
    if stack.options.json:
        tables.print_json(
            ConnectionRemoval(account_token=token, removed=not dry_run, dry_run=dry_run)
        )
    else:
        done = "would no longer be" if dry_run else "is no longer"
        tables.say(f"{token} {done} read. Its stored answers stay and stay counted.")
        tables.say("Switch off its webhook in Wootric: the stack refuses it from now on.")
