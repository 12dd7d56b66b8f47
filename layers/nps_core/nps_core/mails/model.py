"""What a mail says, before it is words: plain values that the deliverer fills in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True)
class TrendPoint:
    """One month of an account. A month without answers has `n` 0 and `nps` None."""

    month: str  # "2026-03"
    n: int
    nps: float | None


@dataclass(frozen=True)
class AccountNumbers:
    """The account of the answer and its numbers; `account_id` None means not matched yet.

    The trend is oldest first and holds a point for every month, also for those without answers.
    """

    account_id: str | None
    name: str | None
    window_days: int
    n: int
    promoters: int
    passives: int
    detractors: int
    nps: float | None
    nps_rounded: int | None
    trend: tuple[TrendPoint, ...]
    account_class: str | None
    class_reason: str | None


@dataclass(frozen=True)
class DetractorMail:
    """One low score to act on, or the comment that followed a score already mailed."""

    effect: Literal["detractor", "comment"]
    score: int
    changed_from: int | None  # the score of the same answer before it was edited
    previous_score: int | None  # the score of the contact's answer before this one
    previous_at: datetime | None
    direction: Literal["up", "down", "same", "first"]
    comment: str | None
    contact_email: str | None
    contact_id: str | None
    account: AccountNumbers
    answered_at: datetime
    task_id: str
    due_at: datetime
    other_answers: int  # further answers on the same task
    owner: str
    owner_reason: str


@dataclass(frozen=True)
class ScoreRaisedMail:
    """The contact raised the score, the task was closed, nothing is left to do."""

    old_score: int
    new_score: int
    contact_email: str | None
    contact_id: str | None
    account: AccountNumbers
    answered_at: datetime
    task_id: str
    owner: str
    owner_reason: str


@dataclass(frozen=True)
class BackfillMail:
    """What the first load of a connected survey account brought in. Sent once."""

    account_token: str
    started_at: datetime
    ended_at: datetime
    window_from: datetime
    window_to: datetime
    responses: int
    declines: int
    quarantined: int
    accounts: int
    unmatched: int
    promoters: int
    passives: int
    detractors: int
    nps_rounded: int | None
    requests: int
    owner: str


@dataclass(frozen=True)
class CredentialsMail:
    """The source refuses the credentials that it took before; one thing is to be done."""

    account_token: str
    host: str
    failed_at: datetime
    since: datetime | None  # the latest read that worked
    alerts_until: datetime | None  # from then on the oldest unread low scores alert nobody
    error: str
    owner: str


Mail = DetractorMail | ScoreRaisedMail | BackfillMail | CredentialsMail


@dataclass(frozen=True)
class RenderedMail:
    """A mail ready to be sent: the subject is one line, both parts say the same."""

    subject: str
    html: str
    text: str
