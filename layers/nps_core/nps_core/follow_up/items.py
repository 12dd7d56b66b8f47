"""Alerts, tasks and outbox mails to items of StateTable and back."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from nps_core import keys
from nps_core.aws.items import parsed_times, printed_times
from nps_core.follow_up.models import Alert, Task
from nps_core.keys import StateKey, parse_answer_key
from nps_core.times import from_iso, iso

_TASK_TIMES = ("opened_at", "due_at", "closed_at")


def task_key(task_id: str) -> StateKey:
    """Key of a task."""
    return StateKey(keys.TASK, task_id)


def pointer_key(scope: str) -> StateKey:
    """Key of the pointer to the one open task of a scope."""
    return StateKey(keys.OPENTASK, scope)


def alert_item(alert: Alert) -> dict[str, Any]:
    """Turn an alert into its item."""
    key = keys.alert(alert.key)
    plain = {f.name: getattr(alert, f.name) for f in fields(Alert) if f.name != "key"}
    lists = {
        "decided_at": iso(alert.decided_at),
        "mail_keys": list(alert.mail_keys),
        "opened": list(alert.opened),
    }
    return {"pk": key.pk, "sk": key.sk, **plain, **lists}


def to_alert(item: Mapping[str, Any]) -> Alert:
    """Inverse of `alert_item`."""
    plain: dict[str, Any] = {f.name: item.get(f.name) for f in fields(Alert)}
    plain["key"] = parse_answer_key(item["sk"])
    plain["decided_at"] = from_iso(item["decided_at"])
    plain["mail_keys"] = tuple(item["mail_keys"])
    plain["opened"] = tuple(item.get("opened", ()))
    return Alert(**plain)


def task_item(task: Task) -> dict[str, Any]:
    """Turn a task into its item; `response_ids` is for readers who want the ids alone."""
    key = task_key(task.task_id)
    plain = {f.name: getattr(task, f.name) for f in fields(Task)}
    lists = {
        "answers": [str(answer) for answer in task.answers],
        "response_ids": list(task.response_ids),
    }
    return {"pk": key.pk, "sk": key.sk, **plain, **printed_times(task, _TASK_TIMES), **lists}


def to_task(item: Mapping[str, Any]) -> Task:
    """Inverse of `task_item`."""
    plain: dict[str, Any] = {f.name: item.get(f.name) for f in fields(Task)}
    plain["answers"] = tuple(parse_answer_key(text) for text in item["answers"])
    return Task(**{**plain, **parsed_times(item, _TASK_TIMES)})
