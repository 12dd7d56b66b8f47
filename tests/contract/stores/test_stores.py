"""One suite for every store: the in-memory fakes, moto, and DynamoDB Local behave the same."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nps_core import keys
from nps_core.answers.models import UNMATCHED, Answer
from nps_core.keys import AnswerKey
from nps_core.numbers.account_numbers import AccountView, fold_account
from nps_core.numbers.ledger import Ledger, Vote
from nps_testing.factories import NOW, make_answer
from nps_testing.stacks.environment import TOKEN
from nps_testing.stacks.stores import Stores, stores

__all__ = ["stores"]  # the fixture


VOTES = {
    f"{TOKEN}#1": Vote(7, 1_772_471_704_120, 9, f"{TOKEN}:7001", ("Acme", None)),
    f"{TOKEN}#2": Vote(8, 1_772_471_704_121, None, "", ()),
    f"{TOKEN}#3": Vote(9, gone=True),
}


MARCH, APRIL = keys.ledger("acme", "2026-03"), keys.ledger("acme", "2026-04")


ANSWERS = [
    pytest.param(make_answer(), id="plain"),
    pytest.param(
        make_answer(
            score=0,
            text="Gr\u00f6\u00dfe \U0001f600\n",
            properties={"n": 1, "f": 1.5, "big": 2**80, "b": False, "s": "", "0": "x"},
            extra={"nested": {"list": [1, None, {"x": 0.1}]}, "null": None},
            tags=("A", "B"),
            notes=("called",),
            completed=True,
            excluded=True,
            deleted=True,
            erased=True,
            is_unknown_user=True,
            rest_at=NOW,
            previous_score=10,
            event_rank=1,
            source="sync",
        ),
        id="everything",
    ),
    pytest.param(
        make_answer(
            kind="decline",
            score=None,
            email=None,
            external_id=None,
            end_user_id=None,
            account_id=None,
            account_name=None,
            owner=None,
            survey_id=None,
            origin_url=None,
            properties={},
            completed=False,
            metric_known=False,
        ),
        id="nearly nothing",
    ),
]


class TestAnswerStore:
    @pytest.mark.parametrize("answer", ANSWERS)
    def test_answer__is_read_as_it_was_written(self, stores: Stores, answer: Answer) -> None:
        assert stores.answers.put(answer, None)
        assert stores.answers.get(answer.key) == answer
        assert stores.answers.get_many([answer.key]) == {answer.key: answer}

    def test_absent_answer__is_none(self, stores: Stores) -> None:
        assert stores.answers.get(make_answer().key) is None
        assert stores.answers.get_many([make_answer().key]) == {}
        assert stores.answers.get_many([]) == {}

    def test_answers__of_three_hundred_keys_are_read_at_once(self, stores: Stores) -> None:
        written = [make_answer(id=n) for n in range(0, 300, 2)]
        for answer in written:
            assert stores.answers.put(answer, None)
        wanted = [make_answer(id=n).key for n in range(300)]
        found = stores.answers.get_many([*wanted, *wanted])
        assert found == {answer.key: answer for answer in written}

    def test_keys__tell_wootric_accounts_and_kinds_apart(self, stores: Stores) -> None:
        stores.answers.put(make_answer(), None)
        assert stores.answers.get(AnswerKey("NPS-EU-1", "response", "500001")) is None
        assert stores.answers.get(AnswerKey(TOKEN, "decline", "500001")) is None

    @pytest.mark.parametrize("expected", [None, 4, 6])
    def test_put__on_another_rev_writes_nothing(self, stores: Stores, expected: int | None) -> None:
        stored = make_answer(rev=5)
        assert stores.answers.put(stored, None)
        assert not stores.answers.put(make_answer(rev=9, score=10), expected)
        assert stores.answers.get(stored.key) == stored

    def test_put__on_its_rev_replaces_everything(self, stores: Stores) -> None:
        stores.answers.put(make_answer(rev=5, tags=("A",), previous_score=1), None)
        assert stores.answers.put(make_answer(rev=6, text="new"), 5)
        assert stores.answers.get(make_answer().key) == make_answer(rev=6, text="new")

    def test_put__of_an_update_needs_a_stored_answer(self, stores: Stores) -> None:
        assert not stores.answers.put(make_answer(rev=6), 5)
        assert stores.answers.get(make_answer().key) is None


DAY = datetime(2026, 3, 2, tzinfo=UTC)


class TestAnswersByDay:
    def test_between__yields_the_half_open_range_by_time_across_days(self, stores: Stores) -> None:
        inside = {
            "1": DAY,
            "2": DAY + timedelta(milliseconds=1),
            "3": DAY + timedelta(hours=23, minutes=59, seconds=59, milliseconds=999),
            "4": DAY + timedelta(days=1),
            "5": DAY + timedelta(days=2, milliseconds=499),
        }
        outside = {
            "6": DAY - timedelta(milliseconds=1),
            "7": DAY + timedelta(days=2, milliseconds=500),
            "8": DAY + timedelta(days=2, seconds=1),
        }
        for id_, at in {**outside, **inside}.items():
            stores.answers.put(make_answer(id=id_, answered_at=at), None)
        end = DAY + timedelta(days=2, milliseconds=500)
        found = list(stores.answers.between(TOKEN, "response", DAY, end))
        assert [(one.key.id, one.answered_at) for one in found] == list(inside.items())
        assert list(stores.answers.between(TOKEN, "response", end, end)) == []

    def test_between__tells_kinds_and_wootric_accounts_apart(self, stores: Stores) -> None:
        stores.answers.put(make_answer(answered_at=DAY), None)
        later = DAY + timedelta(days=1)
        assert list(stores.answers.between(TOKEN, "decline", DAY, later)) == []
        assert list(stores.answers.between("NPS-EU-1", "response", DAY, later)) == []

    @pytest.mark.parametrize("answer", ANSWERS)
    def test_between__tells_what_counts_and_what_is_gone(
        self, stores: Stores, answer: Answer
    ) -> None:
        stores.answers.put(answer, None)
        later = answer.answered_at + timedelta(milliseconds=1)
        kind = answer.key.kind
        (found,) = stores.answers.between(TOKEN, kind, answer.answered_at, later)
        assert found.score == (answer.score if answer.is_counted else None)
        assert found[3:] == (answer.end_user_id, answer.deleted, answer.erased)

    def test_between__follows_an_edit(self, stores: Stores) -> None:
        stores.answers.put(make_answer(answered_at=DAY, rev=5), None)
        stores.answers.put(make_answer(answered_at=DAY, rev=6, score=9), 5)
        (found,) = stores.answers.between(TOKEN, "response", DAY, DAY + timedelta(seconds=1))
        assert found.score == 9


class TestLedgerStore:
    def test_absent_ledger__is_empty_at_version_0(self, stores: Stores) -> None:
        assert stores.ledgers.get_many([MARCH]) == {MARCH: Ledger()}
        assert stores.ledgers.get_many([]) == {}
        assert list(stores.ledgers.months("acme", "0")) == []

    @pytest.mark.parametrize("is_split", [False, True])
    def test_ledger__is_read_as_it_was_written_one_version_on(
        self, stores: Stores, is_split: bool
    ) -> None:
        assert stores.ledgers.put(MARCH, Ledger(VOTES, 0, is_split))
        assert stores.ledgers.get_many([MARCH, MARCH, APRIL]) == {
            MARCH: Ledger(VOTES, 1, is_split),
            APRIL: Ledger(),
        }

    @pytest.mark.parametrize("version", [0, 2])
    def test_put__on_another_version_writes_nothing(self, stores: Stores, version: int) -> None:
        assert stores.ledgers.put(MARCH, Ledger(VOTES))
        assert not stores.ledgers.put(MARCH, Ledger({}, version))
        assert stores.ledgers.get_many([MARCH])[MARCH] == Ledger(VOTES, 1)

    def test_put__of_an_update_needs_a_stored_ledger(self, stores: Stores) -> None:
        assert not stores.ledgers.put(MARCH, Ledger(VOTES, 1))
        assert stores.ledgers.get_many([MARCH])[MARCH] == Ledger()

    def test_put__on_its_version_replaces_the_votes(self, stores: Stores) -> None:
        stores.ledgers.put(MARCH, Ledger(VOTES))
        assert stores.ledgers.put(MARCH, Ledger({}, 1))
        assert stores.ledgers.get_many([MARCH])[MARCH] == Ledger({}, 2)

    def test_months__are_those_of_the_account_from_the_first_on(self, stores: Stores) -> None:
        refs = [
            keys.ledger("acme", "2025-12"),
            MARCH,
            keys.ledger("acme", "2026-03", 4),
            APRIL,
            keys.ledger("acme-2", "2026-03"),
            keys.ledger(UNMATCHED, "2026-03"),
            keys.contact("acme", f"{TOKEN}:7001"),
        ]
        for number, ref in enumerate(refs):
            stores.ledgers.put(ref, Ledger({str(number): Vote(1)}))
        found = [list(ledger.votes) for ledger in stores.ledgers.months("acme", "2026-03")]
        assert found == [["1"], ["2"], ["3"]]
        assert len(list(stores.ledgers.months("acme", "0"))) == 4
        assert len(list(stores.ledgers.months(UNMATCHED, "0"))) == 1

    def test_ledgers__of_an_account_are_its_months_and_contacts(self, stores: Stores) -> None:
        refs = [MARCH, keys.ledger("acme", "2026-03", 4), keys.contact("acme", f"{TOKEN}:7")]
        for ref in [*refs, keys.ledger("acme-2", "2026-03")]:
            stores.ledgers.put(ref, Ledger(VOTES))
        found = dict(stores.ledgers.of_account("acme"))
        assert found == dict.fromkeys(refs, Ledger(VOTES, 1))
        assert list(stores.ledgers.of_account("none")) == []

    def test_ledgers__of_two_hundred_keys_are_read_at_once(self, stores: Stores) -> None:
        refs = [keys.contact("acme", str(n)) for n in range(200)]
        for ref in refs[::2]:
            stores.ledgers.put(ref, Ledger(VOTES))
        found = stores.ledgers.get_many(refs)
        assert [ref for ref in refs if found[ref].version] == refs[::2]
        assert list(found) == refs


def _view(account_id: str = "acme", **changes: object) -> AccountView:
    at = datetime(2026, 3, 2, 17, 16, 0, 5_000, UTC)
    view = fold_account(account_id, VOTES, at, 180)
    return replace(view, **changes)  # type: ignore[arg-type]  # one factory, many fields


class TestSummaryStore:
    def test_absent_summary__is_none_at_version_0(self, stores: Stores) -> None:
        assert stores.summaries.get_versioned("acme") == (None, 0)

    @pytest.mark.parametrize(
        "view",
        [
            _view(),
            _view(UNMATCHED, name=None, owner=None, account_class=None, last_answered_at=None),
            fold_account("Gr\u00f6\u00dfe & S\u00f6hne", {}, NOW, 30),
        ],
        ids=["full", "without labels", "without answers"],
    )
    def test_summary__is_read_as_it_was_written(self, stores: Stores, view: AccountView) -> None:
        assert stores.summaries.put(view, 0)
        assert stores.summaries.get_versioned(view.account_id) == (view, 1)
        assert stores.summaries.get_versioned("other") == (None, 0)

    @pytest.mark.parametrize("version", [0, 2])
    def test_put__on_another_version_writes_nothing(self, stores: Stores, version: int) -> None:
        stores.summaries.put(_view(), 0)
        assert not stores.summaries.put(_view(name="new"), version)
        assert stores.summaries.get_versioned("acme") == (_view(), 1)

    def test_put__on_its_version_replaces_the_summary(self, stores: Stores) -> None:
        stores.summaries.put(_view(), 0)
        assert stores.summaries.put(_view(name=None), 1)
        assert stores.summaries.get_versioned("acme") == (_view(name=None), 2)

    def test_put__of_an_update_needs_a_stored_summary(self, stores: Stores) -> None:
        assert not stores.summaries.put(_view(), 1)


def test_view__of_the_samples_is_not_trivial() -> None:
    assert _view().all.n == 1
    assert _view().valid_until == _view().last_answered_at + timedelta(days=180)  # type: ignore[operator]  # has one answer
