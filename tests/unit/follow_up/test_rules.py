"""The rules of the state machine, one test each, through the deciding use case on fakes."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from nps_core.follow_up.models import Alert, Task
from nps_core.follow_up.rules import why_history
from nps_core.keys import AnswerKey
from nps_core.outbox.mail_states import OutboxMail
from nps_testing.factories import NOW, make_answer
from nps_testing.stacks.environment import TOKEN
from nps_testing.worlds.follow_up import ACTIVATED, SETTLE, World

KEY = AnswerKey(TOKEN, "response", "500001")


def only_task(world: World) -> Task:
    (task,) = world.store.tasks()
    return task


def mails(world: World, kind: str) -> list[OutboxMail]:
    return [mail for mail in world.store.mails() if mail.kind == kind]


def alert(world: World) -> Alert:
    return world.store.kept_alerts[KEY]


@pytest.mark.parametrize(
    ("answered_at", "activated_at"),
    [
        (ACTIVATED - timedelta(seconds=1), ACTIVATED),
        (NOW - timedelta(hours=72, seconds=1), NOW - timedelta(days=30)),
        (NOW, None),
    ],
    ids=["before activation", "older than 72 h", "not activated"],
)
def test_history__writes_nothing(answered_at: datetime, activated_at: datetime | None) -> None:
    world = World()
    world.profiles.at = activated_at
    report = world.change(answered_at=answered_at)
    assert report.suppressed == 1
    assert (world.store.kept_alerts, world.store.tasks(), world.store.mails()) == ({}, [], [])


@pytest.mark.parametrize("answered_at", [ACTIVATED, NOW - timedelta(hours=72)])
def test_live__includes_its_bounds(answered_at: datetime) -> None:
    assert why_history(make_answer(answered_at=answered_at), NOW - timedelta(days=4)) is None


def test_live__is_judged_when_stored_not_when_the_stream_catches_up() -> None:
    world = World()
    world.write()
    world.now += timedelta(hours=80)
    assert world.decide().opened == 1


def test_activation__is_asked_until_known_then_remembered() -> None:
    world = World()
    notify = world.notify
    world.profiles.at = None
    world.write()
    notify.apply(world.answers.changes, NOW)
    world.profiles.at = ACTIVATED
    for _ in range(3):
        notify.apply(world.answers.changes, NOW)
    assert world.profiles.asked == 2
    assert len(world.store.tasks()) == 1


def test_new_detractor__opens_a_task_and_a_mail_after_the_settle_time() -> None:
    world = World()
    assert world.change(score=3).opened == 1
    task, (mail,) = only_task(world), mails(world, "detractor")
    assert (task.status, task.tier, task.owner) == ("open", 1, "csm@example.com")
    assert (task.scope, task.response_ids, task.contact) == (
        "c-118",
        ("500001",),
        "ana@acme.example",
    )
    assert (mail.to, mail.state, mail.due_at) == ("csm@example.com", "PENDING", NOW + SETTLE)
    assert (alert(world).status, alert(world).task_id) == ("on_task", task.task_id)
    assert alert(world).rule == "new_detractor"


@pytest.mark.parametrize(("score", "tier", "hours"), [(3, 1, 24), (4, 2, 48)])
def test_new_detractor__is_more_urgent_up_to_three(score: int, tier: int, hours: int) -> None:
    world = World()
    world.change(score=score)
    assert only_task(world).tier == tier
    assert only_task(world).due_at == NOW + timedelta(hours=hours)


def test_new_detractor__seven_is_none() -> None:
    world = World()
    assert world.change(score=7).relevant == 0
    assert world.store.tasks() == []


def test_second_detractor_of_an_account__joins_the_task_and_tightens_it() -> None:
    world = World()
    world.change(id=1, score=6)
    world.now += timedelta(hours=1)
    report = world.change(id=2, score=2, end_user_id="7002", owner="other@example.com")
    task = only_task(world)
    assert (report.actions["join"], report.opened) == (1, 0)
    assert (task.response_ids, task.tier) == (("1", "2"), 1)
    assert task.due_at == NOW + timedelta(hours=25)
    assert {mail.to for mail in mails(world, "detractor")} == {"csm@example.com"}
    assert len(mails(world, "detractor")) == 2


def test_second_detractor__never_extends_the_due_time() -> None:
    world = World()
    world.change(id=1, score=2)
    world.now += timedelta(hours=5)
    world.change(id=2, score=6)
    assert (only_task(world).tier, only_task(world).due_at) == (1, NOW + timedelta(hours=24))


def test_unmatched_detractors__have_one_task_per_contact() -> None:
    world = World()
    world.change(id=1, account_id=None)
    world.change(id=2, account_id=None)
    world.change(id=3, account_id=None, end_user_id="7002")
    assert sorted(len(task.answers) for task in world.store.tasks()) == [1, 2]


def test_unmatched_detractor__joins_the_task_that_an_earlier_version_opened() -> None:
    world = World()
    who: dict[str, Any] = {"account_id": None, "end_user_id": None}
    world.change(id=1, score=5, **who)
    task = only_task(world)
    former = f"{TOKEN}:u-42"
    world.store.kept_tasks[task.task_id] = replace(task, scope=former)
    world.store.pointers = {former: task.task_id}
    world.change(id=2, score=1, **who)
    assert (only_task(world).task_id, len(only_task(world).answers)) == (task.task_id, 2)
    world.change(id=1, score=9, **who)
    world.change(id=2, score=9, **who)
    assert only_task(world).status == "closed"
    assert world.store.pointers == {}
    world.change(id=3, score=2, **who)
    assert len(world.store.tasks()) == 2
    assert former not in world.store.pointers


def test_edited_down__alerts_and_says_from_what() -> None:
    world = World()
    world.change(score=9)
    world.change(score=2)
    assert only_task(world).reason == "changed from 9 to 2"
    assert alert(world).rule == "edited_down"
    world.wait(SETTLE)
    assert "2/10 (was 9)" in world.mailer.sent[0][1]


def test_raised_before_the_mail_left__cancels_the_mail_and_closes_the_task() -> None:
    world = World()
    world.change(score=3)
    world.change(score=8)
    assert (only_task(world).status, only_task(world).close_reason) == ("closed", "score_raised")
    assert [mail.state for mail in world.store.mails()] == ["CANCELLED"]
    assert world.store.pointers == {}
    world.wait(SETTLE)
    assert world.mailer.sent == []


def test_raised_after_the_mail_left__closes_the_task_and_sends_a_note() -> None:
    world = World()
    world.change(score=3)
    world.wait(SETTLE)
    world.change(score=9)
    assert only_task(world).close_reason == "score_raised"
    world.wait(SETTLE)
    (_, first, _, _), (to, note, _, _) = world.mailer.sent
    assert (to, note.startswith("Nothing to do: 3/10 is now 9/10")) == ("csm@example.com", True)
    assert first != note


def test_raised__leaves_a_task_that_holds_other_answers() -> None:
    world = World()
    world.change(id=500001, score=3)
    world.change(id=2, score=3)
    world.wait(SETTLE)
    world.change(id=500001, score=9)
    assert (only_task(world).status, only_task(world).response_ids) == ("open", ("2",))
    assert mails(world, "score_raised") == []
    assert "stays for other answers" in alert(world).reason


def test_raised__leaves_a_task_that_somebody_works_on() -> None:
    world = World()
    world.change(score=3)
    world.wait(SETTLE)
    task = only_task(world)
    world.store.kept_tasks[task.task_id] = replace(task, status="acknowledged")
    world.change(score=9)
    assert only_task(world).status == "acknowledged"
    assert mails(world, "score_raised") == []


def test_lowered_again__opens_a_new_task_and_revives_the_mail_that_never_left() -> None:
    world = World()
    for score in (3, 8, 4):
        world.change(score=score)
    assert sorted(task.status for task in world.store.tasks()) == ["closed", "open"]
    world.wait(SETTLE)
    assert len(world.mailer.sent) == 1


def test_lowered_again_after_the_mail__is_on_a_task_but_not_mailed_twice() -> None:
    world = World()
    world.change(score=3)
    world.wait(SETTLE)
    world.change(score=8)
    world.change(score=2)
    assert sorted(task.status for task in world.store.tasks()) == ["closed", "open"]
    assert "has been mailed about this answer before" in alert(world).reason
    world.wait(SETTLE)
    assert len(world.mailer.sent) == 1
    assert [mail.state for mail in mails(world, "score_raised")] == ["CANCELLED"]


@pytest.mark.parametrize(
    ("change", "why"),
    [({"excluded": True}, "excluded"), ({"deleted": True}, "deleted"), ({"metric": "CSAT"}, "not")],
    ids=["excluded", "deleted", "another metric"],
)
def test_not_counted_any_more__cancels_mail_and_task(change: dict[str, object], why: str) -> None:
    world = World()
    world.change(score=3)
    world.change(**change)
    assert only_task(world).status == "closed"
    assert (only_task(world).close_reason or "").startswith(why)
    assert [mail.state for mail in world.store.mails()] == ["CANCELLED"]
    assert alert(world).reason.startswith(why)


def test_not_counted_any_more__keeps_a_task_with_another_cause() -> None:
    world = World()
    world.change(id=500001)
    world.change(id=2)
    world.change(id=500001, excluded=True)
    assert (only_task(world).status, only_task(world).response_ids) == ("open", ("2",))


def test_counted_again__is_alerted_again() -> None:
    world = World()
    world.change(score=3)
    world.change(excluded=True)
    world.change(excluded=False)
    assert [task.status for task in world.store.tasks()].count("open") == 1
    world.wait(SETTLE)
    assert len(world.mailer.sent) == 1


def test_edited_down_after_72_hours__is_history_with_its_reason_recorded() -> None:
    world = World()
    world.change(score=3)
    world.change(score=9)
    world.now += timedelta(hours=73)
    assert world.change(score=1).suppressed == 1
    assert alert(world).reason == "given more than 72 hours before it was seen"
    assert only_task(world).status == "closed"
