"""Profile of a connection (one Wootric account): its activation, and whether it can log in."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from nps_core import keys
from nps_core.aws import items
from nps_core.errors import UnreadableItem
from nps_core.outbox.items import mail_item
from nps_core.outbox.mail_states import OutboxMail
from nps_core.times import from_iso, iso

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAILED_EVERY = timedelta(hours=24)
"""Minimum time between two mails about refused credentials."""
NOTED_EVERY = timedelta(hours=1)
"""Interval at which a working login is recorded; after a mail it is recorded at once."""


class DynamoProfiles:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client, self._table = client, table

    def activated_at(self, account_token: str) -> datetime | None:
        """Return when the connection was activated; None without a profile.

        Raises UnreadableItem if the profile has lost it: as "not activated" it would turn every
        answer into history.
        """
        profile = self._profile(account_token)
        moment = _moment(profile, "activated_at")
        if profile and moment is None:
            raise UnreadableItem("PROFILE.activated_at is missing")
        return moment

    def activate(self, account_token: str, at: datetime) -> bool:
        """Record the activation, once: earlier answers are history and alert no one.

        In whole seconds, because Wootric's API has no finer time. Returns whether this call
        activated it.
        """
        item = {
            **self._key(account_token),
            "account_token": account_token,
            "activated_at": _second(at),
        }
        return items.put_if(self._client, self._table, item, "attribute_not_exists(pk)")

    def account_accepted_at(self, account_token: str) -> datetime | None:
        return _moment(self._profile(account_token), "account_accepted_at")

    def accept_account(self, account_token: str, at: datetime) -> None:
        """Record that an operator accepted an account that lacks the stored answers.

        A connection without a profile is not recorded.
        """
        items.update_if(
            self._client,
            self._table,
            self._key(account_token),
            "SET account_accepted_at = :at",
            "attribute_exists(pk)",
            {":at": _second(at)},
        )

    def credentials_ok_at(self, account_token: str) -> datetime | None:
        """Return the latest login known to have worked, to the second; None if none has."""
        return _moment(self._profile(account_token), "credentials_ok_at")

    def login_worked(self, account_token: str, at: datetime) -> None:
        """Record that the credentials work, at most once an hour, or at once after a mail.

        A connection without a profile is not recorded. Safe to repeat.
        """
        items.update_if(
            self._client,
            self._table,
            self._key(account_token),
            "SET credentials_ok_at = :at",
            "attribute_exists(pk) AND (attribute_not_exists(credentials_ok_at)"
            " OR credentials_ok_at < :stale OR credentials_mailed_at >= credentials_ok_at)",
            {":at": _second(at), ":stale": _second(at - NOTED_EVERY)},
        )

    def login_refused(self, account_token: str, mail: OutboxMail, at: datetime) -> bool:
        """Post the mail about it. Returns False if one was posted within 24 hours.

        False also for a connection that was never activated: its credentials have never worked. One
        write posts the mail and records it, so a repeat posts no second one.
        """
        note = {
            "TableName": self._table,
            "Key": items.to_wire(self._key(account_token)),
            "UpdateExpression": "SET credentials_mailed_at = :at",
            "ConditionExpression": "attribute_exists(activated_at) AND"
            " (attribute_not_exists(credentials_mailed_at) OR credentials_mailed_at <= :old)",
            "ExpressionAttributeValues": items.to_wire(
                {":at": _second(at), ":old": _second(at - MAILED_EVERY)}
            ),
        }
        put = {
            "TableName": self._table,
            "Item": items.to_wire(mail_item(mail)),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        return items.transact_if(self._client, [{"Update": note}, {"Put": put}])

    def _profile(self, account_token: str) -> items.Item:
        return items.get_item(self._client, self._table, self._key(account_token)) or {}

    def _key(self, account_token: str) -> dict[str, str]:
        return keys.connection(account_token, "PROFILE")._asdict()


def _moment(profile: items.Item, name: str) -> datetime | None:
    text = profile.get(name)
    try:
        return None if text is None else from_iso(text)
    except (TypeError, ValueError):
        raise UnreadableItem(f"PROFILE.{name} cannot be read") from None


def _second(moment: datetime) -> str:
    """Print whole seconds: a fixed length, so that they compare as text."""
    return iso(moment.replace(microsecond=0))
