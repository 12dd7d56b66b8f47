"""The Wootric credentials of a local stack: from a file, or made up once per data folder."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class WebhookKeys:
    """Signing keys; both lists are accepted, the active ones are used to sign."""

    active: tuple[str, ...]
    retired: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Credentials:
    """The values of a stack's secret, and the account token of its parameter."""

    client_id: str
    client_secret: str
    account_token: str
    webhook_keys: WebhookKeys

    def secret_string(self) -> str:
        """The content of the secret; the account token is a parameter, not a secret."""
        document = asdict(self)
        del document["account_token"]
        return json.dumps(document)


def read(path: Path) -> Credentials:
    """Read the file of ``--secrets``.

    Raises:
        ValueError: A value is missing or has another type; the message names it.
    """
    try:
        document = json.loads(path.read_text())
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}") from None
    except ValueError:
        raise ValueError(f"{path} is not JSON") from None
    if not isinstance(document, dict):
        raise ValueError(f"{path} must hold a JSON object")  # noqa: TRY004  the content is wrong
    keys = document.get("webhook_keys")
    if not isinstance(keys, dict):
        raise ValueError(f"{path}: webhook_keys must be an object")  # noqa: TRY004  as above
    return Credentials(
        client_id=_text(document, "client_id", path),
        client_secret=_text(document, "client_secret", path),
        account_token=_text(document, "account_token", path),
        webhook_keys=WebhookKeys(_texts(keys, "active", path), _texts(keys, "retired", path)),
    )


def made_up(path: Path) -> Credentials:
    """Return made-up credentials; the first call writes them to the file."""
    if not path.exists():
        fresh = Credentials(
            client_id=secrets.token_hex(32),
            client_secret=secrets.token_hex(32),
            account_token=f"NPS-{secrets.token_hex(4)}",
            webhook_keys=WebhookKeys((secrets.token_hex(20),)),
        )
        path.write_text(json.dumps(asdict(fresh), indent=2) + "\n")
        path.chmod(0o600)
    return read(path)


def _text(document: dict[str, Any], name: str, path: Path) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{path}: {name} must be a text")
    return value


def _texts(document: dict[str, Any], name: str, path: Path) -> tuple[str, ...]:
    value = document.get(name, [])
    if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
        raise ValueError(f"{path}: webhook_keys.{name} must be a list of texts")
    return tuple(value)
