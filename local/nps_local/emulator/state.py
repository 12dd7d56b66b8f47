"""Completes the state that MiniStack 1.5.33 saves when it stops gracefully.

It saves the position of each mapping in a table's stream but not the stream, so a restart skips the
first changes. It forgets the mails that SES accepted. It writes JSON with the slow
encoder, which takes longer than our five seconds for a table of twenty thousand answers.
"""

from __future__ import annotations

import importlib
import json
import os
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

_Service = Any


def complete_persistence() -> None:
    """Patch MiniStack's save and load; call it before the server starts."""
    persistence: Any = importlib.import_module("ministack.core.persistence")
    app = importlib.import_module("ministack.app")
    dynamodb = _service("dynamodb")
    ses = _service("ses")
    persistence.save_state = _save_state
    _without_copies(app)
    _also_keep(dynamodb, _unread_streams, _restore_streams)
    _also_keep(ses, _sent_mails, _restore_mails)


def _save_state(service: str, data: dict[str, Any]) -> None:
    """Write one service's state atomically. Errors are raised, not logged."""
    persistence = importlib.import_module("ministack.core.persistence")
    document = {
        "__ministack_format__": persistence._state_format_version(service),
        "payload": data,
    }
    folder = Path(persistence.STATE_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"{service}.json.tmp"
    unfinished.write_text(json.dumps(document, default=persistence._json_default))
    os.replace(unfinished, folder / f"{service}.json")  # noqa: PTH105  the same file system


def _without_copies(app: Any) -> None:
    """Skip the copy before writing: nothing changes the state meanwhile."""
    build = app._build_persistence_save_dict

    def build_without_copies() -> dict[str, Callable[[], dict[str, Any]]]:
        readers = dict(build())
        database = _service("dynamodb")
        database.copy = types.SimpleNamespace(deepcopy=lambda value: value)
        return readers

    app._build_persistence_save_dict = build_without_copies


def _also_keep(
    service: _Service,
    read: Callable[[], dict[str, Any]],
    restore: Callable[[dict[str, Any]], None],
) -> None:
    original_read, original_restore = service.get_state, service.load_persisted_state

    def get_state() -> dict[str, Any]:
        return {**original_read(), "nps_local": read()}

    def load_persisted_state(data: dict[str, Any]) -> None:
        kept = data.pop("nps_local", None)
        original_restore(data)
        if kept:
            restore(kept)

    service.get_state, service.load_persisted_state = get_state, load_persisted_state


def _unread_streams() -> dict[str, Any]:
    """The records that a mapping has yet to handle; the others count as trimmed."""
    database = _service("dynamodb")
    functions = _service("lambda_svc")
    first_unread: dict[tuple[str, str, str], int] = {}
    for account, region, mapping in functions._iter_all_esms():
        arn = mapping.get("EventSourceArn", "")
        if ":dynamodb:" in arn:
            key = (account, region, arn.split("/stream/")[0].rsplit("/", 1)[-1])
            position = functions._dynamodb_stream_positions.get_scoped(
                account, region, mapping["UUID"], 0
            )
            first_unread[key] = min(position, first_unread.get(key, position))
    records, trimmed = type(database._stream_records)(), type(database._stream_trimmed)()
    for (account, region, table), live in database._stream_records.all_items():
        start = database._stream_trimmed.get_scoped(account, region, table, 0)
        keep_from = max(first_unread.get((account, region, table), start), start)
        records.set_scoped(account, region, table, live[keep_from - start :])
        trimmed.set_scoped(account, region, table, keep_from)
    return {"records": records, "trimmed": trimmed}


def _restore_streams(kept: dict[str, Any]) -> None:
    database = _service("dynamodb")
    database._stream_records.update(kept["records"])
    database._stream_trimmed.update(kept["trimmed"])


def _sent_mails() -> dict[str, Any]:
    return {"sent": _service("ses")._sent_emails}


def _restore_mails(kept: dict[str, Any]) -> None:
    _service("ses")._sent_emails.update(kept["sent"])


def _service(name: str) -> Any:
    return importlib.import_module(f"ministack.services.{name}")
