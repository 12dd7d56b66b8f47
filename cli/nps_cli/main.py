"""`nps`: the operator's command, the same for a local stack and for a deployed one."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import click
import typer
from typer.core import TyperGroup

from nps_cli.argv import OWN_OPTIONS, normalise
from nps_cli.shell.deferred import Deferred
from nps_cli.shell.errors import Failure, explain, translated
from nps_cli.shell.options import Options
from nps_cli.shell.stack import Stack

COMMANDS = (
    (
        "company",
        "nps_cli.commands.accounts:company",
        "Show the company's NPS: all answers, and the latest answer of each contact.",
    ),
    (
        "connect",
        "nps_cli.commands.connect:connect",
        "Store the Wootric credentials and signing keys, then activate the account.",
    ),
    (
        "doctor",
        "nps_cli.commands.doctor:doctor",
        "Check credentials, API, webhook, mail, owner, activation and schedules; name each fix.",
    ),
    (
        "redrive",
        "nps_cli.commands.repair.redrive:redrive",
        "Retry quarantined payloads, dead-lettered webhooks and failed stream batches.",
    ),
    (
        "replay",
        "nps_cli.commands.repair.replay:replay",
        "Feed the answers of a period to rollup and notify again.",
    ),
    (
        "rebuild",
        "nps_cli.commands.repair.numbers:rebuild",
        "Repair the votes and summaries that are not what the stored answers say.",
    ),
    (
        "restore",
        "nps_cli.commands.repair.restore:restore",
        "Copy what is lost from a table that was restored under another name.",
    ),
    ("accounts", "nps_cli.commands.accounts:app", "Accounts and their NPS."),
    ("contacts", "nps_cli.commands.contacts:app", "People, their latest score and its direction."),
    ("responses", "nps_cli.commands.responses:app", "Stored answers."),
    ("declines", "nps_cli.commands.responses:declines_app", "Surveys that were declined."),
    (
        "numbers",
        "nps_cli.commands.repair.numbers:app",
        "Compare every number with the stored answers, and repair what differs.",
    ),
    ("runs", "nps_cli.commands.runs:app", "Runs of the sync."),
    ("tasks", "nps_cli.commands.tasks:app", "Follow-up tasks."),
    ("mail", "nps_cli.commands.mail:app", "Mails sent and due."),
    (
        "quarantine",
        "nps_cli.commands.quarantine:app",
        "Payloads that could not be understood.",
    ),
    ("directory", "nps_cli.commands.directory:app", "Accounts and owners known from elsewhere."),
    ("sync", "nps_cli.commands.sync:app", "The sync with Wootric."),
    (
        "connections",
        "nps_cli.commands.connections:app",
        "The Wootric accounts that the stack reads.",
    ),
    (
        OWN_OPTIONS,
        "nps_local.commands:app",
        "The whole loop on this machine: no Docker, no cloud account.",
    ),
)
"""Name, import path and summary of every command, in the order of `nps --help`."""


class OperatorGroup(TyperGroup):
    """Accepts the common options anywhere, and turns failures of AWS into one line."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, path, summary in COMMANDS:
            self.add_command(Deferred(name, path, summary))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, normalise(args))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. Errors of AWS and of the core end it with exit status 1."""
        try:
            return super().invoke(ctx)
        except translated() as exc:
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


def main() -> None:
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character gets a question mark, not a traceback.
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="replace")
    app(prog_name="nps")
