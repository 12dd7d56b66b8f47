"""Alerts, tasks and the outbox in StateTable."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from nps_core import keys
from nps_core.aws import items
from nps_core.follow_up.items import (
    alert_item,
    pointer_key,
    task_item,
    task_key,
    to_alert,
    to_pointer,
    to_task,
)
from nps_core.follow_up.models import Alert, Decision, Standing, Task
from nps_core.keys import AnswerKey, StateKey
from nps_core.outbox.items import mail_item, to_mail
from nps_core.outbox.mail_states import OutboxMail
from nps_core.times import iso

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ABSENT = "attribute_not_exists(pk)"


class DynamoFollowUp:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client, self._table = client, table

    def alerts(self, keys_: Collection[AnswerKey]) -> Mapping[AnswerKey, Alert]:
        found = self._get_many(keys.alert(key) for key in keys_)
        return {alert.key: alert for alert in map(to_alert, found.values())}

    def standing(self, key: AnswerKey, scope: str | None) -> Standing:
        alert_key = keys.alert(key)
        first = [alert_key] if scope is None else [alert_key, pointer_key(scope)]
        found = self._get_many(first)
        alert = to_alert(found[alert_key]) if alert_key in found else None
        pointer = to_pointer(found[first[-1]]) if scope and first[-1] in found else None
        own = alert.task_id if alert else None
        mail_keys = [keys.mail(name) for name in alert.mail_keys] if alert else []
        opened = alert.opened if alert else ()
        tasks = [task_key(name) for name in dict.fromkeys([own, pointer, *opened]) if name]
        linked = self._get_many([*tasks, *mail_keys])
        task = {key.sk: to_task(item) for key, item in linked.items() if key.pk == keys.TASK}
        pointed = task.get(pointer or "")
        return Standing(
            alert=alert,
            task=task.get(own or ""),
            open_task=pointed if pointed and pointed.status != "closed" else None,
            opened=tuple(task[name] for name in opened if name in task),
            mails=tuple(to_mail(linked[mail_key]) for mail_key in mail_keys if mail_key in linked),
            pointer=pointer,
        )

    def commit(self, before: Standing, decision: Decision) -> bool:
        if decision.alert is None:
            return True
        known = {mail.key: mail.fence for mail in before.mails}
        actions = [self._put(alert_item(decision.alert), "version", decision.alert.version - 1)]
        for mail in decision.mails:
            fence = known.get(mail.key, 0)
            actions.append(self._put(mail_item(replace(mail, fence=fence + 1)), "fence", fence))
        if decision.task is not None:
            task = decision.task
            actions.append(self._put(task_item(task), "version", task.version - 1))
            actions += self._pointer(task, before.pointer)
        for task in decision.cleared:
            actions.append(self._put(task_item(task), "version", task.version - 1))
        return items.transact_if(self._client, actions)

    def task(self, task_id: str) -> Task | None:
        item = self._get(task_key(task_id))
        return to_task(item) if item else None

    def mail(self, key: str) -> OutboxMail | None:
        item = self._get(keys.mail(key))
        return to_mail(item) if item else None

    def move(self, before: OutboxMail, after: OutboxMail) -> OutboxMail | None:
        written = replace(after, fence=before.fence + 1)
        # A mail that the sync has just posted has no fence yet.
        first = "attribute_not_exists(fence) OR " if before.fence == 0 else ""
        condition = f"attribute_exists(pk) AND ({first}fence = :seen)"
        done = items.put_if(
            self._client, self._table, mail_item(written), condition, {":seen": before.fence}
        )
        return written if done else None

    def due(self, now: datetime, limit: int) -> list[str]:
        found: list[str] = []
        for item in items.query(
            self._client,
            self._table,
            "due_pk = :due AND due_at <= :now",
            {":due": keys.MAIL, ":now": iso(now)},
            IndexName=keys.DUE_INDEX,
            Limit=limit,
        ):
            found.append(item["sk"])
            if len(found) >= limit:
                break
        return found

    def tasks(self, skip: items.Skip | None = None) -> Iterator[Task]:
        """Yield all tasks, by id; `skip` receives the unreadable ones."""
        return items.readable(self._all(keys.TASK), to_task, skip)

    def mails(self, skip: items.Skip | None = None) -> Iterator[OutboxMail]:
        """Yield all outbox mails, by key; `skip` receives the unreadable ones."""
        return items.readable(self._all(keys.MAIL), to_mail, skip)

    def _all(self, pk: str) -> Iterator[items.Item]:
        return items.query(self._client, self._table, "pk = :pk", {":pk": pk})

    def _get(self, key: StateKey) -> items.Item | None:
        return items.get_item(self._client, self._table, {"pk": key.pk, "sk": key.sk})

    def _get_many(self, wanted: Iterable[StateKey]) -> dict[StateKey, items.Item]:
        plain = [{"pk": key.pk, "sk": key.sk} for key in dict.fromkeys(wanted)]
        found = items.get_items(self._client, self._table, plain)
        return {StateKey(item["pk"], item["sk"]): item for item in found}

    def _put(self, item: items.Item, guard: str, seen: int) -> dict[str, Any]:
        put: dict[str, Any] = {"TableName": self._table, "Item": items.to_wire(item)}
        if seen == 0:
            return {"Put": {**put, "ConditionExpression": _ABSENT}}
        values = items.to_wire({":seen": seen})
        guarded = {"ConditionExpression": f"{guard} = :seen", "ExpressionAttributeValues": values}
        return {"Put": {**put, **guarded}}

    def _pointer(self, task: Task, pointed: str | None) -> list[dict[str, Any]]:
        """Return the pointer's write: it guards that a scope has at most one open task."""
        pk, sk = pointer_key(task.scope)
        own = items.to_wire({":own": task.task_id})
        if task.status == "closed":
            key = items.to_wire({"pk": pk, "sk": sk})
            # A backup may have brought the task back without its pointer.
            condition = {
                "ConditionExpression": f"{_ABSENT} OR task_id = :own",
                "ExpressionAttributeValues": own,
            }
            return [{"Delete": {"TableName": self._table, "Key": key, **condition}}]
        if task.version > 1:
            return []
        item = {"pk": pk, "sk": sk, "task_id": task.task_id}
        # A pointer to a closed task may be replaced; any other pointer may not.
        values = items.to_wire({":stale": pointed or "-"})
        free = {
            "ConditionExpression": f"{_ABSENT} OR task_id = :stale",
            "ExpressionAttributeValues": values,
        }
        return [{"Put": {"TableName": self._table, "Item": items.to_wire(item), **free}}]
