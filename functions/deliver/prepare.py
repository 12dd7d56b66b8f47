"""Look at what a due mail is about, as it is now, and render it if it is still true."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from deliver.verdict import Cancel, Wait, judge, judge_credentials
from nps_core.answers.ports import AnswerStore
from nps_core.connections.ports import Profiles
from nps_core.follow_up.ports import FollowUpStore
from nps_core.mails.compose import Composer
from nps_core.mails.model import RenderedMail
from nps_core.mails.render import render
from nps_core.numbers.account_numbers import AccountView
from nps_core.outbox.mail_states import OutboxMail, mail_key

_MAX_WAITS = 10


@dataclass(frozen=True, slots=True)
class Prepared:
    """A mail ready to be sent, and the comment that it shows."""

    mail: RenderedMail
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Preparer:
    """Reads and renders, writes nothing."""

    answers: AnswerStore
    follow_up: FollowUpStore
    summaries: Callable[[], Iterable[AccountView]]
    profiles: Profiles
    composer: Composer

    def prepare(self, mail: OutboxMail, now: datetime) -> Prepared | Cancel | Wait:
        """Return the mail as it should go now, or why it should not.

        A claimed mail is prepared after its claim: a comment that is stored later then sees that
        the mail has left, and follows it.
        """
        if mail.kind == "credentials":
            return self._credentials(mail)
        return self._backfill(mail, now) if mail.kind == "backfill" else self._answer(mail, now)

    def _answer(self, mail: OutboxMail, now: datetime) -> Prepared | Cancel | Wait:
        if mail.answer is None or mail.task_id is None:
            raise ValueError("a mail about an answer names the answer and its task")
        answer = self.answers.get(mail.answer)
        first = None
        if mail.kind != "detractor":
            first = self.follow_up.mail(mail_key(mail.answer, "detractor", mail.to))
        held = judge(mail, answer, first)
        if held is not None:
            return held
        task = self.follow_up.task(mail.task_id)
        if answer is None or task is None:
            raise ValueError("a mail about an answer has a task")
        ready = self.composer.about_answer(mail, answer, task, now)
        return Prepared(render(ready), None if mail.kind == "score_raised" else answer.text)

    def _backfill(self, mail: OutboxMail, now: datetime) -> Prepared | Wait:
        views = list(self.summaries())
        if not views and mail.facts.get("responses") and mail.waits < _MAX_WAITS:
            return Wait("the rollup has not begun")
        return Prepared(render(self.composer.about_backfill(mail, views, now)))

    def _credentials(self, mail: OutboxMail) -> Prepared | Cancel:
        ok_at = self.profiles.credentials_ok_at(mail.facts["account_token"])
        return judge_credentials(mail, ok_at) or Prepared(
            render(self.composer.about_credentials(mail))
        )
