"""All connections of the stack: each has its own lease, checkpoints, budget and metrics.

They work side by side, because each waits for its own source most of the time; a connection that
fails or is slow holds up no other.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from nps_core.connections.settings import Connection, all_connections
from nps_core.errors import PayloadError
from nps_core.sync.runlog import RunRecord
from sync_wootric.run import Run
from sync_wootric.tick import Sync

_MOST_AT_ONCE = 32


class Outcome(NamedTuple):
    """What became of one connection; `defect` is an error that nobody foresaw."""

    token: str
    record: RunRecord | None
    run: Run | None
    found: Mapping[str, Any]
    defect: Exception | None = None


Job = Callable[[Sync, str], tuple[RunRecord, Run | None, Mapping[str, Any]]]
"""Works for one connection, under a run id."""


@dataclass(slots=True)
class Fleet:
    """The connections as of now: those of the table may change between two ticks."""

    default: Connection
    added: Callable[[], list[Connection]]
    make: Callable[[Connection], Sync]
    made: dict[Connection, Sync] = field(default_factory=dict)

    def chosen(self, token: str | None) -> list[Connection]:
        """Return one connection, or all. Raises PayloadError for one that does not exist."""
        every = all_connections(self.default, self.added())
        found = [one for one in every if token in (None, one.account_token)]
        if not found:
            raise PayloadError("bad_event", f"connection: there is no connection {token}")
        return found

    def run(self, wanted: Iterable[Connection], name: str, job: Job) -> list[Outcome]:
        """Do the job for each connection, side by side; the outcomes are in the given order."""
        connections = list(wanted)
        syncs = [self.sync(one) for one in connections]

        def one_of(number: int) -> Outcome:
            token = connections[number].account_token
            run_id = name if connections[number] == self.default else f"{name}-{token}"
            try:
                return Outcome(token, *job(syncs[number], run_id))
            except Exception as exc:  # raised by the handler once all others are done
                return Outcome(token, None, None, {}, exc)

        if len(connections) == 1:
            return [one_of(0)]
        with ThreadPoolExecutor(min(len(connections), _MOST_AT_ONCE)) as pool:
            return list(pool.map(one_of, range(len(connections))))

    def sync(self, connection: Connection) -> Sync:
        """Return what reads a connection; kept, so that its token and its pace are."""
        if connection not in self.made:
            self.made[connection] = self.make(connection)
        return self.made[connection]
