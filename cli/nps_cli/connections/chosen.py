"""The Wootric accounts that a stack reads: the template's first, then the added ones."""

from typing import Annotated

import typer

from nps_cli.shell.errors import Failure
from nps_cli.shell.stack import Stack
from nps_core.connections.settings import Connection, all_connections

ConnectionOption = Annotated[
    str | None,
    typer.Option("--connection", metavar="TOKEN", help="Only this Wootric account."),
]


def template_connection(stack: Stack) -> Connection:
    """Return the connection that the parameters of the template describe."""
    parameter = stack.deployment.parameter
    return Connection(
        parameter("WootricAccountToken"),
        parameter("WootricApiUrl"),
        parameter("WootricMetric"),
        parameter("WootricTimeZone"),
        int(parameter("WootricRequestsPerMinute")),
    )


def connections_of(stack: Stack) -> list[Connection]:
    return all_connections(template_connection(stack), stack.connections.added())


def connection_tokens(stack: Stack) -> list[str]:
    return [connection.account_token for connection in connections_of(stack)]


def chosen(stack: Stack, token: str | None) -> list[Connection]:
    """Return the connection of a token, or all. Raises Failure for an unknown token."""
    connections = {connection.account_token: connection for connection in connections_of(stack)}
    if token is None:
        return list(connections.values())
    if token not in connections:
        names = ", ".join(connections)
        raise Failure(f"--connection: there is no connection {token!r}, only {names}")
    return [connections[token]]
