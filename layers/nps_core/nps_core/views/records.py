"""Items of StateTable as the documented rows: the named fields, in order, None where missing."""

from collections.abc import Mapping
from typing import Any

from nps_core.views.answers import Row, source_id

RUN = (
    *("run_id", "kind", "status", "started_at", "ended_at", "window_from", "window_to", "pages"),
    *("fetched", "created", "updated", "unchanged", "quarantined", "requests", "throttled"),
    *("error", "account_token"),
)
TASK = (
    *("task_id", "status", "account_id", "contact", "owner", "tier", "reason", "opened_at"),
    *("due_at", "response_ids"),
)
MAIL = ("key", "kind", "to", "state", "due_at", "sent_at", "response_ids", "task_id", "subject")
QUARANTINE = ("key", "received_at", "source", "account_token", "reason", "detail")
DIRECTORY = ("kind", "value", "account_id", "owner", "name")


def run_row(item: Mapping[str, Any]) -> Row:
    """Return a run of the sync."""
    return _row({"run_id": item.get("sk"), **item}, RUN)


def whole_run_row(item: Mapping[str, Any]) -> Row:
    """Return a run with what else its record holds, by name; without the keys of the table."""
    more = {name: item[name] for name in sorted(item) if name not in ("pk", "sk", "expires_at")}
    row = run_row(item)
    return {**row, **{name: value for name, value in more.items() if name not in row}}


def task_row(item: Mapping[str, Any]) -> Row:
    """Return a follow-up task."""
    return _row({"task_id": item.get("sk"), **item, **_response_ids(item)}, TASK)


def mail_row(item: Mapping[str, Any]) -> Row:
    """Return an outbox item."""
    return _row({**item, "key": item.get("sk"), **_response_ids(item)}, MAIL)


def quarantine_row(item: Mapping[str, Any], *, with_raw: bool = False) -> Row:
    """Return a quarantined payload; its text, which may name people, only on demand."""
    fields = (*QUARANTINE, "raw") if with_raw else QUARANTINE
    return _row({**item, "key": item.get("sk")}, fields)


def directory_row(item: Mapping[str, Any]) -> Row:
    """Return a directory entry."""
    kind, _, value = str(item.get("sk", "")).partition("#")
    return _row({**item, "kind": kind, "value": value}, DIRECTORY)


def _response_ids(item: Mapping[str, Any]) -> Row:
    """Ids as `nps responses list` shows them."""
    return {"response_ids": [source_id(value) for value in item.get("response_ids", ())]}


def _row(item: Mapping[str, Any], fields: tuple[str, ...]) -> Row:
    return {name: item.get(name) for name in fields}
