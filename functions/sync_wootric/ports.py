"""What the sync needs from the outside. Each Protocol has a real adapter and a fake."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from nps_core.checkpoint import StreamCheckpoint
from nps_core.lease import Grant, Held
from nps_core.outbox import OutboxMail
from nps_core.positions import Gap, PageQuery
from nps_core.wootric import Stream


class Source(Protocol):
    """The survey tool's API; `adapters.wootric.WootricClient`."""

    requests: int
    throttled: int

    def begin(
        self, now: Callable[[], datetime], deadline: float, heartbeat: Callable[[], None]
    ) -> None:
        """Start a run: count from zero, never wait past `deadline`, call `heartbeat` meanwhile."""
        ...

    def connect(self) -> None:
        """Log in. Raises Unauthorized."""
        ...

    def page(self, stream: Stream, query: PageQuery) -> list[Any]:
        """Return one page of rows."""
        ...


class Person(Protocol):
    """What an end user adds to an answer."""

    @property
    def email(self) -> str | None:
        """The address, as the source has it."""
        ...

    @property
    def external_id(self) -> str | None:
        """The customer's own id of the person."""
        ...


class People(Protocol):
    """The source's end users, cached; `adapters.end_users.EndUsers`."""

    def learn(self, rows: Iterable[object]) -> None:
        """Remember whoever these rows name."""
        ...

    def find(self, ids: Iterable[str], since_s: int) -> Mapping[str, Person]:
        """Return these people."""
        ...


class SyncState(Protocol):
    """Lease, checkpoints and run log of one connection; `adapters.sync_state.DynamoSyncState`."""

    def acquire(self, run_id: str, now: datetime) -> Grant | Held:
        """Take the lease if it is free."""
        ...

    def renew(self, grant: Grant, now: datetime) -> None:
        """Extend the lease. Raises LeaseLost."""
        ...

    def release(self, grant: Grant) -> None:
        """Give the lease back."""
        ...

    def open_checkpoint(self, grant: Grant, stream: str) -> StreamCheckpoint | None:
        """Claim and read a checkpoint. Raises LeaseLost."""
        ...

    def save_checkpoint(self, grant: Grant, stream: str, checkpoint: StreamCheckpoint) -> None:
        """Write a checkpoint. Raises LeaseLost."""
        ...

    def read_checkpoint(self, stream: str) -> StreamCheckpoint | None:
        """Read a checkpoint without claiming it."""
        ...

    def put_gap(self, stream: str, gap: Gap, run_id: str, now: datetime) -> None:
        """Record what could not be read."""
        ...

    def put_run(self, record: Mapping[str, Any], now: datetime) -> None:
        """Write the run log record."""
        ...

    def mark_crashed(self, run_id: str, now: datetime) -> None:
        """Close the record of a run that ended without a word."""
        ...

    def backfill_finished(self) -> bool:
        """Whether the first backfill has been marked as finished."""
        ...

    def finish_backfill(self, mail: OutboxMail | None, now: datetime) -> bool:
        """Mark it and put its mail, both or neither; False when that has been done before."""
        ...


class Connections(Protocol):
    """When the account was connected; `adapters.connections.DynamoConnections`."""

    def activate(self, account_token: str, at: datetime) -> bool:
        """Record the activation, once."""
        ...
