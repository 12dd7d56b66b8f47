"""What the sync needs from the outside. Each Protocol has a real adapter and a fake."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from nps_core.customers.people import Profile
from nps_core.outbox.mail_states import OutboxMail
from nps_core.sync.lease import Grant, Held
from nps_core.sync.proof.counting import ClassCounts, Days
from nps_core.sync.proof.gaps import Gap
from nps_core.sync.proof.suspects import Suspect
from nps_core.sync.reading.cursor import PageQuery
from nps_core.sync.requests import Wanted


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

    def page(self, listing: str, query: PageQuery) -> list[Any]:
        """Return one page of rows; `listing` is a stream, `end_users`, or a stream of one user."""
        ...

    def one(self, path: str) -> dict[str, Any] | None:
        """Return one record, None when the source does not know it."""
        ...

    def count(self, days: Days) -> ClassCounts:
        """Return the source's own counts of whole days."""
        ...

    def lists_changes(self) -> bool:
        """Whether answers can be filtered by the time of their change."""
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


class KnownPeople(Protocol):
    """End users as stored; `adapters.people.DynamoPeople`."""

    def get_many(self, ids: Collection[str]) -> Mapping[str, Profile]:
        """Return those that are known, by id."""
        ...

    def put(self, profile: Profile) -> None:
        """Write a person."""
        ...

    def erase(self, user_id: str) -> None:
        """Forget a person whom the source has erased."""
        ...

    def ids(self, after: str) -> Iterable[str]:
        """Return the ids of everybody known, in order, beginning after `after`."""
        ...


class Holes(Protocol):
    """What is not proven; `adapters.holes.DynamoHoles`."""

    def gaps(self) -> list[Gap]:
        """Return all gaps, closed ones too."""
        ...

    def put_gap(self, gap: Gap) -> None:
        """Write a gap as it is now."""
        ...

    def close_gap(self, gap: Gap, at: datetime) -> None:
        """Close a gap."""
        ...

    def suspects(self) -> list[Suspect]:
        """Return the answers that are under suspicion of being deleted."""
        ...

    def put_suspect(self, suspect: Suspect) -> None:
        """Note that an answer is missing at the source."""
        ...

    def settle(self, suspect: Suspect, outcome: str, at: datetime) -> None:
        """Note what became of it."""
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

    def open_checkpoint(self, grant: Grant, name: str) -> str | None:
        """Claim and read a checkpoint. Raises LeaseLost."""
        ...

    def save_checkpoint(self, grant: Grant, name: str, state: str) -> None:
        """Write a checkpoint. Raises LeaseLost."""
        ...

    def read_checkpoint(self, name: str) -> str | None:
        """Read a checkpoint without claiming it."""
        ...

    def wanted(self) -> Wanted:
        """Return what an operator last asked for."""
        ...

    def want_audit(self, at: datetime) -> None:
        """Ask the next run for an audit."""
        ...

    def want_backfill(self, since_s: int, at: datetime) -> None:
        """Ask the next run to read history from `since_s` on."""
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

    def login_worked(self, account_token: str, at: datetime) -> None:
        """Note that the credentials are accepted."""
        ...

    def login_refused(self, account_token: str, mail: OutboxMail, at: datetime) -> bool:
        """Put the mail about it unless one went in the last 24 hours; whether it was put."""
        ...
