"""Votes and ledgers of before contacts had kinds: nobody is two people, and no two are one."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from nps_core import keys
from nps_core.answers.models import Answer
from nps_core.answers.removal import erased
from nps_core.mails.about_answer import contact_at
from nps_core.numbers.account_numbers import fold_account, fold_contact
from nps_core.numbers.ledger import Ledger, Votes, decode, join, joined_contacts
from nps_core.numbers.ports import LedgerRef
from nps_core.numbers.votes import touched
from nps_testing import samples
from nps_testing.factories import NOW, make_answer
from nps_testing.fakes.stores import InMemoryLedgerStore

ACCOUNT = "c-118"
PEOPLE: dict[str, dict[str, Any]] = {
    "an end user": {},
    "an external id": {"end_user_id": None, "external_id": "u-42", "email": None},
    "an address": {"end_user_id": None, "external_id": None, "email": "ben@acme.example"},
    "an address as id": {"end_user_id": None, "external_id": "cy@acme.example", "email": None},
}
SAME_NUMBER = {"end_user_id": None, "external_id": "7001", "email": None}
"""A person whose external id is the number of another one's end user id."""


def _of_before() -> InMemoryLedgerStore:
    """Ledgers as an earlier version wrote them: one answer of each of PEOPLE, one of a stranger."""
    store = InMemoryLedgerStore()
    for item in samples.older_items():
        if item["pk"] == f"ACCT#{ACCOUNT}":
            ledger = Ledger(decode(item["votes"]), int(item["version"]))
            store.ledgers[keys.StateKey(item["pk"], item["sk"])] = ledger
    return store


def _apply(store: InMemoryLedgerStore, changes: Iterable[tuple[Answer | None, Answer]]) -> None:
    found = touched(changes)
    new: dict[LedgerRef, Votes] = {
        keys.ledger(*month): votes for month, votes in found.months.items()
    }
    for ref, votes in {**new, **found.contacts}.items():
        store.put(ref, store.get_many([ref])[ref].merged(votes))


def _people(store: InMemoryLedgerStore) -> list[int]:
    """The latest score of each contact."""
    ledgers = joined_contacts(
        (sk.removeprefix("CONTACT#"), ledger)
        for (_, sk), ledger in sorted(store.ledgers.items())
        if sk.startswith("CONTACT#")
    )
    views = [fold_contact(ACCOUNT, ledger.votes) for ledger in ledgers]
    return sorted(view.latest_score for view in views if view)


def _latest(store: InMemoryLedgerStore) -> int:
    votes = join(store.months(ACCOUNT, "0"))
    return fold_account(ACCOUNT, votes, NOW, 180).latest.n


def _first_answers() -> list[Answer]:
    """The answers behind the stored ledgers."""
    at = NOW - timedelta(days=3)
    scores = (9, 3, 8, 2)
    return [
        make_answer(id=number, rev=number, answered_at=at, score=score, **who)
        for number, (score, who) in enumerate(zip(scores, PEOPLE.values(), strict=True), 1)
    ]


def _next_answers() -> list[Answer]:
    return [
        make_answer(id=10 + number, rev=100, answered_at=NOW, score=7, **who)
        for number, who in enumerate(PEOPLE.values())
    ]


def test_old_votes__count_each_contact_as_before() -> None:
    store = _of_before()
    assert _latest(store) == 5  # one of them a stranger
    assert _people(store) == [2, 3, 8, 9]


def test_old_and_new_votes__of_one_person_are_one_contact() -> None:
    store = _of_before()
    _apply(store, [(None, answer) for answer in _next_answers()])
    assert _latest(store) == 5
    assert _people(store) == [7, 7, 7, 7]


def test_external_id__that_is_anothers_end_user_id_is_another_contact() -> None:
    store = _of_before()
    other = make_answer(id=20, rev=100, answered_at=NOW, score=1, **SAME_NUMBER)
    _apply(store, [(None, other)])
    assert _latest(store) == 6
    assert _people(store) == [1, 2, 3, 8, 9]


@pytest.mark.parametrize("number", range(4))
def test_old_vote__that_is_rewritten_counts_once(number: int) -> None:
    store, old = _of_before(), _first_answers()[number]
    _apply(store, [(old, replace(old, score=10, rev=100))])
    assert _latest(store) == 5
    left = sorted({2, 3, 8, 9} - {old.score})
    assert _people(store) == [*left, 10]


def test_old_vote__of_an_address_leaves_no_address_in_its_former_ledger_when_rewritten() -> None:
    store, old = _of_before(), _first_answers()[2]
    ref = keys.contact(ACCOUNT, f"{old.key.account_token}:ben@acme.example")
    assert "ben@acme.example" in str(store.ledgers[ref].votes)
    _apply(store, [(old, replace(old, score=10, rev=100))])
    assert "ben@acme.example" not in str(store.ledgers[ref].votes)


@pytest.mark.parametrize("number", range(4))
def test_erasure__of_an_answer_changes_no_number_and_leaves_no_identity(number: int) -> None:
    store = _of_before()
    _apply(store, [(None, answer) for answer in _next_answers()])
    before = _latest(store), _people(store)
    for answers in _both():
        answer = answers[number]
        _apply(store, [(answer, erased(answer, NOW + timedelta(days=1)))])
        assert (_latest(store), _people(store)) == before
    identity = tuple(PEOPLE.values())[number].get("email") or "u-42"
    _assert_gone(identity if number else "ana@acme.example", store, of=number)


def _assert_gone(identity: str, store: InMemoryLedgerStore, of: int) -> None:
    """No vote of the person has the identity any more, in no ledger."""
    ids = {f"{answers[of].key.account_token}#{answers[of].key.id}" for answers in _both()}
    for ledger in store.ledgers.values():
        for key, vote in ledger.votes.items():
            assert key not in ids or identity not in repr(vote)


def _both() -> tuple[list[Answer], list[Answer]]:
    return _first_answers(), _next_answers()


@pytest.mark.parametrize("number", range(4))
def test_mail__knows_the_previous_score_from_a_former_ledger(number: int) -> None:
    view = contact_at(_next_answers()[number], _of_before())
    assert view is not None
    assert view.previous_score == _first_answers()[number].score


def test_month_ledger__rewritten_by_this_version_names_no_address() -> None:
    store = _of_before()
    _apply(store, [(None, answer) for answer in _next_answers()])
    assert "@" not in str([vote.contact for vote in join(store.months(ACCOUNT, "0")).values()])
