"""Port to the state of the sync; the adapter and the fake pass the same contract tests."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from nps_core.outbox.mail_states import OutboxMail
from nps_core.sync.lease import Grant, Held
from nps_core.sync.requests import OperatorRequests


class SyncState(Protocol):
    """Lease, checkpoints and run log of one connection; `DynamoSyncState`."""

    def acquire(self, run_id: str, now: datetime) -> Grant | Held:
        """Take the lease if it is free."""
        ...

    def renew(self, grant: Grant, now: datetime) -> None:
        """Extend the lease. Raises LeaseLost."""
        ...

    def release(self, grant: Grant) -> None: ...

    def open_checkpoint(self, grant: Grant, name: str) -> str | None:
        """Claim and read a checkpoint. Raises LeaseLost."""
        ...

    def save_checkpoint(self, grant: Grant, name: str, state: str) -> None:
        """Write a checkpoint. Raises LeaseLost."""
        ...

    def read_checkpoint(self, name: str) -> str | None:
        """Read a checkpoint without claiming it."""
        ...

    def requests(self) -> OperatorRequests:
        """Return an operator's last requests."""
        ...

    def request_audit(self, at: datetime) -> None:
        """Ask the next run for an audit."""
        ...

    def request_backfill(self, since_s: int, at: datetime) -> None:
        """Ask the next run to read history from `since_s` on."""
        ...

    def put_run(self, record: Mapping[str, Any], now: datetime) -> None: ...

    def mark_crashed(self, run_id: str, now: datetime) -> None:
        """Close the record of a run that left it open."""
        ...

    def backfill_finished(self) -> bool:
        """Whether the first backfill has been marked as finished."""
        ...

    def finish_backfill(self, mail: OutboxMail | None, now: datetime) -> bool:
        """Mark it and post its mail, both or neither. Returns whether this call did."""
        ...
