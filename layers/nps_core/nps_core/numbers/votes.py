"""The ledgers and votes that a change of an answer touches. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nps_core import keys
from nps_core.answers.models import Answer, Change
from nps_core.numbers.ledger import Vote, Votes, account_vote, contact_vote, is_newer, vote_id

AccountMonth = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Touched:
    """New votes per (account, month) and per contact ledger (pk, sk)."""

    months: Mapping[AccountMonth, Votes]
    contacts: Mapping[tuple[str, str], Votes]

    @property
    def accounts(self) -> list[str]:
        """Accounts whose summary must be folded again, in a fixed order."""
        return sorted({account for account, _ in self.months})


def touched(changes: Iterable[Change]) -> Touched:
    """Turn changes into votes: a live vote where the answer is, a tombstone where it was.

    Within the changes the highest rev of an answer wins, as in the ledger itself.
    """
    months: dict[AccountMonth, Votes] = defaultdict(dict)
    contacts: dict[tuple[str, str], Votes] = defaultdict(dict)
    for old, new in changes:
        if old is not None and old.key.kind == "response":
            gone = Vote(rev=new.rev if new else old.rev + 1, gone=True)
            if new is None or _month(old) != _month(new):
                _add(months[_month(old)], old, gone)
            if not old.is_anonymous and (new is None or _contact(old) != _contact(new)):
                _add(contacts[_contact(old)], old, gone)
            if old.former_contact_key:
                former = keys.contact(old.ledger_account, old.former_contact_key)
                _add(contacts[former], old, gone)
        if new is not None and new.key.kind == "response":
            _add(months[_month(new)], new, account_vote(new))
            if not new.is_anonymous:
                _add(contacts[_contact(new)], new, contact_vote(new))
    return Touched(dict(months), dict(contacts))


def _month(answer: Answer) -> AccountMonth:
    return answer.ledger_account, keys.month_of(answer.answered_at)


def _contact(answer: Answer) -> tuple[str, str]:
    return keys.contact(answer.ledger_account, answer.contact_key)


def _add(votes: Votes, answer: Answer, vote: Vote) -> None:
    if is_newer(vote, votes.get(vote_id(answer))):
        votes[vote_id(answer)] = vote
