"""Output of the commands: JSON on standard output; a message and exit status 1 on failure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from nps_local.machine import discovery
from nps_local.machine.local_http import UnreachableError

DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data", help="Folder of the stack; default: the one started last.", metavar="DIR"
    ),
]


def print_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False))


def fail(message: str) -> NoReturn:
    """Print the message on standard error and end with status 1."""
    typer.echo(message, err=True)
    raise typer.Exit(1)


def find(data: Path | None) -> discovery.RunningStack:
    """Return the running stack, or end the command with the reason."""
    try:
        return discovery.find(data)
    except discovery.NoRunningStackError as error:
        fail(str(error))


@contextmanager
def failures() -> Iterator[None]:
    """Turn errors that the user can fix into a message and exit status 1."""
    try:
        yield
    except (ValueError, UnreachableError) as error:
        fail(str(error))
