"""Ports to a connection's profile and secret; adapters and fakes pass the same contract tests."""

from datetime import datetime
from typing import Protocol

from nps_core.connections.secret import Secret
from nps_core.outbox.mail_states import OutboxMail


class Profiles(Protocol):
    """Activation of the connections, and whether their credentials work."""

    def activated_at(self, account_token: str) -> datetime | None:
        """Return the activation; None before it."""
        ...

    def activate(self, account_token: str, at: datetime) -> bool:
        """Record the activation, once. Returns whether this call did."""
        ...

    def account_accepted_at(self, account_token: str) -> datetime | None:
        """Return when an operator accepted an account that lacks the stored answers."""
        ...

    def accept_account(self, account_token: str, at: datetime) -> None:
        """Record that an operator did; earlier answers then prove nothing about the account."""
        ...

    def credentials_ok_at(self, account_token: str) -> datetime | None:
        """Return the latest login that is known to have worked; None if none has."""
        ...

    def login_worked(self, account_token: str, at: datetime) -> None:
        """Record that the credentials are accepted."""
        ...

    def login_refused(self, account_token: str, mail: OutboxMail, at: datetime) -> bool:
        """Post the mail about it. Returns False if one was posted in the last 24 hours."""
        ...


class Secrets(Protocol):
    """The stack's secret, cached; or the part of it that belongs to one connection."""

    def get(self, now: datetime) -> Secret:
        """Return the secret, possibly from the cache."""
        ...

    def refetch(self, now: datetime) -> Secret | None:
        """Fetch the secret again; None if that is not possible now, so it may be out of date."""
        ...
