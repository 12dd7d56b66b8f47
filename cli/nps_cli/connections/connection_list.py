"""The Wootric accounts that a stack reads: that of the template first, then those added to it."""

from typing import Annotated

import typer

from nps_cli.shell.errors import Failure
from nps_cli.shell.stack import Space
from nps_core.connections.dynamo_settings import all_connections
from nps_core.connections.settings import Connection

ConnectionOption = Annotated[
    str | None,
    typer.Option("--connection", metavar="TOKEN", help="Only this Wootric account."),
]


def template_connection(space: Space) -> Connection:
    """Return the connection that the parameters of the template describe."""
    parameter = space.target.parameter
    return Connection(
        parameter("WootricAccountToken"),
        parameter("WootricApiUrl"),
        parameter("WootricMetric"),
        parameter("WootricTimeZone"),
        int(parameter("WootricRequestsPerMinute")),
    )


def connections_of(space: Space) -> list[Connection]:
    """Return all connections."""
    return all_connections(template_connection(space), space.source_accounts.added())


def connection_tokens(space: Space) -> list[str]:
    """Return the account tokens of all connections."""
    return [one.account_token for one in connections_of(space)]


def chosen(space: Space, token: str | None) -> list[Connection]:
    """Return the connection of a token, or all. Raises Failure for one that does not exist."""
    every = connections_of(space)
    found = [one for one in every if token in (None, one.account_token)]
    if not found:
        names = ", ".join(one.account_token for one in every)
        raise Failure(f"--connection: there is no connection {token!r}, only {names}")
    return found
