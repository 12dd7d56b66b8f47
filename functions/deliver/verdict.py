"""Whether a due mail is still true, looked at just before it is sent. Pure."""

from dataclasses import dataclass
from datetime import datetime

from nps_core.answers.models import Answer
from nps_core.outbox.mail_states import OutboxMail, digest_of
from nps_core.times import from_iso


@dataclass(frozen=True, slots=True)
class Cancel:
    """Do not send it, ever."""

    reason: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Not yet: look again in a minute."""

    reason: str


Verdict = Cancel | Wait | None


def judge(mail: OutboxMail, answer: Answer | None, first: OutboxMail | None) -> Verdict:
    """Return why the mail must not go now; None when it may.

    `first` is the mail about the low score itself to the same person, which a follow-up depends on.
    """
    if answer is None or not answer.is_counted:
        return Cancel("the answer does not count any more")
    if answer.erased:
        return Cancel("its person was erased")
    if mail.kind == "score_raised":
        return _judge_note(answer, first)
    if not answer.is_detractor:
        return Cancel("the score is not low any more")
    return _judge_comment(answer, first) if mail.kind == "comment" else None


def judge_credentials(mail: OutboxMail, ok_at: datetime | None) -> Cancel | None:
    """Return why a mail about refused credentials must not go; `ok_at`: the latest login."""
    if ok_at is not None and ok_at > from_iso(mail.facts["failed_at"]):
        return Cancel("the credentials work again")
    return None


def _judge_note(answer: Answer, first: OutboxMail | None) -> Verdict:
    if answer.is_detractor:
        return Cancel("the score is low again")
    if first is None or first.state in ("CANCELLED", "FAILED"):
        return Cancel("there was no mail that it would correct")
    return Wait("the first mail is not settled") if first.waiting else None


def _judge_comment(answer: Answer, first: OutboxMail | None) -> Verdict:
    if digest_of(answer.text) is None:
        return Cancel("the comment is gone")
    if first is not None and first.waiting:
        return Wait("the first mail is not settled")
    if first is not None and first.comment_digest is not None:
        return Cancel("the first mail had the comment")
    return None
