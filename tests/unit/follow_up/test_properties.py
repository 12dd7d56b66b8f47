"""Invariants of the state machine under any order, duplicates and times."""

import random
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from nps_core.answers.ingest import Ingest
from nps_core.answers.matching import AccountRules
from nps_testing.effort import usually
from nps_testing.factories import NOW, make_incoming
from nps_testing.fakes.stores import InMemoryAnswerStore, InMemoryDirectory
from nps_testing.worlds.follow_up import SETTLE, World

RULES = AccountRules.of("company_id,company", "company", "csm_email")
SCORES = st.integers(0, 10)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["1", "2", "3"]),
        st.fixed_dictionaries(
            {},
            optional={
                "score": SCORES,
                "text": st.sampled_from(["slow", "very slow", ""]),
                "excluded": st.booleans(),
                "deleted": st.booleans(),
                "account_id": st.sampled_from(["c-118", "c-2", None]),
                "owner": st.sampled_from(["csm@example.com", "eve@evil.example", None]),
                "person": st.sampled_from(["erased", "back"]),
            },
        ),
        st.integers(0, 5),
    ),
    max_size=12,
)


def ingest_all(versions: list[Any]) -> World:
    """Store versions as they come and decide after each, twice, as the stream may."""
    world = World(answers=InMemoryAnswerStore())
    ingest = Ingest(world.answers, InMemoryDirectory(), RULES, "NPS")
    for version in versions:
        ingest.one(version, world.now)
        changes = list(world.answers.changes)
        world.decide()
        world.notify.apply(changes, world.now)
    return world


def outcome(world: World) -> tuple[object, ...]:
    tasks = [task for task in world.store.tasks() if task.status == "open"]
    world.now += SETTLE
    world.deliver.tick(world.now, lambda: True)
    return (
        sorted((task.scope, sorted(task.response_ids)) for task in tasks),
        sorted(world.mailer.sent),
    )


@settings(max_examples=usually(60, soak=600), deadline=None)
@given(
    scores=st.lists(SCORES, min_size=1, max_size=4),
    texts=st.lists(st.sampled_from([None, "slow", "very slow"]), min_size=4, max_size=4),
    seed=st.integers(0, 2**16),
)
def test_versions_within_the_settle_time__end_the_same_in_any_order(
    scores: list[int], texts: list[str | None], seed: int
) -> None:
    """Same open tasks and the same mails; `was` is the one thing that only a history can tell."""
    versions = [
        make_incoming(
            id=answer_id,
            end_user_id=f"user-{answer_id}",
            score=score,
            text=texts[number],
            event_rank=min(number, 1),
            updated_at=NOW - timedelta(seconds=60 - number),
            answered_at=NOW - timedelta(seconds=60),
        )
        for answer_id in ("1", "2")
        for number, score in enumerate(scores)
    ]
    shuffled = versions * 2
    random.Random(seed).shuffle(shuffled)
    in_order, mixed = ingest_all(versions), ingest_all(shuffled)
    (tasks, sent), (other_tasks, other_sent) = outcome(in_order), outcome(mixed)
    assert tasks == other_tasks
    assert _keys(sent) == _keys(other_sent)
    assert isinstance(sent, list)
    assert _comments(sent) == _comments(other_sent)


@settings(max_examples=usually(150, soak=1_500), deadline=None)
@given(STEPS)
def test_invariants__hold_after_every_step(steps: list[tuple[str, dict[str, Any], int]]) -> None:
    world, due = World(), dict[str, datetime]()
    for answer_id, fields, minutes in steps:
        _write(world, answer_id, dict(fields))
        changes = list(world.answers.changes)
        world.decide()
        world.notify.apply(changes, world.now)
        if minutes:
            world.wait(timedelta(minutes=minutes))
        _check_tasks(world, due)
        _check_erased(world)
    for _ in range(3):
        world.wait(SETTLE)
    per_key = Counter(key for _, _, _, key in world.mailer.sent)
    assert all(times == 1 for times in per_key.values())
    assert all(to.endswith("@example.com") for to, _, _, _ in world.mailer.sent)


def _write(world: World, answer_id: str, fields: dict[str, Any]) -> None:
    """Write a version: a person who is erased says nothing until a read shows them again."""
    person = fields.pop("person", None)
    known = world.answers.get(make_incoming(id=answer_id).key)
    if known is None or person == "back":
        who = {"end_user_id": f"u-{answer_id}", "email": f"person-{answer_id}@acme.example"}
        fields = {"erased": False, **who, **fields}
    elif known.erased:
        fields.pop("text", None)
    world.write(id=answer_id, **fields)
    if person == "erased":
        world.erase(answer_id)


def _check_tasks(world: World, due: dict[str, datetime]) -> None:
    open_tasks = [task for task in world.store.tasks() if task.status == "open"]
    scopes = [task.scope for task in open_tasks]
    assert len(scopes) == len(set(scopes))
    assert world.store.pointers == {task.scope: task.task_id for task in open_tasks}
    on_tasks = Counter(key for task in open_tasks for key in task.answers)
    stored = {answer.key: answer for answer in world.answers}
    live = {key for key, a in stored.items() if a.is_detractor and not a.erased}
    assert on_tasks == Counter(live), "every live detractor on exactly one task, nobody else"
    for task in open_tasks:
        assert task.due_at <= due.get(task.task_id, task.due_at), "due times never move later"
        due[task.task_id] = task.due_at


def _check_erased(world: World) -> None:
    kept = repr((world.store.kept_alerts, world.store.kept_tasks, world.store.kept_mails))
    for answer in world.answers:
        if answer.erased:
            assert f"person-{answer.key.id}@" not in kept, "an erased person is named nowhere"
            about = [mail for mail in world.store.mails() if mail.answer == answer.key]
            assert "PENDING" not in {mail.state for mail in about}


def _keys(sent: object) -> list[str]:
    assert isinstance(sent, list)
    return sorted(key for _, _, _, key in sent)


def _comments(sent: object) -> list[tuple[str, bool, bool]]:
    assert isinstance(sent, list)
    return sorted((key, "very slow" in text, "slow" in text) for _, _, text, key in sent)
