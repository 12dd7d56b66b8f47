"""`backfill`: the result of the first load of a connected survey account. Sent once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from nps_core.answers.models import UNMATCHED
from nps_core.mails.kind import Kind, Stores, Verdict, Wait
from nps_core.mails.parts.account import counts_line, counts_of, headline_of
from nps_core.mails.parts.layout import pairs, wrapped
from nps_core.mails.parts.sanitize import clean_line
from nps_core.mails.parts.wording import day, moment, plural
from nps_core.numbers.account_numbers import AccountView
from nps_core.numbers.current import read_company
from nps_core.outbox.facts import Facts, Moment
from nps_core.outbox.mail_states import OutboxMail, due_now
from nps_core.scoring import Counts

_MAX_WAITS = 10
_WHAT_HAPPENS_NOW = (
    "New answers now arrive by themselves. A live score of 0 to 6 opens a task for the owner "
    "of its account, who gets a mail within minutes."
)


class BackfillFacts(Facts):
    """The sync's counts of what it read."""

    run_id: str | None = None
    account_token: str
    window_from: Moment
    window_to: Moment
    started_at: Moment
    ended_at: Moment
    responses: int = 0
    declines: int = 0
    quarantined: int = 0
    requests: int = 0


def backfill_mail(to: str, facts: BackfillFacts, now: datetime) -> OutboxMail:
    """Return the one mail about the backfill of an account, due at once."""
    return due_now(f"backfill#{facts.account_token}", BACKFILL.name, to, facts.plain(), now)


@dataclass(frozen=True)
class BackfillMail:
    """The sync's counts, and the numbers that the rollup made of them."""

    template: ClassVar[str] = "backfill.html.j2"

    facts: BackfillFacts
    accounts: int
    unmatched: int
    company: Counts
    owner: str

    @property
    def comment(self) -> None:
        """The mail quotes no comment."""

    def subject(self) -> str:
        headline = headline_of(self.company)
        score = f", NPS {headline}" if headline else ""
        answers = plural(self.facts.responses, "answer")
        accounts = plural(self.accounts, "account")
        return f"History is in: {answers}, {accounts}{score} - nobody was alerted"

    def preheader(self) -> str:
        return "Nobody was alerted about history. Three steps come next."

    def html_values(self) -> dict[str, Any]:
        return {
            "headline": headline_of(self.company),
            "basis": plural(self.company.n, "counted answer"),
            "counts": counts_of(self.company),
            "facts": self._rows(),
            "steps": self._steps(),
            "owner": clean_line(self.owner, 254),
            "what_happens_now": _WHAT_HAPPENS_NOW,
        }

    def text_lines(self) -> list[str]:
        headline = headline_of(self.company)
        score = f"NPS {headline}" if headline else "Too few answers for an NPS"
        return [
            "YOUR WOOTRIC HISTORY IS IN",
            "Nobody was alerted about it: no mail was sent and no task was opened.",
            "",
            f"{score}, from {plural(self.company.n, 'counted answer')}",
            counts_line(self.company),
            "",
            *pairs(self._rows()),
            "",
            "WHAT HAPPENS NOW",
            *wrapped(_WHAT_HAPPENS_NOW),
            "",
            "NEXT THREE STEPS",
            *(
                line
                for number, step in enumerate(self._steps(), 1)
                for line in wrapped(f"{number}. {step}", "", "   ")
            ),
            "",
            f"NPS Loop, sent once to {clean_line(self.owner, 254)}, who connected the account",
        ]

    def _rows(self) -> tuple[tuple[str, str], ...]:
        """List the results as (name, value) pairs."""
        facts = self.facts
        minutes = max(1, round((facts.ended_at - facts.started_at).total_seconds() / 60))
        aside = (
            "none"
            if facts.quarantined == 0
            else f"{plural(facts.quarantined, 'record')} that could not be read; kept, not counted"
        )
        return (
            ("Wootric account", clean_line(facts.account_token)),
            ("Period", f"{day(facts.window_from)} to {day(facts.window_to)}"),
            ("Answers", f"{facts.responses:,}"),
            ("Declined surveys", f"{facts.declines:,}"),
            ("Accounts", f"{self.accounts:,}"),
            ("Answers without account", f"{self.unmatched:,}"),
            ("Set aside", aside),
            ("Finished", f"{moment(facts.ended_at)}, after {plural(minutes, 'minute')}"),
            ("Requests to Wootric", f"{facts.requests:,}"),
        )

    def _steps(self) -> tuple[str, str, str]:
        """Return three suggested steps after a backfill, the most useful first."""
        match = (
            f"Match the {plural(self.unmatched, 'answer')} without an account: nps directory "
            "import takes a list of who belongs where. The account numbers follow by themselves."
            if self.unmatched
            else "Compare three accounts you know well with Wootric. Every number should agree."
        )
        owners = (
            "Check the owners. Alerts of an account without one go to the fallback owner, "
            "who has to pass them on."
        )
        doctor = (
            "Have nps doctor check the webhook, the mail sender and the schedules, "
            "so that the next unhappy customer reaches you within minutes."
        )
        return match, owners, doctor


def _look_up(_mail: OutboxMail, stores: Stores) -> list[AccountView]:
    return list(stores.summaries())


def _verdict(mail: OutboxMail, found: list[AccountView]) -> Verdict:
    if not found and mail.waits < _MAX_WAITS and BackfillFacts.of(mail).responses:
        return Wait("the rollup has not begun")
    return None


def _compose(
    mail: OutboxMail, found: list[AccountView], stores: Stores, now: datetime
) -> BackfillMail:
    company = read_company(found, stores.ledgers, now, stores.window_days)
    return BackfillMail(
        facts=BackfillFacts.of(mail),
        accounts=sum(view.account_id != UNMATCHED for view in found),
        unmatched=sum(view.all.n for view in found if view.account_id == UNMATCHED),
        company=company.all,
        owner=mail.to,
    )


BACKFILL = Kind("backfill", _look_up, _verdict, _compose)
