"""The mail about one low score: the first one, and the one about a comment that came later."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal

from nps_core.mails.about_answer import AboutAnswer, account_now, contact_at, gone, still_there
from nps_core.mails.kind import Cancel, Stores
from nps_core.mails.parts.account import (
    NOT_MATCHED,
    account_block,
    account_lines,
    account_of,
    numbers_of,
    short_account_of,
    why_numbers,
)
from nps_core.mails.parts.layout import pairs, wrapped
from nps_core.mails.parts.next_step import Step, next_step
from nps_core.mails.parts.sanitize import clean_line, clean_text, has_long_word, reads_right_to_left
from nps_core.mails.parts.wording import (
    SUBJECT_LIMIT,
    contact_of,
    day,
    moment,
    plural,
    short_contact_of,
    short_due,
    why_you,
)
from nps_core.numbers.account_numbers import AccountView
from nps_core.outbox.mail_states import OutboxMail
from nps_core.scoring import Direction, categorize

Effect = Literal["detractor", "comment"]

_WORTH_QUOTING = 12  # a shorter quote of the comment in the subject is useless
_ARROWS = {"up": "\u25b2", "down": "\u25bc", "same": "="}
_DIRECTIONS = {
    "up": "Up since last time",
    "down": "Down since last time",
    "same": "Same as last time",
}


def verdict(found: AboutAnswer) -> Cancel | None:
    """Cancel a mail about a score that is no longer low."""
    if (held := gone(found)) is not None:
        return held
    if found.answer is not None and found.answer.is_detractor:
        return None
    return Cancel("the score is not low any more")


def compose(
    mail: OutboxMail, found: AboutAnswer, stores: Stores, now: datetime, effect: Effect
) -> "LowScoreMail | None":
    left = still_there(mail, found, stores)
    if left is None:
        return None
    answer, score, task = left
    account = account_now(answer, stores, now)
    contact = contact_at(answer, stores.ledgers)
    return LowScoreMail(
        effect=effect,
        score=score,
        changed_from=answer.previous_score,
        previous_score=contact.previous_score if contact else None,
        previous_at=contact.previous_at if contact else None,
        direction=contact.direction if contact else "first",
        comment=answer.text,
        contact_email=answer.email,
        contact_id=answer.end_user_id or answer.external_id,
        account=account,
        answered_at=answer.answered_at,
        task_id=task.task_id,
        due_at=task.due_at,
        other_answers=len(set(task.answers) - {answer.key}),
        owner=mail.to,
        owner_reason=task.owner_reason,
    )


@dataclass(frozen=True)
class LowScoreMail:
    """One low score to act on, or the comment that followed a score already mailed."""

    template: ClassVar[str] = "low_score.html.j2"

    effect: Effect
    score: int
    changed_from: int | None  # the score of the same answer before it was edited
    previous_score: int | None  # the score of the contact's answer before this one
    previous_at: datetime | None
    direction: Direction
    comment: str | None
    contact_email: str | None
    contact_id: str | None
    account: AccountView
    answered_at: datetime
    task_id: str
    due_at: datetime
    other_answers: int  # further answers on the same task
    owner: str
    owner_reason: str

    def subject(self) -> str:
        """Score, person and account, as much of the comment as fits, then the due time."""
        score = f"{self.score}/10"
        if self.changed_from is not None:
            score += f" (was {self.changed_from})"
        if self.effect == "comment":
            score = f"Comment on {score}"
        who = short_contact_of(self.contact_email, self.contact_id)
        head = f"{score} from {who}, {short_account_of(self.account) or 'no account yet'}"
        tail = f" - call by {short_due(self.due_at, self.answered_at)}"
        return head + self._quoted(SUBJECT_LIMIT - len(head) - len(tail)) + tail

    def preheader(self) -> str:
        """When to act, then everything that the subject had to leave out."""
        name = account_of(self.account)
        where = f"{name}: {numbers_of(self.account)}" if name else "Not matched to an account yet"
        return f"By {moment(self.due_at)}. {self._direction()[1]}. {where}."

    def html_values(self) -> dict[str, Any]:
        arrow, direction = self._direction()
        comment = clean_text(self.comment)
        return {
            "score": self.score,
            "tone": categorize(self.score),
            "contact": contact_of(self.contact_email, self.contact_id),
            "account": account_block(self.account),
            "answered": moment(self.answered_at),
            "arrow": arrow,
            "direction": direction,
            "edit": self._edit(),
            "is_follow_up": self.effect == "comment",
            "step": self._next_step(),
            "due": moment(self.due_at),
            "paragraphs": [part.split("\n") for part in comment.split("\n\n")] if comment else [],
            "comment_dir": "rtl" if reads_right_to_left(comment) else "ltr",
            "has_long_word": has_long_word(comment),
            "why": self._why(),
            "task_id": clean_line(self.task_id),
        }

    def text_lines(self) -> list[str]:
        edit = self._edit()
        return [
            f"{self.score}/10 {categorize(self.score).upper()}",
            f"From:      {contact_of(self.contact_email, self.contact_id)}",
            f"Account:   {account_of(self.account) or NOT_MATCHED}",
            f"Answered:  {moment(self.answered_at)}",
            f"Direction: {self._direction()[1]}",
            *([f"Edited:    {edit}"] if edit else []),
            "",
            f"DO THIS NEXT, by {moment(self.due_at)}:",
            *wrapped(str(self._next_step()), "  "),
            "",
            *self._comment_lines(),
            *account_lines(self.account),
            *pairs(self._why()),
            "",
            f"NPS Loop, task {clean_line(self.task_id)}",
        ]

    def _quoted(self, room: int) -> str:
        room -= len(': ""')
        if room < _WORTH_QUOTING:
            return ""
        words = clean_line(self.comment, room)
        return f': "{words}"' if words else ", no comment yet"

    def _comment_lines(self) -> list[str]:
        comment = clean_text(self.comment)
        if not comment:
            return ["No comment (yet).", ""]
        title = "NEW COMMENT" if self.effect == "comment" else "COMMENT"
        quoted = [line for part in comment.split("\n") for line in wrapped(part, "> ") or [">"]]
        return [title, *quoted, ""]

    def _direction(self) -> tuple[str, str]:
        """Return how the contact's score moved since the previous answer: an arrow and words."""
        if self.direction == "first":
            return "\u25cf", "First answer from this contact"
        on = f" on {day(self.previous_at)}" if self.previous_at else ""
        before = f" ({self.previous_score}/10{on})" if self.previous_score is not None else ""
        return _ARROWS[self.direction], _DIRECTIONS[self.direction] + before

    def _edit(self) -> str | None:
        if self.changed_from is None:
            return None
        return f"Changed from {self.changed_from} to {self.score} in the same survey"

    def _next_step(self) -> Step:
        return next_step(self.contact_email, self.contact_id, account_of(self.account))

    def _why(self) -> tuple[tuple[str, str], ...]:
        you = why_you(self.owner, self.owner_reason)
        return (you, ("Why now", self._why_now()), *why_numbers(self.account))

    def _why_now(self) -> str:
        if self.effect == "comment":
            return (
                "You were mailed about this score when it had no comment. The comment came later; "
                "this is the only follow-up about it."
            )
        rule = "A score of 0 to 6 is a detractor"
        if self.other_answers:
            others = plural(self.other_answers, "other answer")
            return f"{rule}. The account already has an open task; it now holds this and {others}."
        return f"{rule}, and every live one gets a task with an owner."
