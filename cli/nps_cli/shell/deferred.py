"""Commands whose module is imported when they are used, so that `nps --help` need not wait."""

import pkgutil
from typing import Any

import click
import typer

from nps_cli.shell.errors import Failure


class Deferred(click.Command):
    """Stands in a list of commands, with its help, for a command that is loaded when it is used."""

    def __init__(self, name: str, path: str, help: str) -> None:
        """Keep where the command is: the module, a colon, the group or the function."""
        super().__init__(name, help=help)
        self._path = path

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Parse the arguments as the command itself does: it is the one that the context runs."""
        return self.load().make_context(info_name, args, parent, **extra)

    def load(self) -> click.Command:
        """Import the command. Raises Failure when it needs a module that is not installed."""
        try:
            command = pkgutil.resolve_name(self._path)
        except ModuleNotFoundError as exc:
            raise Failure(
                f"`nps {self.name}` needs {exc.name}: run `make install` in the checkout"
            ) from exc
        parent = typer.Typer(rich_markup_mode=None)
        if isinstance(command, typer.Typer):
            parent.add_typer(command, name=self.name)
        else:
            parent.command(self.name)(command)
        return typer.main.get_group(parent).commands[str(self.name)]
