"""The Wootric accounts that a stack reads: that of the template first, then those added to it."""

from typing import Annotated

import typer

from nps_cli.shell.errors import Failure
from nps_cli.shell.stack import Stack
from nps_core.connections.dynamo_settings import all_connections
from nps_core.connections.settings import Connection

ConnectionOption = Annotated[
    str | None,
    typer.Option("--connection", metavar="TOKEN", help="Only this Wootric account."),
]


def template_connection(stack: Stack) -> Connection:
    """Return the connection that the parameters of the template describe."""
    parameter = stack.target.parameter
    return Connection(
        parameter("WootricAccountToken"),
        parameter("WootricApiUrl"),
        parameter("WootricMetric"),
        parameter("WootricTimeZone"),
        int(parameter("WootricRequestsPerMinute")),
    )


def connections_of(stack: Stack) -> list[Connection]:
    """Return all connections."""
    return all_connections(template_connection(stack), stack.connections.added())


def connection_tokens(stack: Stack) -> list[str]:
    """Return the account tokens of all connections."""
    return [one.account_token for one in connections_of(stack)]


def chosen(stack: Stack, token: str | None) -> list[Connection]:
    """Return the connection of a token, or all. Raises Failure for one that does not exist."""
    every = connections_of(stack)
    found = [one for one in every if token in (None, one.account_token)]
    if not found:
        names = ", ".join(one.account_token for one in every)
        raise Failure(f"--connection: there is no connection {token!r}, only {names}")
    return found
