"""`nps local ...`: the whole loop on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nps_local import console
from nps_local.clock import commands
from nps_local.console import DataOption
from nps_local.control import admin_client, mails
from nps_local.up_command import up

app = typer.Typer(
    help="The whole loop on this machine: no Docker, no cloud account.", no_args_is_help=True
)
app.command()(up)
app.add_typer(commands.app, name="clock")


@app.command()
def fire(
    schedule: Annotated[str, typer.Argument(help="sync or deliver", metavar="SCHEDULE")],
    data: DataOption = None,
) -> None:
    """Run a schedule's target now and print its result as JSON."""
    from nps_local.control import schedules  # noqa: PLC0415  the SDK takes half a second to import

    stack = console.find(data)
    with console.failures():
        try:
            console.print_json(schedules.fire(stack, schedule))
        except schedules.FunctionFailedError as error:
            typer.echo(error.log, err=True)
            console.fail(f"{schedule} failed: {error}")


@app.command()
def wait(
    timeout: Annotated[float, typer.Option(help="Seconds.", metavar="S")] = 60.0,
    data: DataOption = None,
) -> None:
    """Return when every stream record and inbox message has been handled."""
    stack = console.find(data)
    with console.failures():
        left = admin_client.wait_until_handled(stack, timeout)
    if left:
        console.fail(f"not handled after {timeout:g} s: {'; '.join(left)}")


@app.command()
def kill(
    function: Annotated[str, typer.Argument(help="sync, webhook, inbox, rollup, notify, deliver")],
    data: DataOption = None,
) -> None:
    """SIGKILL the running workers of a function: a crash in the middle of an invocation."""
    stack = console.find(data)
    with console.failures():
        console.print_json(admin_client.kill(stack, function))


@app.command("mails")
def list_mails(
    out: Annotated[
        Path | None, typer.Option(help="Write an HTML file per mail there.", metavar="DIR")
    ] = None,
    data: DataOption = None,
) -> None:
    """Print the mails that SES accepted as JSON."""
    stack = console.find(data)
    with console.failures():
        accepted = mails.sent(stack)
        if out is not None:
            mails.write_html(accepted, out)
    console.print_json(accepted)
