"""The sync, killed before or after AWS calls of a short life, ends with the source's answers.

A sample, because each kill starts a tick again: every tick of the life is killed at its first call,
then some calls later, and so on until it comes through. So every kill meets what the ones before
have left behind.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from nps_core.answers.models import Answer
from nps_core.aws.clients import dynamodb, secrets_manager
from nps_core.keys import Kind
from nps_core.sync.runlog import RunRecord
from nps_local.fakes.wootric.actions import NewAnswer, NewRow
from nps_local.fakes.wootric.data.model import Answer as SourceAnswer
from nps_local.fakes.wootric.server import FakeWootric
from nps_testing.effort import usually
from nps_testing.stacks.backends import moto_tables
from nps_testing.stacks.crashes import Fuse, Killed, Moment, fuse_on
from nps_testing.stacks.environment import TOKEN
from nps_testing.stacks.sync import SyncStack, sync_stack
from nps_testing.worlds.sync_truth import differences

DAY_S, STRIDE = 86_400, usually(31, soak=7)
PERSON, DELETED, ERASED = 7_001, 500_101, 7_003


@dataclass(frozen=True)
class Kept:
    """What a stack has stored, read once."""

    source: FakeWootric
    answers: dict[tuple[str, str], Answer]

    @classmethod
    def of(cls, stack: SyncStack) -> "Kept":
        kinds: tuple[Kind, ...] = ("response", "decline")
        return cls(
            stack.source,
            {(kind, row): one for kind in kinds for row, one in stack.stored(kind).items()},
        )

    def stored(self, kind: Kind, row_id: object) -> Answer | None:
        return self.answers.get((kind, str(row_id)))


def connect(stack: SyncStack) -> None:
    stack.source.switch(end_user_embed="properties")
    actions, now_ms = stack.source.actions, int(stack.time() * 1000)
    for number in range(6):
        actions.new_user(email=None if number == 0 else f"user{number}@example.com")
    for number in range(12):
        answer(stack, 500_100 + number, PERSON + number % 6, days=4 * number + 2)
    for number in range(2):
        actions.decline(NewRow(end_user_id=PERSON, created_ms=now_ms - number * 20 * DAY_S * 1000))


def answer(stack: SyncStack, row_id: int, user: int, days: float = 0.0) -> SourceAnswer:
    created_ms = int((stack.time() - days * DAY_S) * 1000)
    new = NewAnswer(id=row_id, score=row_id % 11, end_user_id=user, created_ms=created_ms)
    return stack.source.actions.answer(new)


def new_answers_and_an_edit(stack: SyncStack) -> None:
    stack.time.sleep(300)
    row = answer(stack, 500_201, PERSON + 1)
    answer(stack, 500_202, PERSON + 2)
    stack.source.edit({"id": row.id, "text": "Exports time out", "score": 2})


def deletions_during_a_silence(stack: SyncStack) -> None:
    stack.source.store.remove_row(stack.source.store.answers[DELETED])
    stack.source.store.remove_row(next(iter(stack.source.store.declines.values())))
    stack.time.sleep(2 * 3_600)  # nobody reads for so long: a gap


def an_address_is_known(stack: SyncStack) -> None:
    stack.time.sleep(900)
    user = stack.source.store.users[PERSON]
    stack.source.actions.edit_user(user, {"email": "ana@example.com"})


def a_person_is_erased(stack: SyncStack) -> None:
    stack.time.sleep(300)
    stack.source.erase(ERASED)
    row = stack.source.store.answers[500_105]
    stack.source.actions.note(row, "Called them", "cs@example.com")


def a_night(stack: SyncStack) -> None:
    stack.time.sleep(25 * 3_600)


LIFE: list[Callable[[SyncStack], None]] = [
    connect,
    new_answers_and_an_edit,
    deletions_during_a_silence,  # a gap, an audit that finds them, suspicions
    an_address_is_known,  # their answers are completed
    a_person_is_erased,
    a_night,  # sweeps, second looks, a tombstone
    a_night,  # an erasure
]


@pytest.fixture
def stack(clean_environment: None) -> Iterator[SyncStack]:
    with moto_tables(), sync_stack() as running:
        yield running


def tick(stack: SyncStack, at: int | None, moment: Moment) -> tuple[RunRecord | None, Fuse]:
    """Run a tick that dies at call `at`; what follows is another process, a minute later."""
    record = None
    with fuse_on([dynamodb(), secrets_manager()], at, moment) as fuse:
        try:
            record = stack.tick()
        except Killed:
            stack.new_process()
            stack.time.sleep(60)
    return record, fuse


def ended_well(stack: SyncStack) -> None:
    kept = Kept.of(stack)
    assert differences(kept) == []
    tombstone, erased = kept.stored("response", DELETED), kept.stored("response", 500_102)
    assert tombstone is not None
    assert tombstone.deleted
    assert erased is not None
    assert erased.erased
    completed = kept.stored("response", 500_100)
    assert completed is not None
    assert completed.email == "ana@example.com"
    gaps = [item for item in stack.state(f"CONN#{TOKEN}") if item["sk"].startswith("GAP#")]
    assert gaps
    assert all(item["closed_at"] for item in gaps)
    assert stack.sync().proof_store.suspects() == []
    assert len(stack.state("MAIL")) == 1


@pytest.mark.parametrize("moment", ["before", "after"])
def test_kill_at_call_after_call__ends_with_the_sources_own_answers(
    stack: SyncStack, moment: Moment
) -> None:
    kills = 0
    for play in LIFE:
        play(stack)
        record, number = None, 1 - STRIDE
        while record is None:
            number += STRIDE
            record, fuse = tick(stack, number, moment)
            kills += record is None
        assert record.status == "complete", record.as_dict()
        assert fuse.calls < number
    assert kills > 6
    ended_well(stack)
