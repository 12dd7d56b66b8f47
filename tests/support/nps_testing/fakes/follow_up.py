"""In-memory follow-up store; tests/contract compares it with the DynamoDB adapter."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from nps_core.follow_up.models import Alert, Decision, Standing, Task
from nps_core.keys import AnswerKey
from nps_core.outbox.mail_states import OutboxMail


class InMemoryFollowUp:
    def __init__(self) -> None:
        self.kept_alerts: dict[AnswerKey, Alert] = {}
        self.kept_tasks: dict[str, Task] = {}
        self.kept_mails: dict[str, OutboxMail] = {}
        self.pointers: dict[str, str] = {}

    def alerts(self, keys: Collection[AnswerKey]) -> Mapping[AnswerKey, Alert]:
        return {key: self.kept_alerts[key] for key in keys if key in self.kept_alerts}

    def standing(self, key: AnswerKey, scope: str | None) -> Standing:
        alert = self.kept_alerts.get(key)
        pointer = self.pointers.get(scope) if scope else None
        pointed = self.kept_tasks.get(pointer) if pointer else None
        names = alert.mail_keys if alert else ()
        return Standing(
            alert=alert,
            task=self.kept_tasks.get(alert.task_id) if alert and alert.task_id else None,
            open_task=pointed if pointed and pointed.status != "closed" else None,
            opened=tuple(
                self.kept_tasks[name]
                for name in (alert.opened if alert else ())
                if name in self.kept_tasks
            ),
            mails=tuple(self.kept_mails[name] for name in names if name in self.kept_mails),
            pointer=pointer,
        )

    def commit(self, before: Standing, decision: Decision) -> bool:
        alert, task = decision.alert, decision.task
        if alert is None:
            return True
        known = {mail.key: mail.fence for mail in before.mails}
        stored = self.kept_alerts.get(alert.key)
        holds = (stored.version if stored else 0) == alert.version - 1
        for mail in decision.mails:
            kept = self.kept_mails.get(mail.key)
            holds = holds and (kept.fence if kept else 0) == known.get(mail.key, 0)
        if task is not None:
            kept_task = self.kept_tasks.get(task.task_id)
            holds = holds and (kept_task.version if kept_task else 0) == task.version - 1
            holds = holds and self._pointer_holds(task, before.pointer)
        for cleared in decision.cleared:
            holds = holds and self.kept_tasks[cleared.task_id].version == cleared.version - 1
        if not holds:
            return False
        self.kept_alerts[alert.key] = alert
        for mail in decision.mails:
            self.kept_mails[mail.key] = replace(mail, fence=known.get(mail.key, 0) + 1)
        if task is not None:
            self._keep(task)
        self.kept_tasks |= {cleared.task_id: cleared for cleared in decision.cleared}
        return True

    def task(self, task_id: str) -> Task | None:
        return self.kept_tasks.get(task_id)

    def mail(self, key: str) -> OutboxMail | None:
        return self.kept_mails.get(key)

    def move(self, before: OutboxMail, after: OutboxMail) -> OutboxMail | None:
        stored = self.kept_mails.get(before.key)
        if stored is None or stored.fence != before.fence:
            return None
        written = replace(after, fence=before.fence + 1)
        self.kept_mails[before.key] = written
        return written

    def due(self, now: datetime, limit: int) -> list[str]:
        waiting = [mail for mail in self.kept_mails.values() if mail.waiting and mail.due_at <= now]
        return [mail.key for mail in sorted(waiting, key=lambda mail: mail.due_at)][:limit]

    def tasks(self) -> list[Task]:
        return [self.kept_tasks[name] for name in sorted(self.kept_tasks)]

    def mails(self) -> list[OutboxMail]:
        return [self.kept_mails[name] for name in sorted(self.kept_mails)]

    def _pointer_holds(self, task: Task, pointed: str | None) -> bool:
        stored = self.pointers.get(task.scope)
        if task.status == "closed":
            return stored == task.task_id
        return task.version > 1 or stored is None or stored == pointed

    def _keep(self, task: Task) -> None:
        self.kept_tasks[task.task_id] = task
        if task.status == "closed":
            del self.pointers[task.scope]
        elif task.version == 1:
            self.pointers[task.scope] = task.task_id
