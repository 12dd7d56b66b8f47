"""The fake Wootric account in process: start, stop, and control."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

from nps_local.fakes.wootric.actions import Actions
from nps_local.fakes.wootric.admin.data import source_rows
from nps_local.fakes.wootric.admin.edits import edit_many
from nps_local.fakes.wootric.context import Context
from nps_local.fakes.wootric.data.generator import Generator, GeneratorPlan
from nps_local.fakes.wootric.data.statefile import StateFile, dump, load
from nps_local.fakes.wootric.data.store import Store
from nps_local.fakes.wootric.faults import FaultPlan
from nps_local.fakes.wootric.http_api import HttpApi
from nps_local.fakes.wootric.oauth import Credentials
from nps_local.fakes.wootric.sockets import STOP_WAIT_S, HttpServer
from nps_local.fakes.wootric.switches import Switches

ACCOUNT = "NPS-1a2b3c4d"


class FakeWootric:
    """A Wootric account on 127.0.0.1. Use as a context manager, or `start` and `stop`.

    A test that uses `store` and `actions` needs `store.lock` only while requests are served.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        now: Callable[[], float] = time.time,
        seed: int = 1,
        account_token: str = ACCOUNT,
        credentials: Credentials | None = None,
        switches: Switches | None = None,
        state: Path | None = None,
    ) -> None:
        self.credentials = credentials or Credentials()
        self.context = Context(account_token, self.credentials, now, seed)
        self._server = HttpServer(port, HttpApi(self.context), self.context)
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._state = None
        if state is not None:
            self._state = StateFile(state, self._mark, self._dump)
            saved = self._state.read()
            if saved is not None:
                self.context.actions.switches = load(self.store, saved, self.context.now_ms())
        if switches is not None:
            self.context.actions.switches = switches

    @property
    def url(self) -> str:
        """The base URL, without a trailing slash."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def store(self) -> Store:
        return self.context.store

    @property
    def actions(self) -> Actions:
        """The actions of people, colleagues and the vendor on the data."""
        return self.context.actions

    def start(self) -> "FakeWootric":
        self._thread.start()
        if self._state is not None:
            self._state.start()
        return self

    def stop(self) -> None:
        """Stop serving, close every connection, and save the state."""
        self.context.stopping.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join(STOP_WAIT_S)
        self._server.close_connections()
        self._server.server_close()
        self.context.sender.stop()
        if self._state is not None:
            self._state.close()

    def __enter__(self) -> "FakeWootric":
        return self.start()

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def switch(self, changes: dict[str, Any] | None = None, **more: Any) -> None:
        """Change switches; dotted names such as `webhook.format` go into the dict."""
        with self.store.lock:
            changed = self.context.switches.with_changes({**(changes or {}), **more})
            self.context.actions.switches = changed
            self.store.revision += 1

    def fail(self, **plan: Any) -> None:
        """Start a `FaultPlan`; without arguments all faults end."""
        with self.store.lock:
            self.context.faults.use(FaultPlan.from_json(plan))

    def generate(self, plan: GeneratorPlan | None = None, **changes: Any) -> dict[str, int]:
        """Add generated data; keyword arguments are fields of the plan."""
        with self.store.lock:
            wanted = replace(plan or GeneratorPlan(), **changes)
            return Generator(self.store, wanted, self.context.now_ms()).run()

    def edit(self, *edits: Mapping[str, Any]) -> None:
        """Edit answers as `PATCH /_fake/answers` does; each edit has an `id`."""
        with self.store.lock:
            edit_many(self.actions, edits, self.credentials.username)

    def erase(self, user_id: int) -> None:
        """Erase a person with all answers and declines, at once."""
        with self.store.lock:
            self.actions.delete_user(self.actions.live_user(user_id), immediate=True)

    def source(self, kind: str = "response") -> list[dict[str, Any]]:
        """Export the rows of `response`, `decline` or `user`, deleted ones too."""
        with self.store.lock:
            self.store.advance(self.context.now_ms())
            return source_rows(self.context, kind)

    def stats(self) -> dict[str, Any]:
        """Return the request counters: total, endpoints, statuses, rate_limited."""
        with self.store.lock:
            return self.context.stats.as_json()

    def _mark(self) -> object:
        return id(self.store), self.store.revision

    def _dump(self) -> dict[str, Any]:
        with self.store.lock:
            return dump(self.store, self.context.switches)
