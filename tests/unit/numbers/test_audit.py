"""Ledgers and summaries that have lost or gained changes, compared with their answers."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest

from nps_core import keys
from nps_core.answers.models import Answer, Change
from nps_core.keys import AnswerKey
from nps_core.numbers import ledger as ledger_module
from nps_core.numbers.current import read_account
from nps_core.numbers.ledger import Ledger, Vote, account_vote, vote_id
from nps_core.numbers.ports import LedgerRef
from nps_core.numbers.repair import Found, NumbersRepair
from nps_testing import recompute
from nps_testing.factories import NOW, make_answer
from nps_testing.fakes.stores import (
    InMemoryAnswerStore,
    InMemoryLedgerStore,
    InMemorySummaryStore,
)
from rollup.service import Rollup

LATER = NOW + timedelta(hours=1)


class World:
    """Answers, and numbers that some of their changes never reach."""

    def __init__(self) -> None:
        self.answers = InMemoryAnswerStore()
        self.ledgers, self.summaries = InMemoryLedgerStore(), InMemorySummaryStore()
        self.slept: list[float] = []
        self.unreadable: set[AnswerKey] = set()
        self.now = LATER

    def write(self, answer: Answer, *, is_lost: bool = False) -> Answer:
        before = self.answers.get(answer.key)
        self.answers.put(answer, before.rev if before else None)
        if not is_lost:
            self.roll([(before, answer)])
        return answer

    def roll(self, changes: Collection[Change], at: datetime = NOW) -> None:
        Rollup(self.ledgers, self.summaries, 180).apply(changes, at)

    def repair(self, ledgers: InMemoryLedgerStore | None = None,
               sleep: Callable[[float], None] | None = None) -> NumbersRepair:  # fmt: skip
        return NumbersRepair(ledgers or self.ledgers, self.summaries, self._lookup, 180,
                             lambda: self.now, sleep or self.slept.append)  # fmt: skip

    def check(self, account: str = "c-118") -> Found:
        return self.repair().check(account, self.listed(account))

    def listed(self, account: str = "c-118") -> list[AnswerKey]:
        return [one.key for one in self.answers if one.ledger_account == account]

    def kinds(self, account: str = "c-118") -> list[tuple[str, str]]:
        return [(one.kind, one.ledger) for one in self.check(account).settled]

    def rebuild(self, account: str = "c-118") -> None:
        found = self.check(account)
        assert self.repair().proves(found)
        self.repair().repair(found, self.listed(account))

    def shown(self, account: str = "c-118") -> int:
        view = read_account(self.summaries, self.ledgers, account, self.now, 180)
        return view.all.n if view else 0

    def _lookup(
        self, wanted: Sequence[AnswerKey]
    ) -> tuple[Collection[Answer], Collection[AnswerKey]]:
        found = self.answers.get_many([key for key in wanted if key not in self.unreadable])
        return list(found.values()), [key for key in wanted if key in self.unreadable]


@pytest.fixture
def world() -> World:
    return World()


def edited(answer: Answer, **values: object) -> Answer:
    return replace(answer, rev=answer.rev + 1, **values)  # type: ignore[arg-type]


def test_right_numbers__have_no_difference(world: World) -> None:
    first = world.write(make_answer(id=1, score=9))
    world.write(make_answer(id=2, score=3, end_user_id=None, external_id=None, email=None))
    world.write(edited(first, account_id="c-200"))
    assert world.kinds() == world.kinds("c-200") == world.kinds("none") == []


def test_lost_move_and_replay__counts_twice_until_rebuilt(world: World) -> None:
    moved = edited(world.write(make_answer(score=9)), account_id="c-200")
    world.write(moved, is_lost=True)
    world.roll([(None, moved)])  # what `nps replay` does
    assert (world.shown(), world.shown("c-200")) == (1, 1)
    assert world.kinds() == [
        *(("misplaced_vote", "contact"), ("misplaced_vote", "month"), ("wrong_summary", "summary")),
    ]
    assert world.kinds("c-200") == []
    world.rebuild()
    assert (world.shown(), world.shown("c-200")) == (0, 1)
    assert world.kinds() == world.kinds("c-200") == []


def test_lost_insert__is_missing(world: World) -> None:
    world.write(make_answer(score=9), is_lost=True)
    assert [kind for kind, _ in world.kinds()] == ["missing_vote", "missing_vote", "wrong_summary"]
    world.rebuild()
    assert (world.shown(), world.kinds()) == (1, [])


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"score": 2}, ("rev", "score")),
        ({"excluded": True}, ("rev", "score")),
        ({"deleted": True}, ("rev", "score")),
        ({"owner": "new@example.com"}, ("rev", "owner")),
        ({"text": "only the comment"}, ("rev",)),
    ],
)
def test_lost_edit__is_stale_and_named_without_a_person(
    world: World, change: dict[str, object], names: tuple[str, ...]
) -> None:
    world.write(edited(world.write(make_answer(score=9)), **change), is_lost=True)
    (vote,) = (one for one in world.check().settled if one.ledger == "month")
    assert (vote.kind, vote.fields) == ("stale_vote", names)
    assert "@" not in repr([(one.stored, one.right, one.vote) for one in world.check().settled])
    world.rebuild()
    assert world.kinds() == []


def test_month_that_changed_unseen__leaves_a_tombstone_in_the_old_month(world: World) -> None:
    before = world.write(make_answer(score=9))
    world.write(edited(before, answered_at=NOW - timedelta(days=40)), is_lost=True)
    assert ("misplaced_vote", "month") in world.kinds()
    assert ("missing_vote", "month") in world.kinds()
    world.rebuild()
    assert (world.shown(), world.kinds()) == (1, [])


def test_answer_that_is_not_stored__has_no_vote(world: World) -> None:
    world.write(make_answer(id=1, score=9))
    world.write(make_answer(id=2, score=9))
    world.answers.forget(["1"])
    assert [kind for kind, _ in world.kinds()] == [
        "orphaned_vote",
        "orphaned_vote",
        "wrong_summary",
    ]
    world.rebuild()
    assert (world.shown(), world.kinds()) == (1, [])


def test_vote_ahead_of_its_answer__follows_an_answer_that_was_restored(world: World) -> None:
    old = world.write(make_answer(score=9))
    world.write(edited(old, score=1))
    world.answers.forget([old.key.id])
    world.write(old, is_lost=True)
    assert ("stale_vote", "month") in world.kinds()
    world.rebuild()
    assert world.kinds() == []
    world.write(edited(old, score=8))
    assert world.kinds() == []


def test_answer_that_cannot_be_read__is_left_alone_and_not_proven(world: World) -> None:
    one = world.write(make_answer(score=9))
    world.unreadable.add(one.key)
    found = world.check()
    assert [each for each in found.settled if each.vote] == []
    assert found.planned == found.kept
    assert not world.repair().proves(found)


def test_summary_that_is_wrong_alone__is_folded_again(world: World) -> None:
    world.write(make_answer(score=9))
    view, version = world.summaries.get_versioned("c-118")
    assert view is not None
    world.summaries.put(replace(view, all=replace(view.all, promoters=5)), version)
    assert world.kinds() == [("wrong_summary", "summary")]
    world.rebuild()
    assert (world.shown(), world.kinds()) == (1, [])


def test_answer_of_the_last_minutes__is_looked_at_again_and_is_no_difference(world: World) -> None:
    world.now = NOW + timedelta(minutes=1)
    answer = world.write(make_answer(score=9), is_lost=True)
    found = world.check()
    assert (found.settled, len(found.recent), world.slept) == ([], 3, [2.0, 2.0])

    def stream_arrives(_seconds: float) -> None:
        world.roll([(None, answer)])

    found = world.repair(sleep=stream_arrives).check("c-118", world.listed())
    assert found.differences == []


def test_month_that_was_lost_whole__is_split_as_the_rollup_splits_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_module, "SPLIT_ABOVE", 150)
    for number in range(420):
        world.write(make_answer(id=number, score=9, end_user_id=str(number)), is_lost=True)
    world.rebuild()
    base = world.ledgers.ledgers[keys.ledger("c-118", "2026-03")]
    assert base.is_split
    assert len(base.votes) == 200
    assert (world.shown(), world.kinds()) == (420, [])


def test_votes_in_two_items_of_a_month__are_both_repaired(world: World) -> None:
    moved = edited(world.write(make_answer(score=9)), account_id="c-200")
    part = keys.ledger("c-118", "2026-03", 3)
    world.ledgers.put(part, Ledger({vote_id(moved): account_vote(moved)}))
    world.write(moved, is_lost=True)
    world.rebuild()
    assert (world.shown(), world.kinds()) == (0, [])


class Racing(InMemoryLedgerStore):
    """Another writer counts an answer just before a write of the repair."""

    def __init__(self, ledgers: dict[LedgerRef, Ledger], race: Callable[[], None]) -> None:
        super().__init__()
        self.ledgers = ledgers
        self.race: Callable[[], None] | None = race

    def put(self, ref: LedgerRef, ledger: Ledger) -> bool:
        if race := self.race:
            self.race = None
            race()
        return super().put(ref, ledger)


def test_newer_vote_during_a_rebuild__wins(world: World) -> None:
    before = world.write(make_answer(score=9))
    world.write(edited(before, score=2), is_lost=True)
    found = world.check()

    def race() -> None:
        world.write(edited(edited(before), score=7))

    racing = Racing(world.ledgers.ledgers, race)
    world.repair(racing).repair(found, world.listed())
    assert world.kinds() == []
    view = read_account(world.summaries, world.ledgers, "c-118", world.now, 180)
    assert view is not None
    assert view.all.passives == 1


def _life(random: Random, world: World) -> None:
    """Write random versions of some answers, of which a third are lost."""
    for number in range(12):
        one = make_answer(id=number, score=random.randint(0, 10), rev=1_000 + number)
        for _ in range(random.randint(1, 4)):
            one = edited(
                one,
                score=random.randint(0, 10),
                account_id=random.choice(["a", "b", None]),
                answered_at=NOW - timedelta(days=random.choice([0, 1, 40, 179, 200])),
                excluded=random.random() < 0.2,
                end_user_id=random.choice(["7", None]),
            )
            world.write(one, is_lost=random.random() < 0.35)
    world.answers.forget(str(number) for number in range(12) if random.random() < 0.1)


@pytest.mark.parametrize("seed", range(60))
def test_any_losses__are_found_and_rebuilt_to_a_recompute(world: World, seed: int) -> None:
    random = Random(seed)
    _life(random, world)
    accounts = ["a", "b", "~unmatched"]
    for account in accounts:
        world.rebuild(account)
    assert [world.kinds(account) for account in accounts] == [[], [], []]
    oracle = recompute.accounts(world.answers, world.now)
    for account in accounts:
        right = oracle[account].all.n if account in oracle else 0
        assert world.shown(account) == right
    # Every vote has the rev of its answer, as if no change had been lost.
    for ledger in world.ledgers.ledgers.values():
        for key, vote in ledger.votes.items():
            assert vote.gone or _rev(world, key, vote)


def _rev(world: World, key: str, vote: Vote) -> bool:
    token, _, answer_id = key.partition("#")
    answer = world.answers.get(AnswerKey(token, "response", answer_id))
    return answer is not None and answer.rev == vote.rev
