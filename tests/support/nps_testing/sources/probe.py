"""A client of the fake Wootric over real HTTP, and a receiver of its webhooks."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import requests

from nps_local.fakes.wootric.oauth import Credentials

TIMEOUT_S = 10.0
MONDAY_S = 1_772_470_800.0  # 2026-03-02 09:00:00 -0800, a Monday


@dataclass
class ManualClock:
    """A clock that moves only by hand, or by `step_s` at every reading."""

    now_s: float = MONDAY_S
    step_s: float = 0.0

    def __call__(self) -> float:
        self.now_s += self.step_s
        return self.now_s


class Probe:
    """A plain client: one call, one request."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        self.token = ""

    def login(self) -> "Probe":
        """Take a token by client credentials."""
        known = Credentials()
        body = {
            "grant_type": "client_credentials",
            "client_id": known.client_id,
            "client_secret": known.client_secret,
        }
        answer = self.session.post(f"{self.url}/oauth/token", data=body, timeout=TIMEOUT_S)
        answer.raise_for_status()
        self.token = answer.json()["access_token"]
        return self

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        """Send one request with the token."""
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return self.session.request(
            method, self.url + path, headers=headers, timeout=more.pop("timeout", TIMEOUT_S), **more
        )

    def get(self, path: str, **params: Any) -> requests.Response:
        """Send a GET; keyword arguments are query parameters."""
        return self.call("GET", path, params=params)

    def rows(self, path: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        """Read one list page; fails on another status than 200."""
        answer = self.call("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()
        return found

    def ids(self, path: str = "/v1/responses", /, **params: Any) -> list[int]:
        """Read the ids of one page, oldest first; `created__gte` means `created[gte]`."""
        named = {_bracketed(name): value for name, value in params.items()}
        wanted = {"sort_key": "created_at", "sort_order": "asc", "per_page": 50, **named}
        return [row["id"] for row in self.rows(path, wanted)]

    def admin(self, method: str, path: str, body: Any = None, **params: Any) -> requests.Response:
        url = f"{self.url}/_fake{path}"
        return self.session.request(method, url, json=body, params=params, timeout=TIMEOUT_S)


def _bracketed(name: str) -> str:
    head, found, tail = name.partition("__")
    return f"{head}[{tail}]" if found else name


@dataclass(frozen=True)
class Received:
    """One received POST; header names are lower case."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """The received requests, and the statuses to answer with (200 when none is left)."""

    url: str
    received: list[Received] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run an HTTP server that records every POST."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    inbox = Receiver(f"http://127.0.0.1:{server.server_address[1]}/webhook?from=fake")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            inbox.received.append(Received(self.path, headers, body))
            self.send_response(inbox.statuses.pop(0) if inbox.statuses else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Keep quiet."""

    server.RequestHandlerClass = Handler
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield inbox
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
