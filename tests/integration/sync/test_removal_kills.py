"""Removals under the brake, killed before or after AWS calls, end whole."""

from collections.abc import Iterator

import pytest

from nps_core.aws.clients import dynamodb, secrets_manager
from nps_core.sync.runlog import RunRecord
from nps_local.fakes.wootric.actions import NewAnswer
from nps_testing.effort import usually
from nps_testing.stacks.backends import moto_tables
from nps_testing.stacks.crashes import Killed, Moment, fuse_on
from nps_testing.stacks.sync import SyncStack, sync_stack

DAY_S, STRIDE = 86_400, usually(67, soak=5)
FIRST, GONE = 500_100, 22


@pytest.fixture
def stack(clean_environment: None) -> Iterator[SyncStack]:
    """A connection with 30 answers of ten persons."""
    with moto_tables(), sync_stack() as running:
        running.source.switch(end_user_embed="properties")
        actions = running.source.actions
        for number in range(10):
            actions.new_user(email=f"user{number}@example.com")
        for number in range(30):
            created_ms = int((running.time() - (number + 3) * DAY_S) * 1000)
            user = 7_001 + number % 10
            actions.answer(
                NewAnswer(id=FIRST + number, score=9, end_user_id=user, created_ms=created_ms)
            )
        running.until_complete()
        yield running


def delete_most(stack: SyncStack) -> None:
    store = stack.source.store
    for number in range(GONE):
        store.remove_row(store.answers[FIRST + number])


def killed_ticks(stack: SyncStack, moment: Moment) -> int:
    """Kill a tick at its first call, then some calls later, until one comes through."""
    record: RunRecord | None = None
    kills, number = 0, 1 - STRIDE
    while record is None:
        number += STRIDE
        with fuse_on([dynamodb(), secrets_manager()], number, moment):
            try:
                record = stack.tick()
            except Killed:
                kills += 1
                stack.new_process()
                stack.time.sleep(60)
    return kills


def open_gaps(stack: SyncStack) -> list[str]:
    return [gap.kind for gap in stack.sync().proof_store.gaps() if gap.is_open]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_kills__remove_nothing_under_the_brake_and_all_once_it_is_accepted(
    stack: SyncStack, moment: Moment
) -> None:
    delete_most(stack)
    stack.time.sleep(2 * 3_600)
    kills = killed_ticks(stack, moment)
    for _ in range(3):
        stack.time.sleep(25 * 3_600)
        kills += killed_ticks(stack, moment)
    assert open_gaps(stack).count("brake") == 1
    assert not any(answer.deleted for answer in stack.stored().values())
    proof_store = stack.sync().proof_store
    assert all(proof_store.accept(one, stack.time.now()) for one in proof_store.suspects())
    for _ in range(2):
        stack.time.sleep(25 * 3_600)
        kills += killed_ticks(stack, moment)
    stored = stack.stored()
    assert {row for row, one in stored.items() if one.deleted} == {
        str(FIRST + number) for number in range(GONE)
    }
    assert stack.sync().proof_store.suspects() == []
    assert "brake" not in open_gaps(stack)
    assert all(one.email for one in stored.values())
    stack.time.sleep(30 * DAY_S)
    kills += killed_ticks(stack, moment)
    stored = stack.stored()
    assert not any(one.email for one in stored.values() if one.deleted)
    assert all(one.email for one in stored.values() if not one.deleted)
    assert not any(one.is_undoable for one in stack.sync().proof_store.suspicions())
    assert kills > 5
