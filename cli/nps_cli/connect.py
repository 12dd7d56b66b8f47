"""`nps connect`: store the Wootric credentials and make the account live."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from nps_cli import tables
from nps_cli.errors import Failure
from nps_cli.space import Space, space_of
from nps_core.adapters.aws import store_errors
from nps_core.errors import ConfigError
from nps_core.secret import Secret, parse_secret
from nps_core.times import iso

SecretsOption = Annotated[
    Path | None,
    typer.Option(
        "--secrets",
        metavar="FILE",
        help="JSON: client_id, client_secret, webhook_keys {active, retired}. Without it: asks.",
    ),
]


def connect(ctx: typer.Context, secrets: SecretsOption = None) -> None:
    """Store the Wootric credentials and signing keys, then activate the account.

    Answers given before the first activation are history and alert nobody. Run it again to
    rotate a key: the key that was active stays accepted as retired. Secrets are never shown.
    """
    space = space_of(ctx)
    token = space.target.parameter("WootricAccountToken")
    stored = _stored(space)
    secret = _from_file(secrets, token) if secrets else _asked(stored)
    _require(secret)
    if secret != stored:
        _store(space, secret)
    activated_now = space.connections.activate(token, space.now)
    activated_at = space.connections.activated_at(token)
    if space.options.json:
        tables.print_json(
            {
                "account_token": token,
                "activated_at": iso(activated_at) if activated_at else None,
                "activated_now": activated_now,
                "webhook_url": space.target.webhook_url,
            }
        )
        return
    since = f" since {iso(activated_at)}" if activated_at and not activated_now else ""
    typer.echo(f"{token} is connected and active{since}.")
    typer.echo(f"Enter this webhook address in Wootric: {space.target.webhook_url}")
    typer.echo("Then run `nps doctor`, and `nps sync now` for the history.")


def _stored(space: Space) -> Secret:
    with store_errors("GetSecretValue"):
        reply = space.target.client("secretsmanager").get_secret_value(
            SecretId=space.target.output("SecretArn")
        )
    try:
        return parse_secret(reply["SecretString"])
    except ConfigError:
        return Secret()  # whatever somebody pasted there is about to be replaced


def _store(space: Space, secret: Secret) -> None:
    with store_errors("PutSecretValue"):
        space.target.client("secretsmanager").put_secret_value(
            SecretId=space.target.output("SecretArn"), SecretString=to_text(secret)
        )


def to_text(secret: Secret) -> str:
    """Return the JSON that the functions read."""
    keys = {"active": list(secret.active_keys), "retired": list(secret.retired_keys)}
    return json.dumps(
        {
            "client_id": secret.client_id,
            "client_secret": secret.client_secret,
            "webhook_keys": keys,
        }
    )


def _from_file(file: Path, account_token: str) -> Secret:
    try:
        text = file.read_text(encoding="utf-8")
        data: Any = json.loads(text)
    except OSError as exc:
        raise Failure(f"cannot read {file}: {exc.strerror}") from exc
    except ValueError:
        # Not chained: the error of the JSON parser holds the whole document.
        raise Failure(f"{file} is not JSON in UTF-8") from None
    theirs = data.get("account_token", account_token) if isinstance(data, dict) else None
    if theirs != account_token and isinstance(data, dict):
        raise Failure(f"{file} is for another account: this stack has {account_token}")
    return parse_secret(text)


def _asked(stored: Secret) -> Secret:
    """Ask for each value; just Enter keeps what is stored."""
    client_id = _ask("OAuth client id", stored.client_id)
    client_secret = _ask("OAuth client secret", stored.client_secret)
    key = _ask("Webhook signing key", stored.active_keys[0] if stored.active_keys else "")
    asked = replace(stored, client_id=client_id, client_secret=client_secret)
    return with_key(asked, key)


def with_key(secret: Secret, key: str) -> Secret:
    """Make `key` the active one; those that were active are still accepted, as retired."""
    if not key or key in secret.active_keys:
        return secret
    retired = tuple(old for old in secret.webhook_keys if old != key)
    return replace(secret, active_keys=(key,), retired_keys=retired)


def _ask(what: str, stored: str) -> str:
    hint = " (Enter keeps the stored one)" if stored else ""
    answer = typer.prompt(f"{what}{hint}", default="", hide_input=True, show_default=False)
    return str(answer).strip() or stored


def _require(secret: Secret) -> None:
    if secret.missing:
        raise Failure(f"nothing was stored: {', '.join(secret.missing)} missing")
