"""Checks access to a Wootric account and the replies that the sync depends on.

One plain request each, without the retries and the pacing of the sync: the raw reply is the
diagnosis.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests

from nps_cli.checks import zone_check
from nps_cli.connections import stored_secret
from nps_cli.connections.chosen import connections_of
from nps_cli.shell.errors import explain, translated
from nps_cli.shell.stack import Stack
from nps_core.connections.secret import Secret
from nps_core.connections.settings import Connection
from nps_core.connectors.wootric.protocol import base_url, rate_info
from nps_core.errors import SourceUnavailable
from nps_core.sync.lists import STREAMS
from nps_core.views.checks import Check

_TIMEOUT_S = 20
_CONNECT = "copy client id, client secret and signing key from Wootric's settings: "
_AGAIN = "wait a minute and run `nps doctor` again"
_WAIT = "solve the failure above first"
_NOT_TRIED = "not tried"


@dataclass(frozen=True, slots=True)
class _Source:
    """The API of a connection, and the fixes for its failures."""

    connection: Connection
    is_added: bool

    @property
    def account_token(self) -> str:
        return self.connection.account_token

    @property
    def url(self) -> str:
        return base_url(self.account_token, self.connection.api_url)

    @property
    def reconnect(self) -> str:
        command = f"nps connect --account {self.account_token}" if self.is_added else "nps connect"
        return f"{_CONNECT}`{command}`"

    @property
    def reach(self) -> str:
        setting = "its --api-url" if self.is_added else "the parameter WootricApiUrl"
        return f"check {setting} and that this machine may reach it"

    @property
    def rename(self) -> str:
        remedy = "connect the right one" if self.is_added else "deploy with the right"
        parameter = "" if self.is_added else " WootricAccountToken"
        return f"Wootric knows no account {self.account_token}: {remedy}{parameter}"

    @property
    def zone_fix(self) -> str:
        """Has {} for the right time zone."""
        command = f"`nps connect --account {self.account_token} --time-zone {{}}`"
        return command if self.is_added else "deploy with WootricTimeZone={}"


def all_of(stack: Stack) -> list[Check]:
    """Check every connection: credentials, token, one page, the rate headers and the time zone.

    Check names of an added connection begin with its account token.
    """
    template, *added = connections_of(stack)
    results = _of(stack, _Source(template, is_added=False))
    for connection in added:
        token = connection.account_token
        checks = _of(stack, _Source(connection, is_added=True))
        results += [check.of_connection(token) for check in checks]
    return results


def time_zone_now(stack: Stack, connection: Connection, *, is_added: bool) -> Check | None:
    """Check only the time zone of a connection; None when Wootric cannot be reached."""
    *_, check = _of(stack, _Source(connection, is_added))
    return None if check.detail == _NOT_TRIED else check


def _of(stack: Stack, source: _Source) -> list[Check]:
    """Check one connection; each check needs the previous one."""
    secret, credentials = _credentials(stack, source)
    if secret is None:
        return [credentials, *_untried("token", "page", "rate_headers", "time_zone")]
    token, obtained = _token(source, secret)
    if token is None:
        return [credentials, obtained, *_untried("page", "rate_headers", "time_zone")]
    page, rate_headers = _page(source, token)
    (zone,) = _untried("time_zone")
    if page.ok:
        zone = _zone(source, token, stack.now)
    return [credentials, obtained, page, rate_headers, zone]


def _untried(*names: str) -> list[Check]:
    return [Check.failed(name, _NOT_TRIED, _WAIT) for name in names]


def _credentials(stack: Stack, source: _Source) -> tuple[Secret | None, Check]:
    try:
        whole = stored_secret.read(stack)
    except translated() as exc:
        return None, Check.failed("credentials", explain(exc), source.reconnect)
    secret = whole.of(source.account_token) if source.is_added else whole
    missing = secret.missing
    keys = f"{len(secret.active_keys)} active, {len(secret.retired_keys)} retired signing keys"
    detail = f"the secret lacks {', '.join(missing)}" if missing else f"stored; {keys}"
    can_sign_in = bool(secret.client_id and secret.client_secret)
    return secret if can_sign_in else None, Check.result(
        "credentials", not missing, detail, source.reconnect
    )


def _token(source: _Source, secret: Secret) -> tuple[str | None, Check]:
    """Sign in. The account token is in the query because a user may have several accounts."""
    fields = {
        "grant_type": "client_credentials",
        "client_id": secret.client_id,
        "client_secret": secret.client_secret,
    }
    try:
        reply = requests.post(
            f"{source.url}/oauth/token",
            params={"account_token": source.account_token},
            data=fields,
            timeout=_TIMEOUT_S,
        )
    except requests.RequestException as exc:
        return None, Check.failed("token", f"{source.url}: {type(exc).__name__}", source.reach)
    body = _json(reply)
    token = body.get("access_token") if isinstance(body, dict) else None
    if reply.status_code == 200 and token:
        lives = f", valid {body['expires_in']} s" if "expires_in" in body else ""
        return str(token), Check.passed("token", f"{source.url} gave a token{lives}")
    fixes = {400: source.reconnect, 401: source.reconnect, 404: source.rename}
    fix = fixes.get(reply.status_code, source.reach)
    return None, Check.failed("token", f"{source.url} answers {reply.status_code}", fix)


def _page(source: _Source, token: str) -> tuple[Check, Check]:
    """Read one answer, and check the rate headers of the reply."""
    try:
        reply = _get(source, token, f"/v1/{STREAMS[0]}", {"per_page": "1", "page": "1"})
    except requests.RequestException as exc:
        failed = Check.failed("page", f"{source.url}: {type(exc).__name__}", source.reach)
        return failed, _untried("rate_headers")[0]
    readable = reply.status_code == 200 and isinstance(_json(reply), list)
    detail = "one page of answers was read" if readable else f"answers {reply.status_code}"
    is_passing = reply.status_code in {429, 500, 502, 503, 504}
    rate = rate_info(reply.headers)
    seen = None not in (rate.limit, rate.remaining, rate.reset_s)
    return (
        Check.result("page", readable, detail, _AGAIN if is_passing else source.reconnect),
        Check.result(
            "rate_headers",
            seen,
            f"{rate.remaining} of {rate.limit} requests left" if seen else "headers are missing",
            "a proxy may drop X-Rate-Limit-*; without them only WootricRequestsPerMinute paces",
        ),
    )


def _zone(source: _Source, token: str, now: datetime) -> Check:
    """Compare the counts of a few recent days, see `zone_check`."""

    def ask(path: str, params: Mapping[str, str]) -> Any:
        reply = _get(source, token, path, params)
        if reply.status_code != 200:
            raise SourceUnavailable(f"{path} answers {reply.status_code}")
        return _json(reply)

    try:
        return zone_check.check(ask, source.connection, now, source.zone_fix)
    except SourceUnavailable as exc:
        return Check.failed("time_zone", str(exc), _AGAIN)
    except requests.RequestException as exc:
        return Check.failed("time_zone", f"{source.url}: {type(exc).__name__}", source.reach)


def _get(source: _Source, token: str, path: str, params: Mapping[str, str]) -> requests.Response:
    return requests.get(
        source.url + path,
        params=dict(params),
        headers={"Authorization": f"Bearer {token}"},
        timeout=_TIMEOUT_S,
    )


def _json(reply: requests.Response) -> Any:
    try:
        return reply.json()
    except ValueError:
        return None
