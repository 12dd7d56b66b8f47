"""`nps local clock ...`: set and move the stack's time."""

from __future__ import annotations

from typing import Annotated

import typer

from nps_local import console
from nps_local.clock import control
from nps_local.console import DataOption

app = typer.Typer(help="Set and move the stack's time.", no_args_is_help=True)


@app.command("set")
def set_time(
    time: Annotated[str, typer.Argument(help="ISO 8601; UTC without an offset", metavar="ISO")],
    data: DataOption = None,
) -> None:
    """Set the time; the clock runs on from there."""
    clock = control.ClockFile(console.find(data).clock_file)
    with console.failures():
        clock.set(control.parse_time(time))
    _print(clock)


@app.command()
def advance(
    duration: Annotated[str, typer.Argument(help="such as 30s, 5m, 8h or 7d")],
    data: DataOption = None,
) -> None:
    """Move the time forward."""
    clock = control.ClockFile(console.find(data).clock_file)
    with console.failures():
        clock.advance(control.parse_duration(duration))
    _print(clock)


@app.command()
def show(data: DataOption = None) -> None:
    """Print the stack's time."""
    _print(control.ClockFile(console.find(data).clock_file))


def _print(clock: control.ClockFile) -> None:
    console.print_json({"now": clock.now().isoformat(timespec="milliseconds")})
