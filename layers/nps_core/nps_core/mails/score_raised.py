"""`score_raised`: the contact raised a score that was mailed, so no action is left."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from nps_core.follow_up.models import ScoreRaisedFacts
from nps_core.mails.about_answer import (
    AboutAnswer,
    account_now,
    gone,
    look_up_with_first,
    still_there,
)
from nps_core.mails.kind import Cancel, Kind, Stores, Verdict, Wait
from nps_core.mails.parts.account import (
    NOT_MATCHED,
    account_block,
    account_lines,
    account_of,
    short_account_of,
)
from nps_core.mails.parts.layout import pairs
from nps_core.mails.parts.sanitize import clean_line
from nps_core.mails.parts.wording import contact_of, moment, short_contact_of, why_you
from nps_core.numbers.account_numbers import AccountView
from nps_core.outbox.mail_states import OutboxMail
from nps_core.scoring import categorize


@dataclass(frozen=True)
class ScoreRaisedMail:
    """The score before and after; the task is closed."""

    template: ClassVar[str] = "score_raised.html.j2"

    old_score: int
    new_score: int
    contact_email: str | None
    contact_id: str | None
    account: AccountView
    answered_at: datetime
    task_id: str
    owner: str
    owner_reason: str

    @property
    def comment(self) -> None:
        """The mail quotes no comment."""

    def subject(self) -> str:
        """The good news comes first."""
        account = short_account_of(self.account)
        where = f", {account}" if account else ""
        who = short_contact_of(self.contact_email, self.contact_id)
        return f"Nothing to do: {self.old_score}/10 is now {self.new_score}/10 from {who}{where}"

    def preheader(self) -> str:
        return "The task is closed as score_raised. There is nothing to do."

    def html_values(self) -> dict[str, Any]:
        return {
            "score": self.new_score,
            "old_score": self.old_score,
            "tone": categorize(self.new_score),
            "contact": contact_of(self.contact_email, self.contact_id),
            "account": account_block(self.account),
            "answered": moment(self.answered_at),
            "why": (why_you(self.owner, self.owner_reason),),
            "task_id": clean_line(self.task_id),
        }

    def text_lines(self) -> list[str]:
        return [
            f"{self.old_score}/10 IS NOW {self.new_score}/10 ({categorize(self.new_score)})",
            f"From:      {contact_of(self.contact_email, self.contact_id)}",
            f"Account:   {account_of(self.account) or NOT_MATCHED}",
            f"Answered:  {moment(self.answered_at)}",
            "",
            "There is nothing to do. The task is closed as score_raised.",
            "",
            *account_lines(self.account),
            *pairs((why_you(self.owner, self.owner_reason),)),
            "",
            f"NPS Loop, task {clean_line(self.task_id)}",
        ]


def _verdict(_mail: OutboxMail, found: AboutAnswer) -> Verdict:
    if (held := gone(found)) is not None:
        return held
    if found.answer is not None and found.answer.is_detractor:
        return Cancel("the score is low again")
    if found.first is None or found.first.state in ("CANCELLED", "FAILED"):
        return Cancel("there was no mail that it would correct")
    return Wait("the first mail is not settled") if found.first.waiting else None


def _compose(
    mail: OutboxMail, found: AboutAnswer, stores: Stores, now: datetime
) -> ScoreRaisedMail | None:
    left = still_there(mail, found, stores)
    if left is None:
        return None
    answer, score, task = left
    posted = ScoreRaisedFacts.of(mail).old_score
    old_score = answer.previous_score if posted is None else posted
    if old_score is None:
        return None
    return ScoreRaisedMail(
        old_score=old_score,
        new_score=score,
        contact_email=answer.email,
        contact_id=answer.end_user_id or answer.external_id,
        account=account_now(answer, stores, now),
        answered_at=answer.answered_at,
        task_id=task.task_id,
        owner=mail.to,
        owner_reason=task.owner_reason,
    )


SCORE_RAISED = Kind("score_raised", look_up_with_first, _verdict, _compose)
