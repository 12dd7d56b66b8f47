"""Commands whose module is imported on use, so that `nps --help` starts quickly."""

import pkgutil
from typing import Any

import click
import typer

from nps_cli.shell.errors import Failure


class Deferred(click.Command):
    """Stands in for a command, with its help, until the command is used."""

    def __init__(self, name: str, path: str, help: str) -> None:
        """`path` is the module, a colon, and the group or function."""
        super().__init__(name, help=help)
        self._path = path

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Let the real command parse the arguments; its context runs the real command."""
        return self.load().make_context(info_name, args, parent, **extra)

    def load(self) -> click.Command:
        """Import the command. Raises Failure when a module is not installed."""
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
