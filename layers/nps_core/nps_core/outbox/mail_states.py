"""Outbox mails and their states. Pure: each function returns the mail after one step.

    PENDING --claim--> SENDING --accepted-----> SENT
       ^                  |-----refused-------> FAILED
       |                  |-----no reply------> UNKNOWN --5 min, once--> SENDING
       '--surely not sent-'
    PENDING --no longer true--> CANCELLED

A claimed mail is first prepared, then asked for at SES. A process that dies while it prepares has
sent nothing; a mail that is the death of five is FAILED.

SES has no idempotency token, so a lost reply looks like a lost request. Such a mail is UNKNOWN and
is sent once more; it is never sent a third time, and never becomes SENT without proof.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from nps_core.keys import AnswerKey

MailState = Literal["PENDING", "SENDING", "SENT", "FAILED", "UNKNOWN", "CANCELLED"]

LEASE = timedelta(minutes=3)
"""Longer than the function's timeout, so an older claim belongs to a process that died."""
RESEND_AFTER = timedelta(minutes=5)
MAX_ATTEMPTS = 2
MAX_DEATHS = 5
RESTORED = "restored"
_AFTER_DEATH = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class OutboxMail:
    """One mail to one recipient about one effect; its key rules out a second one.

    `kind` names a module of `nps_core.mails`; a version without that module still loads the mail.
    `waiting`: work is left, at `due_at`. `fence` counts writes and guards the next one.
    `planned_at` is the first due time. `attempts` counts the times that SES may have accepted it,
    `deaths` the processes that ended while they prepared it. `preparing`: claimed, and SES has not
    been asked. A claim without it, as earlier versions wrote it, may have been sent.
    """

    key: str
    kind: str
    to: str
    due_at: datetime
    created_at: datetime
    planned_at: datetime
    state: MailState = "PENDING"
    waiting: bool = True
    answer: AnswerKey | None = None
    task_id: str | None = None
    subject: str | None = None
    attempts: int = 0
    fence: int = 0
    waits: int = 0
    deaths: int = 0
    preparing: bool = False
    lease_until: datetime | None = None
    sent_at: datetime | None = None
    unknown_at: datetime | None = None
    message_id: str | None = None
    error: str | None = None
    possible_duplicate: bool = False
    comment_digest: str | None = None
    """Hash of the comment that the mail quoted; None if it quoted none."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Values that only this kind of mail needs, as plain values; `outbox.facts` types them."""

    @property
    def has_left(self) -> bool:
        """Whether the recipient may have received it."""
        return self.state in ("SENDING", "SENT", "UNKNOWN")

    @property
    def response_ids(self) -> tuple[str, ...]:
        return (self.answer.id,) if self.answer else ()


def due_now(key: str, kind: str, to: str, facts: Mapping[str, Any], now: datetime) -> OutboxMail:
    """Return a mail about no answer, due at once."""
    return OutboxMail(
        key=key, kind=kind, to=to, due_at=now, created_at=now, planned_at=now, facts=facts
    )


def mail_key(answer: AnswerKey, kind: str, to: str) -> str:
    """Return the key of the one mail per (answer, effect, recipient)."""
    return f"{answer}#{kind}#{short_hash(to)}"


def short_hash(text: str, length: int = 12) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def digest_of(comment: str | None) -> str | None:
    shown = (comment or "").strip()
    return short_hash(shown, 16) if shown else None


def claimed(mail: OutboxMail, now: datetime) -> OutboxMail:
    """Claim the mail for sending, until the lease ends. SES is not asked before `asking`."""
    until = now + LEASE
    return replace(mail, state="SENDING", preparing=True, lease_until=until, due_at=until)


def asking(claim: OutboxMail) -> OutboxMail:
    """Count the attempt that follows at once: from here on the mail may have been sent."""
    return replace(claim, preparing=False, attempts=claim.attempts + 1)


def died(mail: OutboxMail, now: datetime) -> OutboxMail:
    """Record that a process ended while it prepared the mail: sent is nothing.

    It waits twice as long after each; the fifth is the last.
    """
    mail = replace(mail, deaths=mail.deaths + 1)
    if mail.deaths >= MAX_DEATHS:
        return failed(mail, f"{mail.deaths} processes ended while they prepared it")
    pause = _AFTER_DEATH * 2 ** (mail.deaths - 1)
    return released(mail, now + pause, "its process ended while it prepared the mail")


def sent(mail: OutboxMail, now: datetime, message_id: str, comment: str | None) -> OutboxMail:
    """Record that SES accepted it. After UNKNOWN it is a `possible_duplicate`."""
    return replace(
        _done(mail, "SENT", None),
        sent_at=now,
        message_id=message_id,
        possible_duplicate=mail.unknown_at is not None,
        comment_digest=digest_of(comment),
    )


def failed(mail: OutboxMail, reason: str) -> OutboxMail:
    """Record a permanent refusal; a mail that an earlier attempt may have sent stays UNKNOWN."""
    return _done(mail, "UNKNOWN" if mail.unknown_at else "FAILED", reason)


def unknown(mail: OutboxMail, now: datetime, reason: str, comment: str | None = None) -> OutboxMail:
    """Record that it may have been sent. It is sent once more, later; then never again."""
    after = replace(
        _done(mail, "UNKNOWN", reason),
        unknown_at=mail.unknown_at or now,
        comment_digest=digest_of(comment) or mail.comment_digest,
        possible_duplicate=mail.attempts >= MAX_ATTEMPTS,
    )
    if mail.attempts >= MAX_ATTEMPTS:
        return after
    return replace(after, waiting=True, due_at=now + RESEND_AFTER)


def released(mail: OutboxMail, due_at: datetime, reason: str) -> OutboxMail:
    """Return a claimed mail to the outbox: this attempt has surely not sent it."""
    return replace(
        mail,
        state="UNKNOWN" if mail.unknown_at else "PENDING",
        attempts=mail.attempts if mail.preparing else mail.attempts - 1,
        preparing=False,
        waits=mail.waits + 1,
        lease_until=None,
        due_at=due_at,
        error=reason,
    )


def withdrawn(mail: OutboxMail, reason: str) -> OutboxMail:
    """Cancel a mail that no longer holds; one that may have been sent stays UNKNOWN."""
    is_counted = mail.state == "SENDING" and not mail.preparing
    attempts = mail.attempts - 1 if is_counted else mail.attempts
    return replace(
        _done(mail, "UNKNOWN" if mail.unknown_at else "CANCELLED", reason), attempts=attempts
    )


def put_back(mail: OutboxMail, now: datetime) -> OutboxMail:
    """Return a mail from a backup as one that never leaves: it may have left since.

    A later decision may revive a CANCELLED one, as always.
    """
    if mail.state == "SENDING" and not mail.preparing:
        mail = unknown(mail, now, RESTORED)
    elif mail.state in ("PENDING", "SENDING"):
        mail = withdrawn(mail, RESTORED)
    return replace(mail, waiting=False)


def forgotten(mail: OutboxMail) -> OutboxMail:
    """Drop the facts that quote the answer: its person was erased."""
    return replace(mail, subject=None, comment_digest=None)


def is_same_claim(stored: OutboxMail, claim: OutboxMail) -> bool:
    """Whether the claim still holds, at the same step, even if the mail was written since.

    Claims differ in their counts: a lost claim has ended, and the next one counts one more.
    """
    return stored.state == "SENDING" and _counts(stored) == _counts(claim)


def revived(mail: OutboxMail, now: datetime, due_at: datetime, task_id: str | None) -> OutboxMail:
    """Restore a cancelled mail: it holds again, and has reached no one."""
    return replace(
        mail,
        state="PENDING",
        waiting=True,
        created_at=now,
        due_at=due_at,
        planned_at=due_at,
        task_id=task_id,
        attempts=0,
        waits=0,
        deaths=0,
        error=None,
    )


def _done(mail: OutboxMail, state: MailState, error: str | None) -> OutboxMail:
    return replace(
        mail,
        state=state,
        waiting=False,
        preparing=False,
        lease_until=None,
        due_at=mail.planned_at,
        error=error,
    )


def _counts(mail: OutboxMail) -> tuple[int, int, int, bool]:
    return mail.attempts, mail.waits, mail.deaths, mail.preparing
