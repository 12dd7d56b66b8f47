"""Keeps the data in a JSON file, so that a restarted fake is the same source."""

import json
from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path
from threading import Event, Thread
from typing import Any

from nps_local.fakes.wootric.data.model import Answer, Decline, EndUser, Note, Row
from nps_local.fakes.wootric.data.store import Store
from nps_local.fakes.wootric.switches import Switches

_SAVE_EVERY_S = 2.0


def dump(store: Store, switches: Switches) -> dict[str, Any]:
    """Return everything as JSON values. Hold the store's lock."""
    return {
        "next_ids": store.next_ids(),
        "switches": switches.as_json(),
        "users": [_plain(user) for user in store.users.values()],
        "answers": [
            {**_plain(row), "notes": [asdict(note) for note in row.notes]}
            for row in store.answers.values()
        ],
        "declines": [_plain(row) for row in store.declines.values()],
    }


def load(store: Store, value: dict[str, Any], now_ms: int) -> Switches:
    """Fill an empty store from a `dump`; returns the saved switches."""
    for item in value["users"]:
        store.put_user(EndUser(**item))
    answers = [
        Answer(**{**item, "notes": [Note(**note) for note in item["notes"]]})
        for item in value["answers"]
    ]
    store.put_rows(answers, now_ms)
    store.put_rows([Decline(**item) for item in value["declines"]], now_ms)
    for name, following in value["next_ids"].items():
        store.reserve_id(name, following - 1)
    return Switches().with_changes(value["switches"])


class StateFile:
    """Saves in the background, at most every two seconds, and on `close`."""

    def __init__(
        self, path: Path, mark: Callable[[], object], snapshot: Callable[[], dict[str, Any]]
    ) -> None:
        self._path = path
        self._mark = mark
        self._snapshot = snapshot
        self._saved: object = None
        self._closing = Event()
        self._thread = Thread(target=self._run, name="fake-wootric-state", daemon=True)

    def read(self) -> dict[str, Any] | None:
        """Return the saved state, None without one."""
        if not self._path.exists():
            return None
        value: dict[str, Any] = json.loads(self._path.read_text(encoding="utf-8"))
        return value

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Save unsaved changes and stop."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30)
        self._save()

    def _run(self) -> None:
        while not self._closing.wait(_SAVE_EVERY_S):
            self._save()

    def _save(self) -> None:
        mark = self._mark()
        if mark == self._saved:
            return
        value = self._snapshot()
        partial = self._path.with_suffix(".partial")
        partial.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
        partial.replace(self._path)
        self._saved = mark


def _plain(item: Row | EndUser) -> dict[str, Any]:
    return {spec.name: getattr(item, spec.name) for spec in fields(item)}
