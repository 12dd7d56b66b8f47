"""Alerts and tasks to items of StateTable and back."""

from collections.abc import Mapping
from typing import Any

from nps_core import keys
from nps_core.aws.items import Item
from nps_core.errors import UnreadableItem
from nps_core.follow_up.models import Alert, Task
from nps_core.keys import StateKey, parse_answer_key


def task_key(task_id: str) -> StateKey:
    return StateKey(keys.TASK, task_id)


def pointer_key(scope: str) -> StateKey:
    """Return the key of the pointer to the one open task of a scope."""
    return StateKey(keys.OPENTASK, scope)


def alert_item(alert: Alert) -> Item:
    key = keys.alert(alert.key)
    return {"pk": key.pk, "sk": key.sk, **alert.to_item()}


def to_alert(item: Mapping[str, Any]) -> Alert:
    return Alert.from_item(item, key=parse_answer_key(item["sk"]))


def task_item(task: Task) -> Item:
    """Turn a task into its item; `response_ids` serves readers that need only the ids."""
    key = task_key(task.task_id)
    ids = {"response_ids": list(task.response_ids)}
    return {"pk": key.pk, "sk": key.sk, **task.to_item(), **ids}


def to_task(item: Mapping[str, Any]) -> Task:
    return Task.from_item(item, beside=("response_ids",))


def to_pointer(item: Mapping[str, Any]) -> str:
    """Return the id of the task that a pointer holds. Raises UnreadableItem."""
    if "task_id" not in item:
        raise UnreadableItem("task_id is missing in the pointer to an open task")
    return str(item["task_id"])
