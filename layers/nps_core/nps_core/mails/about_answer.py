"""Data for the mails about an answer: the answer, its task, its contact and its account."""

from dataclasses import dataclass, replace
from datetime import datetime

from nps_core import keys
from nps_core.answers.models import Answer
from nps_core.follow_up.models import Task
from nps_core.keys import AnswerKey
from nps_core.mails.kind import Cancel, Stores
from nps_core.numbers.account_numbers import AccountView, ContactView, fold_account, fold_contact
from nps_core.numbers.current import account_votes
from nps_core.numbers.ledger import Ledger, Vote, account_vote, contact_vote, join, vote_id
from nps_core.numbers.ports import LedgerRef, LedgerStore
from nps_core.outbox.mail_states import OutboxMail, mail_key


@dataclass(frozen=True, slots=True)
class AboutAnswer:
    """The current answer.

    `first` is the low-score mail to the same person, which a follow-up depends on.
    """

    answer: Answer | None
    first: OutboxMail | None = None


def look_up(mail: OutboxMail, stores: Stores) -> AboutAnswer:
    return AboutAnswer(stores.answers.get(_answer_of(mail)))


def look_up_with_first(mail: OutboxMail, stores: Stores) -> AboutAnswer:
    """Read the answer, and the first mail about it to the same person."""
    key = _answer_of(mail)
    answer = stores.answers.get(key)
    return AboutAnswer(answer, stores.follow_up.mail(mail_key(key, "detractor", mail.to)))


def gone(found: AboutAnswer) -> Cancel | None:
    """Cancel a mail whose answer no longer counts or whose person was erased."""
    if found.answer is None or not found.answer.is_counted:
        return Cancel("the answer does not count any more")
    return Cancel("its person was erased") if found.answer.erased else None


def still_there(
    mail: OutboxMail, found: AboutAnswer, stores: Stores
) -> tuple[Answer, int, Task] | None:
    """Return the answer, its score and its task; None if one is gone or the person was erased."""
    answer = found.answer
    if answer is None or answer.score is None or answer.erased:
        return None
    task = stores.follow_up.task(mail.task_id) if mail.task_id else None
    return (answer, answer.score, task) if task else None


def account_now(answer: Answer, stores: Stores, now: datetime) -> AccountView:
    """Return the account's numbers, this answer included even if the rollup lags."""
    votes: dict[str, Vote] = {}
    if answer.account_id is not None:
        known = account_votes(stores.ledgers, answer.account_id, now, stores.window_days)
        own = {vote_id(answer): account_vote(answer)}
        votes = join([Ledger(known), Ledger(own)])
    view = fold_account(answer.ledger_account, votes, now, stores.window_days)
    return replace(view, name=answer.account_name or view.name)


def contact_at(answer: Answer, ledgers: LedgerStore) -> ContactView | None:
    """Compare this answer with the contact's previous one, ignoring later ones."""
    own = {vote_id(answer): contact_vote(answer)}
    known: dict[LedgerRef, Ledger] = {}
    if not answer.is_anonymous:
        contacts = (answer.contact_key, answer.former_contact_key)
        refs = [keys.contact(answer.ledger_account, contact) for contact in contacts if contact]
        known = ledgers.get_many(refs)
    votes = join([*known.values(), Ledger(own)])
    last = (own[vote_id(answer)].answered_ms, vote_id(answer))
    until = {key: vote for key, vote in votes.items() if (vote.answered_ms, key) <= last}
    return fold_contact(answer.account_id, until)


def _answer_of(mail: OutboxMail) -> AnswerKey:
    if mail.answer is None:
        raise ValueError("a mail about an answer names the answer")
    return mail.answer
