"""What the stack's one secret holds."""

import json
from dataclasses import dataclass, field
from typing import Any

from nps_core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Secret:
    """What the secret holds. Never printed: the representation hides every value."""

    client_id: str = field(default="", repr=False)
    client_secret: str = field(default="", repr=False)
    active_keys: tuple[str, ...] = field(default=(), repr=False)
    retired_keys: tuple[str, ...] = field(default=(), repr=False)

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the fields without which nothing works and that are empty."""
        needed = {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "webhook_keys.active": self.active_keys,
        }
        return tuple(name for name, value in needed.items() if not value)

    @property
    def webhook_keys(self) -> tuple[str, ...]:
        """All keys a webhook may be signed with, active ones first."""
        return self.active_keys + self.retired_keys


def parse_secret(text: str) -> Secret:
    """Read the secret's JSON. Raises ConfigError, naming the field, never showing a value."""
    try:
        data: Any = json.loads(text)
        keys = data.get("webhook_keys") or {}
        return Secret(
            client_id=str(data.get("client_id") or ""),
            client_secret=str(data.get("client_secret") or ""),
            active_keys=_texts(keys.get("active")),
            retired_keys=_texts(keys.get("retired")),
        )
    except (ValueError, AttributeError) as exc:
        raise ConfigError(
            "the secret must be a JSON object with client_id, client_secret and"
            " webhook_keys {active: [], retired: []}"
        ) from exc


def _texts(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("webhook keys must be a list of texts")
    return tuple(item for item in value if item)
