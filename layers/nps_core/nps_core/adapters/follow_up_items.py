"""Alerts, tasks and outbox mails to items of StateTable and back."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from nps_core import keys
from nps_core.follow_up import Alert, Task
from nps_core.keys import StateKey, parse_answer_key
from nps_core.outbox import OutboxMail
from nps_core.times import from_iso, iso

_TASK_TIMES = ("opened_at", "due_at", "closed_at")
_MAIL_TIMES = ("due_at", "created_at", "planned_at", "lease_until", "sent_at", "unknown_at")
_MAIL_NOT_PLAIN = ("key", "answer", "waiting", "facts", *_MAIL_TIMES)
_MAIL_PLAIN = tuple(f.name for f in fields(OutboxMail) if f.name not in _MAIL_NOT_PLAIN)
_MAIL_OWN = {"pk", "sk", "due_pk", "answer", "response_ids", *_MAIL_TIMES, *_MAIL_PLAIN}
_FACT = "fact_"


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
    return {"pk": key.pk, "sk": key.sk, **plain, **_printed(task, _TASK_TIMES), **lists}


def to_task(item: Mapping[str, Any]) -> Task:
    """Inverse of `task_item`."""
    plain: dict[str, Any] = {f.name: item.get(f.name) for f in fields(Task)}
    plain["answers"] = tuple(parse_answer_key(text) for text in item["answers"])
    return Task(**{**plain, **_parsed(item, _TASK_TIMES)})


def mail_item(mail: OutboxMail) -> dict[str, Any]:
    """Turn a mail into its item, in the index of due mails only while it is waiting."""
    key = keys.mail(mail.key)
    return {
        **{_outside(name): value for name, value in mail.facts.items()},
        "pk": key.pk,
        "sk": key.sk,
        "due_pk": keys.MAIL if mail.waiting else None,
        "answer": str(mail.answer) if mail.answer else None,
        "response_ids": list(mail.response_ids),
        **{name: getattr(mail, name) for name in _MAIL_PLAIN},
        **_printed(mail, _MAIL_TIMES),
    }


def to_mail(item: Mapping[str, Any]) -> OutboxMail:
    """Inverse of `mail_item`; attributes of other writers are kept in `facts`."""
    plain = {name: item[name] for name in _MAIL_PLAIN if name in item}
    times = _parsed(item, _MAIL_TIMES)
    times["created_at"] = times["created_at"] or times["due_at"]
    times["planned_at"] = times["planned_at"] or times["due_at"]
    more = {
        "key": item["sk"],
        "answer": parse_answer_key(item["answer"]) if "answer" in item else None,
        "waiting": "due_pk" in item,
        "facts": {
            name.removeprefix(_FACT): value for name, value in item.items() if name not in _MAIL_OWN
        },
    }
    return OutboxMail(**{**plain, **times, **more})


def _outside(fact: str) -> str:
    """Name of a fact in the item: one that is called like an attribute of the mail steps aside."""
    return f"{_FACT}{fact}" if fact in _MAIL_OWN else fact


def _printed(value: object, names: tuple[str, ...]) -> dict[str, str | None]:
    moments = {name: getattr(value, name) for name in names}
    return {name: iso(moment) if moment else None for name, moment in moments.items()}


def _parsed(item: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, datetime | None]:
    return {name: from_iso(item[name]) if item.get(name) else None for name in names}
