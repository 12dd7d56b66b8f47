"""Every command and group of `nps`, loaded."""

from collections.abc import Iterator

import click
import typer.main

from nps_cli.main import app
from nps_cli.shell.deferred import Deferred


def commands() -> dict[str, click.Command]:
    """Return commands and groups by the words after `nps`."""
    return {" ".join(words): command for words, command in _below(typer.main.get_command(app), ())}


def _below(
    command: click.Command, words: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, child in command.commands.items() if isinstance(command, click.Group) else ():
        loaded = child.load() if isinstance(child, Deferred) else child
        yield (*words, name), loaded
        yield from _below(loaded, (*words, name))
