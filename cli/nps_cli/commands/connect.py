"""`nps connect`: store the credentials of a Wootric account and activate it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nps_cli.connections import stored_secret
from nps_cli.connections.chosen import template_connection
from nps_cli.connections.connect_settings import (
    AccountOption,
    ApiUrlOption,
    MetricOption,
    RequestsOption,
    Settings,
    TimeZoneOption,
)
from nps_cli.shell import tables
from nps_cli.shell.errors import Failure
from nps_cli.shell.stack import Stack, stack_of
from nps_core.connections.secret import Secret, parse_secret
from nps_core.connections.settings import Connection
from nps_core.errors import ConfigError
from nps_core.times import iso

if TYPE_CHECKING:
    from nps_core.views.checks import Check

SecretsOption = Annotated[
    Path | None,
    typer.Option(
        "--secrets",
        metavar="FILE",
        help="JSON: client_id, client_secret, webhook_keys {active, retired}. Default: prompt.",
    ),
]


def connect(
    ctx: typer.Context,
    account: AccountOption = None,
    secrets: SecretsOption = None,
    api_url: ApiUrlOption = None,
    metric: MetricOption = None,
    time_zone: TimeZoneOption = None,
    requests_per_minute: RequestsOption = None,
    another_account: Annotated[
        bool,
        typer.Option(
            "--another-account",
            help="Accept credentials of an account that lacks the stored answers.",
        ),
    ] = False,
) -> None:
    """Store the Wootric credentials and signing keys, then activate the account.

    Answers given before the first activation are history and alert nobody. To rotate a key, run
    it again: the previous key stays accepted as retired. Secrets are never shown.

    Credentials that replace others are tried first: if their account has none of the stored
    answers, nothing is stored, unless --another-account says so.

    With --account TOKEN it adds another Wootric account to the stack, or changes it.
    """
    stack = stack_of(ctx)
    settings = Settings(api_url, metric, time_zone, requests_per_minute)
    template = template_connection(stack)
    if account in (None, template.account_token):
        settings.require_none()
        connection = template
        others = _keep_template(stack, secrets, connection, allows=another_account)
    else:
        added = {row.account_token: row for row in stack.connections.added()}
        connection = settings.over(added.get(account) or settings.first(account, template))
        others = _keep_added(stack, secrets, connection, allows=another_account)
    activated_now = stack.profiles.activate(connection.account_token, stack.now)
    for token in others:
        stack.profiles.accept_account(token, stack.now)
    is_added = connection.account_token != template.account_token
    from nps_cli.checks import wootric_checks

    zone = wootric_checks.time_zone_now(stack, connection, is_added=is_added)
    _report(stack, connection, zone, activated_now=activated_now)


def _keep_template(
    stack: Stack, secrets: Path | None, connection: Connection, *, allows: bool
) -> list[str]:
    """Returns the connections whose new credentials are those of another account."""
    try:
        stored = stored_secret.read(stack)
    except ConfigError:
        stored = Secret()  # the unreadable text is about to be replaced
    secret = _from_file(secrets, connection.account_token) if secrets else _asked(stored)
    # A file without other accounts leaves the stored ones as they are.
    secret = replace(secret, connections={**stored.connections, **secret.connections})
    _require(secret)
    changed = _to_compare(connection, stored, secret, always=allows)
    added = {row.account_token: row for row in stack.connections.added()}
    for token, own in secret.connections.items():
        if token in added:
            changed += _to_compare(added[token], stored.of(token), own)
    others = _others(stack, changed, allows=allows)
    if secret != stored:
        stored_secret.write(stack, secret)
    return others


def _keep_added(
    stack: Stack, secrets: Path | None, connection: Connection, *, allows: bool
) -> list[str]:
    """Store the credentials before the settings: a connection without them fails every tick.

    Returns its token if the new credentials are those of another account.
    """
    token = connection.account_token
    stored = stored_secret.read(stack)
    secret = _from_file(secrets, token) if secrets else _asked(stored.of(token))
    if secret.connections:
        raise Failure(f"{secrets} has connections: give the fields of {token} alone")
    _require(secret)
    others = _others(
        stack,
        _to_compare(connection, stored.of(token), secret, always=allows),
        allows=allows,
    )
    if secret != stored.of(token):
        every = {**stored.connections, token: secret}
        stored_secret.write(stack, replace(stored, connections=every))
    stack.connections.put(connection)
    return others


_Login = tuple[Connection, Secret]


def _to_compare(
    connection: Connection, stored: Secret, secret: Secret, *, always: bool = False
) -> list[_Login]:
    """Return the login if it is new. `always`: a repeat must also record what was allowed."""
    before, after = ((one.client_id, one.client_secret) for one in (stored, secret))
    return [(connection, secret)] if always or before != after else []


def _others(stack: Stack, logins: list[_Login], *, allows: bool) -> list[str]:
    """Return the connections whose new credentials are those of another account.

    Raises Failure unless that is allowed.
    """
    from nps_cli.connections.same_account import is_another, refusal

    others = [one.account_token for one, secret in logins if is_another(stack, one, secret)]
    if others and not allows:
        raise refusal(others[0])
    return others


def _report(
    stack: Stack, connection: Connection, zone: "Check | None", *, activated_now: bool
) -> None:
    token = connection.account_token
    activated_at = stack.profiles.activated_at(token)
    if stack.options.json:
        from nps_core.views.connections import Connected

        tables.print_json(
            Connected(
                account_token=token,
                activated_at=activated_at,
                activated_now=activated_now,
                webhook_url=stack.deployment.webhook_url,
                time_zone=zone,
            )
        )
        return
    since = f" since {iso(activated_at)}" if activated_at and not activated_now else ""
    typer.echo(f"{token} is connected and active{since}.")
    if zone is None:
        typer.echo("Wootric cannot be reached from here, so the time zone was not checked.")
    else:
        tables.say(f"Time zone: {zone.detail}.")
        if not zone.ok:
            tables.say(f"Fix: {zone.fix}")
    typer.echo(f"Enter this webhook address in Wootric: {stack.deployment.webhook_url}")
    typer.echo("Then run `nps doctor`, and `nps sync now` for the history.")


def _from_file(file: Path, account_token: str) -> Secret:
    try:
        text = file.read_text(encoding="utf-8")
        data: Any = json.loads(text)
    except OSError as exc:
        raise Failure(f"cannot read {file}: {exc.strerror}") from exc
    except ValueError:
        # Not chained: the parser's error holds the whole document with its secrets.
        raise Failure(f"{file} is not JSON in UTF-8") from None
    theirs = data.get("account_token", account_token) if isinstance(data, dict) else None
    if theirs != account_token and isinstance(data, dict):
        raise Failure(f"{file} is for another account: this one is {account_token}")
    return parse_secret(text)


def _asked(stored: Secret) -> Secret:
    """Prompt for each value; Enter keeps the stored one."""
    client_id = _ask("OAuth client id", stored.client_id)
    client_secret = _ask("OAuth client secret", stored.client_secret)
    key = _ask("Webhook signing key", stored.active_keys[0] if stored.active_keys else "")
    asked = replace(stored, client_id=client_id, client_secret=client_secret)
    return with_key(asked, key)


def with_key(secret: Secret, key: str) -> Secret:
    """Make `key` the only active key; the previous ones stay accepted as retired."""
    if not key or key in secret.active_keys:
        return secret
    own = (*secret.active_keys, *secret.retired_keys)
    retired = tuple(old for old in own if old != key)
    return replace(secret, active_keys=(key,), retired_keys=retired)


def _ask(what: str, stored: str) -> str:
    hint = " (Enter keeps the stored one)" if stored else ""
    answer = typer.prompt(f"{what}{hint}", default="", hide_input=True, show_default=False)
    return str(answer).strip() or stored


def _require(secret: Secret) -> None:
    if secret.missing:
        raise Failure(f"nothing was stored: {', '.join(secret.missing)} missing")
