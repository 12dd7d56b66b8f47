"""What the ledgers and the summary of an account must be, by its answers, and what differs. Pure.

A ledger that was read before its answers never knows more than they do. So where a vote and its
answer differ, either the change is still in the stream, or the vote is wrong.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from nps_core import keys
from nps_core.answers.contacts import as_of_today
from nps_core.answers.models import Answer
from nps_core.numbers.account_numbers import (
    AccountView,
    ContactView,
    fold_account,
    fold_contact,
)
from nps_core.numbers.current import account_votes, is_current
from nps_core.numbers.ledger import Ledger, Vote, Votes, join, vote_id
from nps_core.numbers.ports import LedgerRef
from nps_core.numbers.votes import touched
from nps_core.numbers.writing import item_of
from nps_core.times import iso

_AT_ONCE = 100
_NAMES = {
    "month": ("account_name", "owner"),
    "contact": ("email", "end_user_id"),
}
"""What the labels of a vote are, by the kind of its ledger."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One vote or summary that is not what the answers say. It names no person.

    `fields` are the names of what differs. `stored` and `right` hold numbers and times only.
    """

    kind: str
    account_id: str
    ledger: str
    month: str | None
    vote: str | None
    fields: tuple[str, ...]
    stored: Mapping[str, Any] | None
    right: Mapping[str, Any] | None
    is_recent: bool
    """The answer was written moments ago, so that its vote may still be on its way."""


@dataclass(slots=True)
class Truth:
    """The votes of one account as its answers give them."""

    account_id: str
    months: dict[str, Votes] = field(default_factory=lambda: defaultdict(dict))
    contacts: dict[str, Votes] = field(default_factory=lambda: defaultdict(dict))
    revs: dict[str, int] = field(default_factory=dict)
    """Of every answer that was looked up, in whatever account it is."""
    unknown: set[str] = field(default_factory=set)
    """Answers that are stored, but cannot be read."""

    def add(self, answers: Collection[Answer]) -> None:
        """Take answers of any account; those of another one only tell that they are elsewhere."""
        self.revs |= {vote_id(answer): answer.rev for answer in answers}
        found = touched((None, one) for one in answers if one.ledger_account == self.account_id)
        for (_, month), votes in found.months.items():
            self.months[month] |= _as_stored(votes)
        for (_, sk), votes in found.contacts.items():
            self.contacts[_contact(sk)] |= _as_stored(votes)

    def ledgers(self) -> "Kept":
        """Return the ledgers of an account that has these votes and never had others."""
        kept = Kept(self.account_id, {})
        return kept.with_votes(_wanted(self))


@dataclass(frozen=True, slots=True)
class Kept:
    """The ledgers of one account, stored or planned."""

    account_id: str
    items: Mapping[LedgerRef, Ledger]

    def months(self, _account_id: str, first_month: str) -> Iterable[Ledger]:
        low, high = f"{keys.LEDGER_PREFIX}{first_month}", f"{keys.LEDGER_PREFIX}~"
        return [one for (_, sk), one in sorted(self.items.items()) if low <= sk <= high]

    def groups(self) -> Mapping["Group", list[LedgerRef]]:
        """Return the items that are read as one: the parts of a month, the keys of a contact."""
        found: dict[Group, list[LedgerRef]] = defaultdict(list)
        for ref in sorted(self.items):
            found[_group(ref[1])].append(ref)
        return found

    def with_votes(self, wanted: Mapping["Group", Votes]) -> "Kept":
        """Return the ledgers with exactly these votes, in every item that has a vote's id."""
        items, groups = dict(self.items), self.groups()
        for group, votes in wanted.items():
            refs = groups.get(group, [])
            for ref in refs:
                if held := {key: vote for key, vote in votes.items() if key in items[ref].votes}:
                    items[ref] = items[ref].with_votes(held)
            # In small steps: a month may be split on the way.
            new = [key for key in votes if not any(key in items[ref].votes for ref in refs)]
            for start in range(0, len(new), _AT_ONCE):
                some = new[start : start + _AT_ONCE]
                for ref, placed in self._homes(group, some, items).items():
                    ledger = items.get(ref, Ledger())
                    items[ref] = ledger.with_votes({key: votes[key] for key in placed})
        return replace(self, items=items)

    def _homes(
        self, group: "Group", new: Iterable[str], items: Mapping[LedgerRef, Ledger]
    ) -> Mapping[LedgerRef, list[str]]:
        homes: dict[LedgerRef, list[str]] = defaultdict(list)
        kind, name = group
        base = items.get(keys.ledger(self.account_id, name), Ledger())
        for key in new:
            month = (self.account_id, name)
            ref = item_of(month, key, base) if kind == "month" else keys.contact(*month)
            homes[ref].append(key)
        return homes


Group = tuple[str, str]
"""("month", month) or ("contact", contact as of today)."""


def plan(kept: Kept, truth: Truth) -> Kept:
    """Return the ledgers as they must be: only votes that differ change."""
    wanted: dict[Group, Votes] = defaultdict(dict)
    for group, key, stored, right in _unequal(kept, truth):
        if right is None and stored is not None:
            rev = truth.revs.get(key, stored.rev + 1)
            wanted[group][key] = Vote(rev=max(rev, stored.rev), gone=True)
        elif right is not None:
            wanted[group][key] = right
    return kept.with_votes(wanted)


def changed(before: Kept, after: Kept) -> Mapping[LedgerRef, Ledger]:
    """Return the items that differ."""
    return {ref: one for ref, one in after.items.items() if before.items.get(ref) != one}


def differing_votes(kept: Kept, truth: Truth, recent_ms: int) -> list[Difference]:
    """Return the votes that differ; those of an answer with a later rev than that are recent."""
    return [
        Difference(
            kind=_kind(key, stored, right, truth),
            account_id=kept.account_id,
            ledger=group[0],
            month=group[1] if group[0] == "month" else None,
            vote=key,
            fields=_differing(stored, right, group[0]),
            stored=_shown(stored),
            right=_shown(right),
            is_recent=truth.revs.get(key, 0) > recent_ms,
        )
        for group, key, stored, right in _unequal(kept, truth)
    ]


def differing_summary(
    view: AccountView | None, truth: Truth, now: datetime, window_days: int, recent_ms: int
) -> list[Difference]:
    """Return the summary if readers would show it and it is not the fold of the right votes.

    A summary that time has overtaken is never shown: readers fold the ledgers.
    """
    right = fold(truth.ledgers(), now, window_days)
    if view is None and not truth.months:
        return []
    if view is not None and not is_current(view, now, window_days):
        return []
    names = [one.name for one in fields(AccountView) if one.name != "as_of"]
    fields_ = [n for n in names if view is None or getattr(view, n) != getattr(right, n)]
    if not fields_:
        return []
    return [
        Difference(
            kind="wrong_summary",
            account_id=truth.account_id,
            ledger="summary",
            month=None,
            vote=None,
            fields=tuple(fields_) if view else (),
            stored=_numbers(view) if view else None,
            right=_numbers(right),
            is_recent=any(rev > recent_ms for rev in truth.revs.values()),
        )
    ]


def fold(kept: Kept, now: datetime, window_days: int) -> AccountView:
    """Fold the account's numbers as the rollup and every reader do."""
    votes = account_votes(kept, kept.account_id, now, window_days)
    return fold_account(kept.account_id, votes, now, window_days)


def is_proven(planned: Kept, truth: Truth, now: datetime, window_days: int) -> bool:
    """Whether all numbers folded from the ledgers equal those folded from the answers alone.

    They must be without an answer that cannot be read: what its vote should be is unknown.
    """
    alone = truth.ledgers()
    same = fold(planned, now, window_days) == fold(alone, now, window_days)
    return same and _contacts(planned) == _contacts(alone) and not truth.unknown


def _contacts(kept: Kept) -> dict[str, ContactView]:
    folds = {
        name: fold_contact(kept.account_id, join(kept.items[ref] for ref in refs))
        for (kind, name), refs in kept.groups().items()
        if kind == "contact"
    }
    return {name: view for name, view in folds.items() if view is not None}


def _unequal(kept: Kept, truth: Truth) -> Iterator[tuple[Group, str, Vote | None, Vote | None]]:
    """Yield every vote that differs, with its stored and its right version (None: no vote)."""
    wanted, groups = _wanted(truth), kept.groups()
    for group in sorted(groups.keys() | wanted.keys()):
        have = join(kept.items[ref] for ref in groups.get(group, ()))
        must = wanted.get(group, {})
        for key in sorted(have.keys() | must.keys()):
            stored, right = have.get(key), must.get(key)
            is_absent = stored is None or stored.gone
            if key not in truth.unknown and stored != right and not (is_absent and right is None):
                yield group, key, stored, right


def _wanted(truth: Truth) -> dict[Group, Votes]:
    months = {("month", name): votes for name, votes in truth.months.items()}
    return months | {("contact", name): votes for name, votes in truth.contacts.items()}


def _kind(key: str, stored: Vote | None, right: Vote | None, truth: Truth) -> str:
    if right is None:
        return "misplaced_vote" if key in truth.revs else "orphaned_vote"
    return "missing_vote" if stored is None or stored.gone else "stale_vote"


def _differing(stored: Vote | None, right: Vote | None, ledger: str) -> tuple[str, ...]:
    if stored is None or right is None or stored.gone:
        return ()
    names = {"rev": "rev", "answered_ms": "answered_at", "score": "score", "contact": "contact"}
    plain = [shown for n, shown in names.items() if getattr(stored, n) != getattr(right, n)]
    pairs = zip(_NAMES[ledger], _labels(stored), _labels(right), strict=True)
    return (*plain, *(name for name, one, other in pairs if one != other))


def _labels(vote: Vote) -> tuple[str | None, ...]:
    return (*vote.labels, None, None)[:2]


def _as_stored(votes: Mapping[str, Vote]) -> Votes:
    """Return the votes as a ledger gives them back: an empty label is none."""
    return {
        key: replace(vote, labels=tuple(text or None for text in vote.labels))
        for key, vote in votes.items()
    }


def _shown(vote: Vote | None) -> Mapping[str, Any] | None:
    if vote is None or vote.gone:
        return None
    return {"score": vote.score, "answered_at": iso(vote.answered_at), "rev": vote.rev}


def _numbers(view: AccountView) -> Mapping[str, Any]:
    return {
        "n": view.all.n,
        "nps_rounded": view.all.nps_rounded,
        "latest_n": view.latest.n,
        "latest_nps_rounded": view.latest.nps_rounded,
        "class": view.account_class,
    }


def _group(sk: str) -> Group:
    if sk.startswith(keys.CONTACT_PREFIX):
        return "contact", _contact(sk)
    return "month", sk.removeprefix(keys.LEDGER_PREFIX).partition("#")[0]


def _contact(sk: str) -> str:
    return as_of_today(sk.removeprefix(keys.CONTACT_PREFIX))
