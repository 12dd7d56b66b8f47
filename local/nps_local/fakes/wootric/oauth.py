"""The token endpoint and its issued tokens."""

import base64
import binascii
from dataclasses import dataclass
from random import Random

from nps_local.fakes.wootric.switches import Switches
from nps_local.fakes.wootric.wire import ApiError, Reply, Request, json_reply, oauth_error

_LONG_SCOPE = "delete_account admin respond export read survey invalidate_response"


@dataclass(frozen=True)
class Credentials:
    """The login of the account; all values are made up."""

    client_id: str = "c1" * 32
    client_secret: str = "5e" * 32
    username: str = "admin@example.com"
    password: str = "correct horse"  # a fake's own login


@dataclass(frozen=True)
class Token:
    """One access token. `grant` decides whether it may write notes."""

    grant: str
    expires_s: float


class Tokens:
    """Issues, checks and revokes access tokens."""

    def __init__(self, credentials: Credentials, account_token: str, seed: int) -> None:
        self._credentials = credentials
        self._account_token = account_token
        self._random = Random(f"tokens-{seed}")
        self._access: dict[str, Token] = {}
        self._refresh: set[str] = set()

    def issue(self, request: Request, switches: Switches, now_s: float) -> Reply:
        """Answer `POST /oauth/token`.

        Raises:
            ApiError: wrong client (401), wrong login or grant (400), other account (404).
        """
        account = request.params.get("account_token", self._account_token)
        if account != self._account_token:
            raise ApiError(json_reply({"error": "Not found", "status": 404}, 404))
        grant = request.fields.get("grant_type")
        if grant == "client_credentials":
            self._check_client(request)
        elif grant == "password":
            self._check_login(request)
        elif grant == "refresh_token":
            self._use_refresh(request)
        elif grant is None:
            raise oauth_error(400, "invalid_request", "The request misses grant_type.")
        else:
            raise oauth_error(400, "unsupported_grant_type", "The grant type is not supported.")
        return json_reply(self._body(grant, switches, now_s))

    def check(self, request: Request, now_s: float) -> Token:
        """Find the token of a request.

        Raises:
            ApiError: 401 with an empty body.
        """
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            value = str(request.fields.get("access_token", ""))
        token = self._access.get(value.strip())
        if token is None or token.expires_s <= now_s:
            raise ApiError(unauthorized())
        return token

    def revoke_all(self) -> None:
        """Revoke every token issued so far."""
        self._access.clear()
        self._refresh.clear()

    def _body(self, grant: str, switches: Switches, now_s: float) -> dict[str, object]:
        access = self._new_text()
        kept = "password" if grant == "refresh_token" else grant
        if switches.new_token_kills_old:
            self._access.clear()
        self._access[access] = Token(kept, now_s + switches.token_ttl)
        body: dict[str, object] = {
            "access_token": access,
            "token_type": "bearer",
            "expires_in": switches.token_ttl,
            "scope": "public",
        }
        if switches.token_shape == "observed_2022":
            body |= {"token_type": "Bearer", "scope": _LONG_SCOPE, "created_at": int(now_s)}
        if kept == "password":
            body["refresh_token"] = self._new_text()
            self._refresh.add(str(body["refresh_token"]))
        return body

    def _new_text(self) -> str:
        return self._random.randbytes(32).hex()

    def _check_client(self, request: Request) -> None:
        given = (request.fields.get("client_id"), request.fields.get("client_secret"))
        basic = request.headers.get("authorization", "")
        if basic.lower().startswith("basic "):
            name, _, secret = _decoded(basic[6:]).partition(":")
            given = (name, secret)
        if given != (self._credentials.client_id, self._credentials.client_secret):
            raise oauth_error(401, "invalid_client", "Client authentication failed.")

    def _check_login(self, request: Request) -> None:
        given = (request.fields.get("username"), request.fields.get("password"))
        if given != (self._credentials.username, self._credentials.password):
            raise oauth_error(400, "invalid_grant", "The login is not valid.")

    def _use_refresh(self, request: Request) -> None:
        value = request.fields.get("refresh_token")
        if value not in self._refresh:
            raise oauth_error(400, "invalid_grant", "The refresh token is not valid.")
        self._refresh.discard(str(value))


def unauthorized() -> Reply:
    """Build the 401 of a missing, expired or revoked token."""
    hint = 'Bearer realm="Wootric", error="invalid_token"'
    return Reply(401, headers={"WWW-Authenticate": hint})


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
