"""The content of the stack's one secret."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from nps_core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Secret:
    """The parsed secret. Never printed: its representation hides every value."""

    client_id: str = field(default="", repr=False)
    client_secret: str = field(default="", repr=False)
    active_keys: tuple[str, ...] = field(default=(), repr=False)
    retired_keys: tuple[str, ...] = field(default=(), repr=False)
    connections: Mapping[str, "Secret"] = field(default_factory=dict, repr=False)
    """Secrets of added Wootric accounts, by account token."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the required fields that are empty."""
        needed = {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "webhook_keys.active": self.active_keys,
        }
        return tuple(name for name, value in needed.items() if not value)

    @property
    def webhook_keys(self) -> tuple[str, ...]:
        """All keys that may sign a webhook of any connection, active ones first."""
        secrets = (self, *self.connections.values())
        active = tuple(key for secret in secrets for key in secret.active_keys)
        return active + tuple(key for secret in secrets for key in secret.retired_keys)

    def of(self, account_token: str) -> "Secret":
        """Return the part of an added account; empty while nothing is stored."""
        return self.connections.get(account_token, Secret())


def parse_secret(text: str) -> Secret:
    """Parse the secret's JSON. Raises ConfigError, naming the field, never showing a value."""
    try:
        data: Any = json.loads(text)
        others = data.get("connections") or {}
        return replace(_one(data), connections={name: _one(one) for name, one in others.items()})
    except (ValueError, AttributeError) as exc:
        raise ConfigError(
            "the secret must be a JSON object with client_id, client_secret and"
            " webhook_keys {active: [], retired: []}, and the same by account token in connections"
        ) from exc


def _one(data: Any) -> Secret:
    keys = data.get("webhook_keys") or {}
    return Secret(
        client_id=str(data.get("client_id") or ""),
        client_secret=str(data.get("client_secret") or ""),
        active_keys=_texts(keys.get("active")),
        retired_keys=_texts(keys.get("retired")),
    )


def _texts(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("webhook keys must be a list of texts")
    return tuple(item for item in value if item)
