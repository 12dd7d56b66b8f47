"""All connections of the stack: each has its own lease, checkpoints, budget and metrics.

They run concurrently, because each spends most of its time waiting for its own source. A slow or
failing connection does not delay the others.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from nps_core.connections.settings import Connection, all_connections
from nps_core.errors import PayloadError
from nps_core.sync.runlog import RunRecord
from sync_wootric.journal import PageResult, RunResult
from sync_wootric.tick import Sync

_MOST_AT_ONCE = 32


class ConnectionRun(NamedTuple):
    """The `RunResult` of one connection; `defect` is an unexpected error."""

    connection: Connection
    record: RunRecord | None
    responses: PageResult | None
    found: Mapping[str, Any]
    defect: Exception | None = None


Job = Callable[[Sync, str], RunResult]
"""Runs for one connection, under the given run id."""


@dataclass(frozen=True, slots=True)
class Connections:
    """The connections at this moment: an operator may add or remove some between two ticks."""

    default: Connection
    added: Callable[[], list[Connection]]
    make: Callable[[Connection], Sync]
    _made: dict[Connection, Sync] = field(default_factory=dict, init=False)

    def chosen(self, token: str | None) -> list[Connection]:
        """Return one connection, or all. Raises PayloadError if the token is not connected."""
        connections = all_connections(self.default, self.added())
        chosen = [
            connection for connection in connections if token in (None, connection.account_token)
        ]
        if not chosen:
            raise PayloadError("bad_event", f"connection: there is no connection {token}")
        return chosen

    def run(self, chosen: Iterable[Connection], name: str, job: Job) -> list[ConnectionRun]:
        """Run the job for each connection concurrently. Results are in the given order."""
        connections = list(chosen)

        def run_of(connection: Connection) -> ConnectionRun:
            is_default = connection == self.default
            run_id = name if is_default else f"{name}-{connection.account_token}"
            try:
                return ConnectionRun(connection, *job(self.sync(connection), run_id))
            except Exception as exc:  # the handler raises it once all others are done
                return ConnectionRun(connection, None, None, {}, exc)

        if len(connections) == 1:
            return [run_of(connections[0])]
        with ThreadPoolExecutor(min(len(connections), _MOST_AT_ONCE)) as pool:
            return list(pool.map(run_of, connections))

    def sync(self, connection: Connection) -> Sync:
        """Return the sync of a connection, cached with its access token and its pace."""
        if connection not in self._made:
            self._made[connection] = self.make(connection)
        return self._made[connection]
