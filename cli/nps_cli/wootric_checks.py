"""Whether Wootric lets us in and answers as the sync needs it.

Asked in the plainest way, one request each, without the retries and the pacing of the sync: what
the server really answers is the diagnosis.
"""

from dataclasses import dataclass
from typing import Any

import requests

from nps_cli.checks import Check
from nps_cli.errors import TRANSLATED, explain
from nps_cli.space import Space
from nps_core.adapters.aws import store_errors
from nps_core.secret import Secret, parse_secret
from nps_core.wootric import STREAMS, base_url, rate_info

_TIMEOUT_S = 20
_CONNECT = "copy client id, client secret and signing key from Wootric's settings: `nps connect`"
_REACH = "check the parameter WootricApiUrl and that this machine may reach it"
_WAIT = "solve the failure above first"
_NOT_TRIED = "not tried"


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the API is and which account it is asked for."""

    url: str
    account_token: str


def all_of(space: Space) -> list[Check]:
    """Check credentials, token, one page and the rate headers; each needs the one before."""
    secret, credentials = _credentials(space)
    if secret is None:
        return [credentials, *_untried("token", "page", "rate_headers")]
    account_token = space.target.parameter("WootricAccountToken")
    url = base_url(account_token, space.target.parameter("WootricApiUrl"))
    source = _Source(url, account_token)
    token, obtained = _token(source, secret)
    if token is None:
        return [credentials, obtained, *_untried("page", "rate_headers")]
    return [credentials, obtained, *_page(source, token)]


def _untried(*names: str) -> list[Check]:
    return [Check(name, False, _NOT_TRIED, _WAIT) for name in names]


def _credentials(space: Space) -> tuple[Secret | None, Check]:
    try:
        with store_errors("GetSecretValue"):
            reply = space.target.client("secretsmanager").get_secret_value(
                SecretId=space.target.output("SecretArn")
            )
        secret = parse_secret(reply["SecretString"])
    except TRANSLATED as exc:
        return None, Check("credentials", False, explain(exc), _CONNECT)
    missing = secret.missing
    keys = f"{len(secret.active_keys)} active, {len(secret.retired_keys)} retired signing keys"
    detail = f"the secret lacks {', '.join(missing)}" if missing else f"stored; {keys}"
    can_sign_in = bool(secret.client_id and secret.client_secret)
    return secret if can_sign_in else None, Check.result(
        "credentials", not missing, detail, _CONNECT
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
        return None, Check("token", False, f"{source.url}: {type(exc).__name__}", _REACH)
    body = _json(reply)
    token = body.get("access_token") if isinstance(body, dict) else None
    if reply.status_code == 200 and token:
        lives = f", valid {body['expires_in']} s" if "expires_in" in body else ""
        return str(token), Check("token", True, f"{source.url} gave a token{lives}")
    fixes = {
        400: _CONNECT,
        401: _CONNECT,
        404: f"Wootric knows no account {source.account_token}: deploy with the right"
        " WootricAccountToken",
    }
    fix = fixes.get(reply.status_code, _REACH)
    return None, Check("token", False, f"{source.url} answers {reply.status_code}", fix)


def _page(source: _Source, token: str) -> list[Check]:
    try:
        reply = requests.get(
            f"{source.url}/v1/{STREAMS[0]}",
            params={"per_page": "1", "page": "1"},
            headers={"Authorization": f"Bearer {token}"},
            timeout=_TIMEOUT_S,
        )
    except requests.RequestException as exc:
        failed = Check("page", False, f"{source.url}: {type(exc).__name__}", _REACH)
        return [failed, *_untried("rate_headers")]
    rows = _json(reply)
    readable = reply.status_code == 200 and isinstance(rows, list)
    detail = "one page of answers was read" if readable else f"answers {reply.status_code}"
    again = "wait a minute and run `nps doctor` again"
    fix = again if reply.status_code in {429, 500, 502, 503, 504} else _CONNECT
    rate = rate_info(reply.headers)
    seen = None not in (rate.limit, rate.remaining, rate.reset_s)
    return [
        Check.result("page", readable, detail, fix),
        Check.result(
            "rate_headers",
            seen,
            f"{rate.remaining} of {rate.limit} requests left" if seen else "headers are missing",
            "a proxy may drop X-Rate-Limit-*; without them only WootricRequestsPerMinute paces",
        ),
    ]


def _json(reply: requests.Response) -> Any:
    try:
        return reply.json()
    except ValueError:
        return None
