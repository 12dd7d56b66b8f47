"""Where a connection's profile and secret come from; adapters and fakes pass the same tests."""

from datetime import datetime
from typing import Protocol

from nps_core.connections.secret import Secret
from nps_core.outbox.mail_states import OutboxMail


class Profiles(Protocol):
    """When a connection was activated, and whether its credentials work."""

    def activated_at(self, account_token: str) -> datetime | None:
        """Return when the connection was activated, None while it is not."""
        ...

    def activate(self, account_token: str, at: datetime) -> bool:
        """Record the activation, once; returns whether this call did."""
        ...

    def credentials_ok_at(self, account_token: str) -> datetime | None:
        """Return the latest login that is known to have worked, None for none."""
        ...

    def login_worked(self, account_token: str, at: datetime) -> None:
        """Note that the credentials are accepted."""
        ...

    def login_refused(self, account_token: str, mail: OutboxMail, at: datetime) -> bool:
        """Put the mail about it, False when one went in the last 24 hours."""
        ...


class Secrets(Protocol):
    """The stack's secret, cached; or the part of it that belongs to one connection."""

    def get(self, now: datetime) -> Secret:
        """Return the secret, possibly a cached one."""
        ...

    def refetch(self, now: datetime) -> Secret | None:
        """Fetch the secret again; None when that has just been done."""
        ...
