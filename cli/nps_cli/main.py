"""`nps`: the operator's command, the same for a local stack and for a deployed one."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import click
import typer
from typer.core import TyperGroup

from nps_cli.argv import OWN_OPTIONS, normalise
from nps_cli.commands import (
    accounts,
    connect,
    connections,
    contacts,
    directory,
    doctor,
    logs,
    mail,
    responses,
    sync,
)
from nps_cli.commands.redrive import redrive
from nps_cli.commands.replay import replay
from nps_cli.shell.errors import TRANSLATED, Failure, explain
from nps_cli.shell.stack import Stack
from nps_cli.shell.target import Options


class OperatorGroup(TyperGroup):
    """Takes the common options anywhere, and turns failures of AWS into one line."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the common options first, as the parser wants them."""
        return super().parse_args(ctx, normalise(args))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; failures that AWS or the core name end it with exit status 1."""
        try:
            return super().invoke(ctx)
        except TRANSLATED as exc:
            raise Failure(explain(exc)) from exc


app = typer.Typer(
    cls=OperatorGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def nps(
    ctx: typer.Context,
    local: Annotated[
        bool, typer.Option("--local", help="The stack that `nps local up` started.")
    ] = False,
    stack: Annotated[
        str | None, typer.Option("--stack", metavar="NAME", help="A deployed stack.")
    ] = None,
    region: Annotated[
        str | None, typer.Option("--region", metavar="R", help="Its region; else AWS_REGION.")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="DIR", help="Folder of the local stack, if not the last."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """NPS Loop: answers, account NPS, tasks and mails.

    Name the stack with --local, or with --stack NAME --region R. These options and --json may
    stand before the command or anywhere after it. Times are UTC. Exit status: 0 done, 1 failed
    with the reason on standard error, 2 wrong usage.
    """
    if ctx.invoked_subcommand == OWN_OPTIONS and data is not None:
        os.environ["NPS_LOCAL_DATA"] = str(data)
    ctx.obj = Stack(Options(local, stack, region, data, json))


for name, group in (
    ("accounts", accounts.app),
    ("contacts", contacts.app),
    ("responses", responses.app),
    ("declines", responses.declines_app),
    ("runs", logs.runs_app),
    ("tasks", logs.tasks_app),
    ("mail", mail.app),
    ("quarantine", logs.quarantine_app),
    ("directory", directory.app),
    ("sync", sync.app),
    ("connections", connections.app),
):
    app.add_typer(group, name=name)
app.command("company")(accounts.company)
app.command("connect")(connect.connect)
app.command("doctor")(doctor.doctor)
app.command("redrive")(redrive)
app.command("replay")(replay)

try:
    from nps_local.commands import app as _local_app
except ImportError as missing:
    _reason = f"`nps local` needs {missing.name}: run `make install` in the checkout"

    @app.command("local", context_settings={"ignore_unknown_options": True})
    def local_is_missing(
        _args: Annotated[list[str] | None, typer.Argument(metavar="...")] = None,
    ) -> None:
        """Run the whole loop on this machine (needs the checkout)."""
        raise Failure(_reason)

else:
    app.add_typer(_local_app, name="local")


def main() -> None:
    """Run the command line of this process."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character gets a question mark, not a traceback.
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="replace")
    app(prog_name="nps")
