"""Effects of the rules on alerts, tasks and mails, as new values with their next versions. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from nps_core.answers.models import Answer
from nps_core.customers.owners import Owner
from nps_core.follow_up.due_times import due_after, tier_of
from nps_core.follow_up.models import (
    Action,
    Alert,
    AlertStatus,
    Decision,
    MailKind,
    Standing,
    Task,
    scope_of,
    task_id_of,
)
from nps_core.keys import AnswerKey
from nps_core.outbox.facts import Facts
from nps_core.outbox.mail_states import (
    OutboxMail,
    digest_of,
    forgotten,
    mail_key,
    revived,
    withdrawn,
)


@dataclass(frozen=True, slots=True)
class Context:
    """Inputs of a decision besides the answer and its alert, tasks and mails."""

    now: datetime
    activated_at: datetime | None
    settle: timedelta
    owner: Owner


@dataclass(frozen=True, slots=True)
class Case:
    """One answer to decide about, with everything already written about it."""

    key: AnswerKey
    current: Answer | None
    before: Standing
    context: Context

    @property
    def on_task(self) -> bool:
        """Whether the answer has been alerted and the alert has not been withdrawn."""
        return self.before.alert is not None and self.before.alert.status == "on_task"

    def mails(self, *kinds: MailKind) -> list[OutboxMail]:
        """Return the answer's mails of these kinds, in the order they were posted."""
        return [mail for mail in self.before.mails if mail.kind in kinds]


def alert_owner(case: Case, answer: Answer, rule: str, reason: str) -> Decision:
    """Put the answer on the one open task of its scope, and mail the task's owner."""
    joined, old = case.before.open_task, case.before.alert
    again = 0 if old is None else old.round + 1
    opened = old.opened if old else ()
    if joined is None:
        action: Action = "open"
        task = _opened(case, answer, reason, again)
        opened += (task.task_id,)
    else:
        action = "join"
        task = _joined(joined, case, answer)
    mail = post(case, "detractor", task.owner, task.task_id)
    if mail is None:
        reason += "; its owner has been mailed about this answer before"
    more = {"score": answer.score, "task_id": task.task_id, "scope": task.scope, "round": again}
    mails = [mail] if mail else []
    return write(case, rule, action, reason, "on_task", task, mails, opened=opened, **more)


def write(
    case: Case,
    rule: str,
    action: Action,
    reason: str,
    status: AlertStatus = "on_task",
    task: Task | None = None,
    mails: Sequence[OutboxMail] = (),
    **alert_fields: Any,
) -> Decision:
    """Return a decision that also updates the answer's alert."""
    old, current, now = case.before.alert, case.current, case.context.now
    base = old or Alert(
        key=case.key,
        status=status,
        rule=rule,
        reason=reason,
        scope=scope_of(current) if current else "",
        task_id=None,
        rev=0,
        score=None,
        had_comment=False,
        decided_at=now,
        version=0,
    )
    alert = replace(
        base,
        status=status,
        rule=rule,
        reason=reason,
        rev=current.rev if current else base.rev,
        had_comment=digest_of(current.text) is not None if current else base.had_comment,
        decided_at=now,
        mail_keys=tuple(dict.fromkeys([*base.mail_keys, *(mail.key for mail in mails)])),
        version=base.version + 1,
        **alert_fields,
    )
    return Decision(rule, action, reason, alert, task, tuple(mails))


def leave_task(case: Case, why: str) -> tuple[Task | None, str]:
    """Take the answer off its task while the task is untouched.

    Returns the changed task and a text that says what became of it.
    """
    task = case.before.task
    if task is None or task.status != "open":
        return None, "the task is not untouched and stays as it is"
    others = tuple(key for key in task.answers if key != case.key)
    if others:
        left = replace(task, answers=others, version=task.version + 1)
        return left, "the task stays for other answers"
    now = case.context.now
    closed = replace(
        task, status="closed", close_reason=why, closed_at=now, version=task.version + 1
    )
    return closed, "the task is closed"


def tightened(case: Case) -> Task | None:
    """Return the answer's task, due earlier, if the score requires it and the task is untouched."""
    task, current = case.before.task, case.current
    if task is None or task.status != "open" or current is None or current.score is None:
        return None
    after = _sooner(task, current.score, case.context.now)
    return None if after == task else replace(after, version=task.version + 1)


def post(
    case: Case, kind: MailKind, to: str, task_id: str | None, facts: Facts | None = None
) -> OutboxMail | None:
    """Return a mail to write, due after the settle time; None if it was posted before."""
    key, now = mail_key(case.key, kind, to), case.context.now
    due_at = now + case.context.settle
    known = next((mail for mail in case.before.mails if mail.key == key), None)
    if known is not None:
        is_free = known.state == "CANCELLED"
        return revived(known, now, due_at, task_id) if is_free else None
    return OutboxMail(
        key=key,
        kind=kind,
        to=to,
        due_at=due_at,
        created_at=now,
        planned_at=due_at,
        answer=case.key,
        task_id=task_id,
        facts=facts.plain() if facts else {},
    )


def cancel_pending(case: Case, why: str, *kinds: MailKind) -> list[OutboxMail]:
    """Return the unsent mails of these kinds, cancelled."""
    return [withdrawn(mail, why) for mail in case.mails(*kinds) if mail.state == "PENDING"]


def forget_mails(case: Case, why: str) -> list[OutboxMail]:
    """Return all mails about the answer without any of its words; unsent ones are cancelled.

    A mail that is being sent is included: its sender then knows that it must not record the words.
    """
    ended = [
        withdrawn(mail, why) if mail.state == "PENDING" else mail for mail in case.before.mails
    ]
    return [forgotten(mail) for mail in ended]


def forget_contact(case: Case, left: Task | None) -> tuple[Task | None, tuple[Task, ...]]:
    """Drop the contact from the tasks that the answer opened; `left` is the one it just left.

    A task that another answer opened keeps its contact: that is another person. Unknown fields of
    another version may name the person, so they are dropped as well.
    """
    opened = {task.task_id for task in case.before.opened}
    cleared = tuple(
        replace(task, contact=None, unknown={}, version=task.version + 1)
        for task in case.before.opened
        if task.contact is not None and (left is None or task.task_id != left.task_id)
    )
    if left is not None and left.task_id in opened:
        left = replace(left, contact=None, unknown={})
    return left, cleared


def _opened(case: Case, answer: Answer, reason: str, again: int) -> Task:
    scope, now, owner = scope_of(answer), case.context.now, case.context.owner
    tier = tier_of(answer.score or 0)
    return Task(
        task_id=task_id_of(scope, case.key, again),
        status="open",
        scope=scope,
        account_id=answer.account_id,
        account_name=answer.account_name,
        contact=answer.email or answer.external_id or answer.end_user_id,
        owner=owner.address,
        owner_reason=owner.reason,
        tier=tier,
        reason=reason,
        opened_at=now,
        due_at=due_after(now, tier),
        answers=(case.key,),
    )


def _joined(task: Task, case: Case, answer: Answer) -> Task:
    answers = tuple(dict.fromkeys([*task.answers, case.key]))
    sooner = _sooner(task, answer.score or 0, case.context.now)
    return replace(sooner, answers=answers, version=task.version + 1)


def _sooner(task: Task, score: int, now: datetime) -> Task:
    tier = min(task.tier, tier_of(score))
    return replace(task, tier=tier, due_at=min(task.due_at, due_after(now, tier)))
