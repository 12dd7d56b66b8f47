"""Fill a mail with what is known now: the answer, its task, its contact and its account."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nps_core import keys
from nps_core.answers.models import UNMATCHED, Answer
from nps_core.follow_up.models import Task
from nps_core.follow_up.rules import LIVE_FOR
from nps_core.mails.model import (
    AccountNumbers,
    BackfillMail,
    CredentialsMail,
    DetractorMail,
    Mail,
    ScoreRaisedMail,
    TrendPoint,
)
from nps_core.numbers.account_numbers import AccountView, ContactView, fold_account, fold_contact
from nps_core.numbers.current import account_votes, read_company
from nps_core.numbers.ledger import Ledger, Vote, account_vote, contact_vote, join, vote_id
from nps_core.numbers.ports import LedgerRef, LedgerStore
from nps_core.outbox.mail_states import OutboxMail
from nps_core.times import from_iso


@dataclass(frozen=True, slots=True)
class Composer:
    """Builds what `mail.render` renders. Reads only."""

    ledgers: LedgerStore
    window_days: int

    def about_answer(self, mail: OutboxMail, answer: Answer, task: Task, now: datetime) -> Mail:
        """Return the mail about an answer."""
        if answer.score is None:
            raise ValueError("an answer without a score has no mail")
        account = self._account(answer, now)
        contact_id = answer.end_user_id or answer.external_id
        if mail.kind == "score_raised":
            old_score = mail.facts.get("old_score", answer.previous_score)
            return ScoreRaisedMail(
                old_score=old_score,
                new_score=answer.score,
                contact_email=answer.email,
                contact_id=contact_id,
                account=account,
                answered_at=answer.answered_at,
                task_id=task.task_id,
                owner=mail.to,
                owner_reason=task.owner_reason,
            )
        contact = self._contact(answer)
        return DetractorMail(
            effect="comment" if mail.kind == "comment" else "detractor",
            score=answer.score,
            changed_from=answer.previous_score,
            previous_score=contact.previous_score if contact else None,
            previous_at=contact.previous_at if contact else None,
            direction=contact.direction if contact else "first",
            comment=answer.text,
            contact_email=answer.email,
            contact_id=contact_id,
            account=account,
            answered_at=answer.answered_at,
            task_id=task.task_id,
            due_at=task.due_at,
            other_answers=len(set(task.answers) - {answer.key}),
            owner=mail.to,
            owner_reason=task.owner_reason,
        )

    def about_backfill(
        self, mail: OutboxMail, views: Collection[AccountView], now: datetime
    ) -> Mail:
        """Return the mail about the first sync; the facts were written by the sync itself."""
        company = read_company(views, self.ledgers, now, self.window_days)
        facts: dict[str, Any] = dict(mail.facts)
        unmatched = sum(view.all.n for view in views if view.account_id == UNMATCHED)
        return BackfillMail(
            account_token=str(facts["account_token"]),
            started_at=from_iso(facts["started_at"]),
            ended_at=from_iso(facts["ended_at"]),
            window_from=from_iso(facts["window_from"]),
            window_to=from_iso(facts["window_to"]),
            responses=facts.get("responses", 0),
            declines=facts.get("declines", 0),
            quarantined=facts.get("quarantined", 0),
            requests=facts.get("requests", 0),
            accounts=sum(view.account_id != UNMATCHED for view in views),
            unmatched=unmatched,
            promoters=company.all.promoters,
            passives=company.all.passives,
            detractors=company.all.detractors,
            nps_rounded=company.all.nps_rounded,
            owner=mail.to,
        )

    def about_credentials(self, mail: OutboxMail) -> Mail:
        """Return the mail about refused credentials; the sync wrote all that is known of them."""
        facts: dict[str, Any] = dict(mail.facts)
        since = from_iso(facts["since"]) if facts.get("since") else None
        return CredentialsMail(
            account_token=str(facts["account_token"]),
            host=str(facts["host"]),
            failed_at=from_iso(facts["failed_at"]),
            since=since,
            alerts_until=since + LIVE_FOR if since else None,
            error=str(facts["error"]),
            owner=mail.to,
        )

    def _account(self, answer: Answer, now: datetime) -> AccountNumbers:
        """Return the account's numbers with this answer in, even if the rollup is behind."""
        votes: dict[str, Vote] = {}
        if answer.account_id is not None:
            known = account_votes(self.ledgers, answer.account_id, now, self.window_days)
            own = {vote_id(answer): account_vote(answer)}
            votes = join([Ledger(known), Ledger(own)])
        view = fold_account(answer.ledger_account, votes, now, self.window_days)
        return AccountNumbers(
            account_id=answer.account_id,
            name=answer.account_name or view.name,
            window_days=self.window_days,
            n=view.all.n,
            promoters=view.all.promoters,
            passives=view.all.passives,
            detractors=view.all.detractors,
            nps=view.all.nps,
            nps_rounded=view.all.nps_rounded,
            trend=tuple(TrendPoint(p.month, p.counts.n, p.counts.nps) for p in view.trend),
            account_class=view.account_class,
            class_reason=view.class_reason,
        )

    def _contact(self, answer: Answer) -> ContactView | None:
        """Return how this answer compares with the contact's one before, whatever came later."""
        own = {vote_id(answer): contact_vote(answer)}
        known: dict[LedgerRef, Ledger] = {}
        if not answer.is_anonymous:
            known = self.ledgers.get_many([keys.contact(answer.ledger_account, answer.contact_key)])
        votes = join([*known.values(), Ledger(own)])
        last = (own[vote_id(answer)].answered_ms, vote_id(answer))
        until = {key: vote for key, vote in votes.items() if (vote.answered_ms, key) <= last}
        return fold_contact(answer.account_id, until)
