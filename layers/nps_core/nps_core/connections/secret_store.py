"""The one secret of the stack: API credentials and webhook signing keys, cached.

While Secrets Manager is down, the last good value stays in use; a new fetch is tried once a minute,
so that not every webhook waits for it. After a failed authentication a caller may force a refetch,
so that a rotated key works without a deployment: ten at once, then one in ten seconds. A few forged
requests leave enough for a real one, and a flood of them costs little.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from nps_core.aws.clients import store_errors
from nps_core.connections.secret import Secret, parse_secret
from nps_core.errors import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_MAX_AGE = timedelta(minutes=5)
_RETRY_AFTER = timedelta(minutes=1)
_FORCED_AT_ONCE = 10
_FORCED_EVERY = timedelta(seconds=10)


class ConnectionSecrets:
    """The part of the secret that belongs to one Wootric account."""

    def __init__(self, store: "SecretStore", account_token: str) -> None:
        """Share the store, so that all connections fetch the secret once."""
        self._store, self._token = store, account_token

    def get(self, now: datetime) -> Secret:
        """Return the account's credentials; raises like `SecretStore.get`."""
        return self._store.get(now).of(self._token)

    def refetch(self, now: datetime) -> Secret | None:
        anew = self._store.refetch(now)
        return anew.of(self._token) if anew else None


class SecretStore:
    def __init__(self, client: "SecretsManagerClient", arn: str) -> None:
        """Nothing is fetched before the first `get`."""
        self._client, self._arn = client, arn
        self._value: Secret | None = None
        self._good_until: datetime | None = None
        self._fetched_at: datetime | None = None
        self._allowance = _Allowance()

    def get(self, now: datetime) -> Secret:
        """Return the secret, at most five minutes old unless Secrets Manager fails.

        Raises:
            StoreUnavailable: it cannot be fetched and there is no earlier value.
            ConfigError: it is not the expected JSON.
        """
        if self._value is not None and self._good_until is not None and now < self._good_until:
            return self._value
        return self._fetch(now)

    def refetch(self, now: datetime) -> Secret | None:
        """Fetch again after a failed authentication.

        None if it was done too often of late or cannot be done: whether the value is still true is
        then unknown. A value that was fetched at `now` is returned as it is.
        """
        if self._fetched_at is None or self._fetched_at < now:
            if not self._allowance.take(now):
                return None
            self._fetch(now)
        return self._value if self._fetched_at is not None and self._fetched_at >= now else None

    def _fetch(self, now: datetime) -> Secret:
        try:
            with store_errors("GetSecretValue"):
                reply = self._client.get_secret_value(SecretId=self._arn)
        except StoreUnavailable:
            if self._value is None:
                raise
            self._good_until = now + _RETRY_AFTER
            return self._value
        self._value = parse_secret(reply.get("SecretString", ""))
        self._good_until, self._fetched_at = now + _MAX_AGE, now
        return self._value


@dataclass(slots=True)
class _Allowance:
    """The forced fetches that are left; each comes back after a while."""

    used: float = 0.0
    at: datetime | None = None

    def take(self, now: datetime) -> bool:
        """Take one. Returns whether there was one."""
        if self.at is not None:
            self.used = max(0.0, self.used - max(now - self.at, timedelta(0)) / _FORCED_EVERY)
        self.at = now
        if self.used > _FORCED_AT_ONCE - 1:
            return False
        self.used += 1
        return True
