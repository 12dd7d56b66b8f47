"""Rollup's arithmetic: whatever the stream delivers, the ledgers equal a recompute."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nps_core import keys
from nps_core.answers.models import UNMATCHED, Answer, Change
from nps_core.keys import AnswerKey
from nps_core.numbers.account_numbers import fold_account, fold_contact
from nps_core.numbers.ledger import Ledger, Vote, join
from nps_core.numbers.votes import touched
from nps_testing.factories import make_answer
from nps_testing.stacks.environment import TOKEN

AS_OF = datetime(2026, 3, 2, 17, 16, tzinfo=UTC)
ANA = f"{TOKEN}:7001"
VOTE = f"{TOKEN}#500001"


def _old_and_new(**change: Any) -> Change:
    return make_answer(rev=10), make_answer(rev=11, **change)


def test_insert__votes_in_the_month_and_at_the_contact() -> None:
    found = touched([(None, make_answer(rev=10))])
    assert found.months[("c-118", "2026-03")][VOTE].score == 3
    assert found.contacts[keys.contact("c-118", ANA)][VOTE].score == 3
    assert found.accounts == ["c-118"]


def test_edit__votes_anew_in_the_same_ledgers_only() -> None:
    found = touched([_old_and_new(score=9)])
    assert {key: votes[VOTE].score for key, votes in found.months.items()} == {
        ("c-118", "2026-03"): 9
    }
    assert len(found.contacts) == 1


def test_account_move__leaves_a_tombstone_behind() -> None:
    found = touched([_old_and_new(account_id="c-200")])
    assert found.months[("c-118", "2026-03")][VOTE] == Vote(11, gone=True)
    assert found.months[("c-200", "2026-03")][VOTE].score == 3
    assert found.contacts[keys.contact("c-118", ANA)][VOTE] == Vote(11, gone=True)
    assert found.contacts[keys.contact("c-200", ANA)][VOTE].score == 3
    assert found.accounts == ["c-118", "c-200"]


def test_month_move__leaves_a_tombstone_in_the_month_but_not_at_the_contact() -> None:
    found = touched([_old_and_new(answered_at=datetime(2026, 2, 28, tzinfo=UTC))])
    assert found.months[("c-118", "2026-03")][VOTE].gone
    assert not found.months[("c-118", "2026-02")][VOTE].gone
    assert [votes[VOTE].gone for votes in found.contacts.values()] == [False]


def test_contact_change__leaves_a_tombstone_at_the_contact() -> None:
    found = touched([_old_and_new(end_user_id="7002")])
    assert found.contacts[keys.contact("c-118", ANA)][VOTE].gone
    assert found.contacts[keys.contact("c-118", f"{TOKEN}:7002")][VOTE].score == 3


def test_removal__leaves_tombstones_everywhere() -> None:
    found = touched([(make_answer(rev=10), None)])
    assert found.months == {("c-118", "2026-03"): {VOTE: Vote(11, gone=True)}}
    assert found.contacts == {keys.contact("c-118", ANA): {VOTE: Vote(11, gone=True)}}


def test_unmatched_and_anonymous_answer__has_a_month_but_no_contact() -> None:
    anonymous = make_answer(
        account_id=None, email=None, external_id=None, is_unknown_user=True, rev=10
    )
    for change in ((None, anonymous), (anonymous, None)):
        found = touched([change])
        assert list(found.months) == [(UNMATCHED, "2026-03")]
        assert found.contacts == {}


def test_decline__votes_nowhere() -> None:
    decline = make_answer(kind="decline", score=None)
    assert touched([(None, decline), (decline, decline), (decline, None)]).months == {}


def test_batch__keeps_the_newest_version_in_any_order() -> None:
    first, second = make_answer(rev=10), make_answer(rev=11, score=9)
    for changes in ([(None, first), (first, second)], [(first, second), (None, first)]):
        assert touched(changes).months[("c-118", "2026-03")][VOTE].score == 9


class Stores:
    """Ledgers as the rollup keeps them."""

    def __init__(self) -> None:
        self.months: dict[tuple[str, str], Ledger] = {}
        self.contacts: dict[tuple[str, str], Ledger] = {}

    def apply(self, changes: Iterable[Change]) -> "Stores":
        found = touched(changes)
        for month, votes in found.months.items():
            self.months[month] = self.months.get(month, Ledger()).merged(votes)
        for contact, votes in found.contacts.items():
            self.contacts[contact] = self.contacts.get(contact, Ledger()).merged(votes)
        return self

    def live(self) -> dict[tuple[str, str], dict[str, Vote]]:
        every = {**self.months, **self.contacts}
        kept = {
            key: {name: vote for name, vote in ledger.votes.items() if not vote.gone}
            for key, ledger in every.items()
        }
        return {key: votes for key, votes in kept.items() if votes}


states = st.none() | st.fixed_dictionaries(
    {
        "account_id": st.sampled_from(["acme", "beta", None]),
        "end_user_id": st.sampled_from(["7001", "7002", None]),
        "answered_at": st.sampled_from(
            [AS_OF, AS_OF - timedelta(days=30), AS_OF - timedelta(days=181)]
        ),
        "score": st.integers(0, 10),
        "excluded": st.booleans(),
        "deleted": st.booleans(),
        "metric": st.sampled_from(["NPS", "NPS", "CSAT"]),
    }
)


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[Answer], list[list[Change]]]:
    """The final answers, and batches of stream records: reordered, repeated, each at least once."""
    final: list[Answer] = []
    records: list[Change] = []
    for answer_id in range(draw(st.integers(1, 4))):
        old, rev = None, 1_000
        for state in draw(st.lists(states, min_size=1, max_size=5)):
            rev += draw(st.integers(1, 3))
            key = AnswerKey(TOKEN, "response", str(answer_id))
            new = None
            if state is not None:
                new = make_answer(key=key, email=None, external_id=None, rev=rev, **state)
            if old is not None or new is not None:
                records.append((old, new))
            old = new
        if old is not None:
            final.append(old)
    repeated = draw(st.lists(st.sampled_from(records), max_size=6)) if records else []
    shuffled = draw(st.permutations(records + repeated))
    size = draw(st.integers(1, 5))
    return final, [shuffled[n : n + size] for n in range(0, len(shuffled), size)]


@given(streams())
def test_ledgers__equal_a_recompute_whatever_the_stream_does(
    drawn: tuple[list[Answer], list[list[Change]]],
) -> None:
    final, batches = drawn
    stores = Stores()
    for batch in batches:
        stores.apply(batch)
    assert stores.live() == Stores().apply((None, answer) for answer in final).live()


@given(streams())
def test_numbers__equal_those_of_the_final_answers(
    drawn: tuple[list[Answer], list[list[Change]]],
) -> None:
    final, batches = drawn
    stores = Stores()
    for batch in batches:
        stores.apply(batch)
    for account in ("acme", "beta", UNMATCHED):
        votes = join(ledger for (name, _), ledger in stores.months.items() if name == account)
        view = fold_account(account, votes, AS_OF, 180)
        mine = [a for a in final if a.ledger_account == account and a.is_counted]
        inside = [a for a in mine if a.answered_at >= AS_OF - timedelta(days=180)]
        assert view.all.n == len(inside)
        assert view.all.detractors == sum(a.is_detractor for a in inside)
        assert view.latest.n == len({a.contact_key for a in inside})
        assert view.last_answered_at == max((a.answered_at for a in mine), default=None)


@given(streams())
def test_contacts__equal_those_of_the_final_answers(
    drawn: tuple[list[Answer], list[list[Change]]],
) -> None:
    final, batches = drawn
    stores = Stores()
    for batch in batches:
        stores.apply(batch)
    for account in ("acme", "beta", UNMATCHED):
        for contact in (ANA, f"{TOKEN}:7002"):
            ledger = stores.contacts.get(keys.contact(account, contact), Ledger())
            mine = [
                a
                for a in final
                if a.is_counted and (a.ledger_account, a.contact_key) == (account, contact)
            ]
            view = fold_contact(account, ledger.votes)
            latest = max(mine, key=lambda a: (a.answered_at, a.key.id), default=None)
            assert (view.latest_score if view else None) == (latest.score if latest else None)
