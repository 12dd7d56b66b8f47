"""The results of a decision about an answer: the alert that records it, the task, the mails."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from nps_core.answers.models import Answer
from nps_core.formats import IN_KEY, Stored
from nps_core.keys import AnswerKey
from nps_core.outbox.facts import Facts
from nps_core.outbox.mail_states import OutboxMail, short_hash

TaskStatus = Literal["open", "acknowledged", "closed"]
AlertStatus = Literal["on_task", "withdrawn"]
Action = Literal["none", "skip", "open", "join", "withdraw", "comment", "record"]
MailKind = Literal["detractor", "comment", "score_raised"]
"""The kinds of mail that a decision may post."""


class ScoreRaisedFacts(Facts):
    """Facts of the mail about a raised score: the earlier low score, no longer in the answer."""

    old_score: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(Stored):
    """One account to call, however many of its contacts are unhappy.

    `open` means untouched. `due_at` never moves later. `version` counts writes.
    """

    task_id: str
    status: TaskStatus
    scope: str
    account_id: str | None
    account_name: str | None
    contact: str | None
    owner: str
    owner_reason: str = ""
    tier: int = 2
    reason: str = ""
    opened_at: datetime
    due_at: datetime
    answers: tuple[AnswerKey, ...]
    version: int = 1
    closed_at: datetime | None = None
    close_reason: str | None = None

    @property
    def response_ids(self) -> tuple[str, ...]:
        """Ids of the answers on the task."""
        return tuple(key.id for key in self.answers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert(Stored):
    """The decision about an answer, at its version `rev`, and the reason.

    `score` is the score of the alert, `task_id` the last task of the answer, `round` the number of
    times the answer became a detractor again after a withdrawal. `opened` are the tasks whose
    contact the answer gave.
    """

    key: AnswerKey = field(metadata=IN_KEY)
    status: AlertStatus
    rule: str = ""
    reason: str = ""
    scope: str = ""
    task_id: str | None
    rev: int
    score: int | None
    had_comment: bool = False
    decided_at: datetime
    mail_keys: tuple[str, ...] = ()
    opened: tuple[str, ...] = ()
    round: int = 0
    version: int = 1


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything already written that a decision about one answer depends on."""

    alert: Alert | None = None
    task: Task | None = None
    """The task of the alert."""
    open_task: Task | None = None
    """The one open task of the answer's scope."""
    opened: tuple[Task, ...] = ()
    """All tasks that the answer opened, closed ones included."""
    mails: tuple[OutboxMail, ...] = ()
    """All mails about the answer."""
    pointer: str | None = None
    """Task id in the scope's pointer."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The items to write, all or nothing, and the reason. No item set means no write."""

    rule: str
    action: Action
    reason: str
    alert: Alert | None = None
    task: Task | None = None
    mails: tuple[OutboxMail, ...] = ()
    cleared: tuple[Task, ...] = ()
    """Further tasks, which lose their contact and nothing else."""

    @property
    def writes(self) -> bool:
        return self.alert is not None


def scope_of(answer: Answer) -> str:
    """Return the scope, which has at most one open task: the account, or the unmatched contact."""
    return answer.account_id or answer.contact_key


def former_scope_of(answer: Answer) -> str | None:
    """Return the scope that an earlier version gave it, if that was another one."""
    return None if answer.account_id else answer.former_contact_key


def task_id_of(scope: str, answer: AnswerKey, again: int) -> str:
    """Return the id of the task that this answer opens in its scope, the same on every retry."""
    return short_hash(f"{scope}\n{answer}\n{again}", 16)
