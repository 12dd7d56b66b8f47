"""Wootric's REST API over HTTP: token, pace, retries. `protocol` interprets the replies."""

import random
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

import requests

from nps_core import clock
from nps_core.connections.ports import Secrets
from nps_core.connectors.wootric.protocol import (
    NEVER_S,
    RateInfo,
    Verdict,
    base_url,
    classify,
    counts_of,
    page_params,
    rate_info,
    row_ref,
    wait_for_reset,
)
from nps_core.errors import (
    AnotherAccount,
    NpsError,
    RateLimited,
    SourceRejected,
    SourceUnavailable,
    Unauthorized,
)
from nps_core.sync.proof.counting import ClassCounts, Days
from nps_core.sync.proof.witnesses import FEWEST, Witness
from nps_core.sync.reading.cursor import Page, PageQuery

if TYPE_CHECKING:
    from nps_core.connections.secret import Secret
    from nps_core.connectors.pacing import Pacer

_TIMEOUTS_S = (3.05, 20.0)
_TRIES = 5
_LONGEST_BACKOFF_S = 60.0
_MINUTE_S = 60.0
_UNREADABLE = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)
"""The connection broke or the body ended early: worth a retry."""


class WootricClient:
    """One account's API. Keeps its token in memory for the life of the process."""

    def __init__(
        self,
        account_token: str,
        api_url: str,
        secrets: Secrets,
        pacer: "Pacer",
        jitter: Callable[[], float] = random.random,
        witnesses: Callable[[datetime], Iterable[Witness]] = lambda _now: (),
    ) -> None:
        """`api_url` may be empty: the account token then names the region.

        `witnesses`: answers of which this account must have at least one. Each new token is tried
        on them before it is used for anything else. None: every account is taken for the right one.
        """
        self._base = base_url(account_token, api_url)
        self._secrets, self._pacer, self._jitter = secrets, pacer, jitter
        self._witnesses = witnesses
        self._http = requests.Session()
        # The machine's proxy variables and .netrc must not redirect or replace the token.
        self._http.trust_env = False
        self._token = ""
        self._renew_at: datetime | None = None
        self._now: Callable[[], datetime] = clock.now
        self._date_s: float | None = None
        self.requests = 0
        self.throttled = 0

    def begin(
        self, now: Callable[[], datetime], deadline: float, heartbeat: Callable[[], None]
    ) -> None:
        """Start a run: reset the request count, never wait past `deadline` (monotonic seconds)."""
        self.requests = self.throttled = 0
        self._now = now
        self._pacer.begin(deadline, heartbeat)

    def connect(self) -> None:
        """Get a token unless there is one. Raises Unauthorized, also while none is stored yet."""
        self._ensure_token()

    def page(self, listing: str, query: PageQuery) -> Page:
        """Return one page of `responses`, `declines`, `end_users` or `end_users/7/responses`.

        The rows are as the source sends them; one that is not JSON is its text. A person who is
        gone has an empty list.

        Raises:
            OutOfTime: a wait for the pace or the source would pass the run's deadline.
            RateLimited, SourceUnavailable: five tries failed.
            Unauthorized: the credentials are refused, also after a refetch.
            SourceRejected: the source refuses the request permanently.
        """
        is_of_person = "/" in listing
        rows = self._get(f"/v1/{listing}", page_params(query), list, may_lack=is_of_person)
        return Page(rows or [], self._date_s)

    def count(self, days: Days) -> ClassCounts:
        """Return the source's own counts of whole days in the account's time zone.

        Raises like `page`.
        """
        params = {"date[start]": days.first.isoformat(), "date[end]": days.last.isoformat()}
        found: dict[str, Any] | None = self._get("/v1/nps_summary", params, dict)
        return counts_of(found or {})

    def lists_changes(self) -> bool:
        """Whether answers can be filtered by the time of their change, as far as there are any.

        The source ignores unknown filters instead of refusing them, so this sends an impossible one
        and checks for an empty reply. Raises like `page`.
        """
        try:
            rows = self.rows(
                "/v1/responses", {"page": "1", "per_page": "1", "updated[gt]": str(NEVER_S)}
            )
        except SourceRejected:
            return False
        return not rows

    def rows(self, path: str, params: Mapping[str, str]) -> list[Any]:
        """Return a list; raises like `page`."""
        rows: list[Any] = self._get(path, params, list)
        return rows

    def one(self, path: str) -> dict[str, Any] | None:
        """Return one record such as `end_users/7`; None if there is none. Raises like `page`."""
        record: dict[str, Any] | None = self._get(f"/v1/{path}", {}, dict)
        return record

    def _get(
        self, path: str, params: Mapping[str, str], shape: Any, *, may_lack: bool = False
    ) -> Any:
        refreshes = 0
        while True:
            self._ensure_token()
            verdict = self._ask(path, params, shape, self._token)
            if verdict.meaning == "missing":
                if shape is list and not may_lack:
                    self._reject(verdict)
                return None
            if verdict.meaning != "unauthorized":
                return verdict.data
            # First a new token; if it is refused too, a rotated secret; then give up.
            self._token = ""
            refreshes += 1
            if refreshes == 2 and self._secrets.refetch(self._now()) is not None:
                continue
            if refreshes >= 2:
                raise _unauthorized(verdict)

    def _ensure_token(self) -> None:
        if self._token and self._renew_at is not None and self._now() < self._renew_at:
            return
        verdict = self._ask_token(self._secrets.get(self._now()))
        if verdict.meaning == "unauthorized":
            anew = self._secrets.refetch(self._now())
            if anew is None:
                raise _unauthorized(verdict)
            verdict = self._ask_token(anew)
        if verdict.meaning != "data":
            raise _unauthorized(verdict)
        token = str(verdict.data.get("access_token") or "")
        if not token:
            raise SourceUnavailable("the token endpoint answered without a token")
        self._recognise(token)
        self._token = token
        lifetime_s = float(verdict.data.get("expires_in") or 7200)
        # Renew a tenth of its life early, at most 5 minutes: no page starts with an expiring token.
        self._renew_at = self._now() + timedelta(seconds=lifetime_s - min(300.0, lifetime_s / 10))

    def _recognise(self, token: str) -> None:
        """Raise Unauthorized if the token's account has none of the witnesses, and they suffice."""
        missed = 0
        for witness in self._witnesses(self._now()):
            verdict = self._ask(f"/v1/{witness.path}", {}, dict, token)
            if verdict.meaning == "unauthorized":
                raise _unauthorized(verdict)
            if verdict.meaning == "data" and witness.is_shown_by(row_ref(verdict.data)):
                return
            missed += 1
        if missed >= FEWEST:
            raise AnotherAccount(
                f"the API credentials are those of another Wootric account: it has none of"
                f" {missed} stored answers that were looked up, so nothing of it was read. Fix:"
                " store the client_id and client_secret of Settings > API of this account in the"
                " secret, then run `nps sync now`. If the account was"
                " emptied on purpose: `nps connect --another-account`"
            )

    def _ask(self, path: str, params: Mapping[str, str], shape: Any, token: str) -> Verdict:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        return self._tries("GET", path, shape, params=dict(params), headers=headers)

    def _ask_token(self, secret: "Secret") -> Verdict:
        if not secret.client_id:
            return Verdict("unauthorized", problem="none are stored yet")
        form = {
            "grant_type": "client_credentials",
            "client_id": secret.client_id,
            "client_secret": secret.client_secret,
        }
        try:
            return self._tries("POST", "/oauth/token", dict, data=form)
        except SourceRejected as exc:
            # Wootric may report wrong credentials as a 400 too; the fix is the same.
            return Verdict("unauthorized", problem=str(exc))

    def _tries(self, method: str, path: str, shape: Any, **more: Any) -> Verdict:
        """Send until a reply is final, at most five times, with full jitter.

        A list with a broken row is final when it comes twice: it was not broken on its way.
        """
        last: NpsError = SourceUnavailable(path)
        before, broken = RateInfo(), None
        for attempt in range(1, _TRIES + 1):
            self._pacer.start()
            self.requests += 1
            verdict, info = self._send(method, path, shape, more)
            if verdict.meaning == "rejected":
                self._reject(verdict)
            if verdict.meaning not in ("retry", "rate_limited"):
                return verdict
            if verdict.meaning == "rate_limited":
                self.throttled += 1
                wait_s = _wait_after_429(info, before, self._now().timestamp())
                before, last = info, RateLimited(wait_s)
                # The next request waits as well, even after the fifth try.
                self._pacer.throttled(wait_s + self._jitter())
                continue
            if verdict.data is not None and verdict.data == broken:
                return Verdict("data", broken)
            broken = verdict.data
            last = SourceUnavailable(f"{path}: {verdict.problem}")
            if attempt < _TRIES:
                self._pacer.pause(self._jitter() * min(_LONGEST_BACKOFF_S, 2.0**attempt))
        raise last

    def _send(
        self, method: str, path: str, shape: Any, more: Mapping[str, Any]
    ) -> tuple[Verdict, RateInfo]:
        """Send once. Returns the verdict and the rate headers of the reply."""
        try:
            reply = self._http.request(
                method,
                self._base + path,
                timeout=_TIMEOUTS_S,
                allow_redirects=False,  # a redirect must not carry the token elsewhere
                **more,
            )
        except _UNREADABLE as exc:
            return Verdict("retry", problem=type(exc).__name__), RateInfo()
        info = rate_info(reply.headers)
        self._date_s = info.server_now_s
        self._pacer.observe(info, self._now().timestamp())
        return classify(reply.status_code, reply.content, shape), info

    def _reject(self, verdict: Verdict) -> NoReturn:
        raise SourceRejected(
            f"Wootric refused the request ({verdict.problem}). Fix: check the account token and"
            " the API address, then run `nps doctor`"
        )


def _wait_after_429(info: RateInfo, before: RateInfo, now_s: float) -> float:
    """Return the seconds until the next try; a whole minute if the reset cannot be trusted.

    It cannot be trusted without the server's own time, or if the wait for the same reset, after the
    429 `before`, was too short.
    """
    if info.reset_s is not None and (info.server_now_s is None or info.reset_s == before.reset_s):
        return _MINUTE_S
    return wait_for_reset(info, now_s)


def _unauthorized(verdict: Verdict) -> Unauthorized:
    return Unauthorized(
        f"Wootric refused the API credentials ({verdict.problem}). Fix: store the client_id and"
        " client_secret of Settings > API of this account in the secret, then run `nps sync now`"
    )
