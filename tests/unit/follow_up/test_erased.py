"""A person who is erased at the source: no call, no mail, and no personal data left."""

from dataclasses import replace
from datetime import timedelta

import pytest

from nps_core.follow_up.models import Task
from nps_core.keys import AnswerKey
from nps_core.outbox.mail_states import claimed
from nps_core.outbox.mailer import SendResult
from nps_testing.factories import NOW
from nps_testing.stacks.environment import TOKEN
from nps_testing.worlds.follow_up import SETTLE, FakeMailer, World

KEY = AnswerKey(TOKEN, "response", "500001")
PERSON = ("ana@acme.example", "u-42", "Exports time out", "Exports")


def only_task(world: World) -> Task:
    (task,) = world.store.tasks()
    return task


def kept(world: World) -> str:
    """Everything that is written about answers, except the answers."""
    store = world.store
    return repr((store.kept_alerts, store.kept_tasks, store.kept_mails, store.pointers))


def assert_nobody_is_named(world: World) -> None:
    for words in PERSON:
        assert words not in kept(world)


def erase(world: World, answer_id: str = "500001") -> None:
    world.erase(answer_id)
    world.decide()


def test_erased__before_the_mail_left_cancels_it_and_closes_the_task() -> None:
    world = World()
    world.change(score=3, text="Exports time out")
    erase(world)
    task = only_task(world)
    assert (task.status, task.close_reason, task.contact) == ("closed", "erased", None)
    assert task.owner == "csm@example.com"
    (mail,) = world.store.mails()
    assert (mail.state, mail.error) == ("CANCELLED", "erased")
    alert = world.store.kept_alerts[KEY]
    assert (alert.status, alert.rule) == ("withdrawn", "erased")
    assert alert.reason == "erased; the task is closed"
    assert world.store.pointers == {}
    assert_nobody_is_named(world)
    world.wait(SETTLE)
    assert world.mailer.sent == []


def test_erased__drops_what_another_version_has_added_to_the_task() -> None:
    world = World()
    world.change(score=3)
    task = only_task(world)
    world.store.kept_tasks[task.task_id] = replace(task, unknown={"called": "Ana"})
    world.change(score=2)
    assert only_task(world).unknown == {"called": "Ana"}
    erase(world)
    assert only_task(world).unknown == {}


def test_erased__after_the_mail_left_leaves_only_that_there_was_one() -> None:
    world = World()
    world.change(score=3, text="Exports time out")
    world.wait(SETTLE)
    assert "ana@acme.example" in kept(world)
    erase(world)
    (mail,) = world.store.mails()
    assert (mail.state, mail.subject, mail.comment_digest) == ("SENT", None, None)
    assert (mail.message_id, mail.sent_at) == ("m-0", NOW + SETTLE)
    assert_nobody_is_named(world)


def test_erased__keeps_a_task_that_has_another_cause_and_its_owner() -> None:
    world = World()
    world.change(id=500001, score=3)
    world.change(id=2, end_user_id="7002", email="bo@acme.example")
    erase(world)
    task = only_task(world)
    assert (task.status, task.response_ids, task.contact) == ("open", ("2",), None)
    assert task.owner == "csm@example.com"


def test_erased__keeps_the_contact_of_a_task_that_somebody_else_opened() -> None:
    world = World()
    world.change(id=2, end_user_id="7002", email="bo@acme.example")
    world.change(id=500001, score=3)
    erase(world)
    assert (only_task(world).response_ids, only_task(world).contact) == (("2",), "bo@acme.example")


def test_erased__keeps_a_task_that_somebody_works_on_without_its_contact() -> None:
    world = World()
    world.change(score=3)
    task = only_task(world)
    world.store.kept_tasks[task.task_id] = replace(task, status="acknowledged")
    erase(world)
    task = only_task(world)
    assert (task.status, task.response_ids, task.contact) == ("acknowledged", ("500001",), None)
    assert world.store.pointers == {"c-118": task.task_id}


@pytest.mark.parametrize("score", [9, 3], ids=["raised", "still low"])
def test_erased__long_after_its_tasks_were_closed_is_on_none_of_them(score: int) -> None:
    world = World()
    for step in (3, 8, 2, 9, score):
        world.change(score=step, text="Exports time out")
        world.wait(SETTLE)
    assert len(world.store.tasks()) == (2 if score == 9 else 3)
    world.now += timedelta(days=30)
    erase(world)
    assert [task.contact for task in world.store.tasks()] == [None] * len(world.store.tasks())
    assert {task.status for task in world.store.tasks()} == {"closed"}
    assert_nobody_is_named(world)


def test_erased__who_was_never_alerted_opens_nothing() -> None:
    world = World()
    world.write(score=3)
    erase(world)
    assert (world.store.kept_alerts, world.store.tasks(), world.store.mails()) == ({}, [], [])
    report = world.change(tags=("vip",))
    assert (report.suppressed, report.actions["open"]) == (1, 0)


def test_erased__twice_is_decided_once() -> None:
    world = World()
    world.change(score=3)
    world.erase()
    changes = list(world.answers.changes)
    world.decide()
    before = kept(world)
    world.notify.apply(changes, world.now)
    assert kept(world) == before


def test_erased_and_deleted__still_names_nobody() -> None:
    world = World()
    world.change(score=3, text="Exports time out")
    world.wait(SETTLE)
    world.change(deleted=True)
    assert "ana@acme.example" in kept(world)
    erase(world)
    assert_nobody_is_named(world)
    world.change(deleted=False)
    assert only_task(world).close_reason == "deleted"


def test_erased_by_mistake__is_alerted_again_when_the_person_is_there_again() -> None:
    world = World()
    world.change(score=3)
    erase(world)
    world.change(erased=False, email="ana@acme.example")
    assert sorted(task.status for task in world.store.tasks()) == ["closed", "open"]
    world.wait(SETTLE)
    assert len(world.mailer.sent) == 1


def test_decline_that_is_erased__is_nothing_to_decide_about() -> None:
    world = World()
    world.write(kind="decline", score=None, erased=True)
    assert world.decide().relevant == 0


def test_due_mail__about_an_erased_person_is_cancelled_even_before_it_is_decided() -> None:
    world = World()
    world.change(score=3)
    world.erase()
    assert world.wait(SETTLE) == {"cancelled": 1}
    (mail,) = world.store.mails()
    assert (mail.state, mail.error) == ("CANCELLED", "its person was erased")


def test_lost_reply__is_not_sent_once_more_to_a_mail_about_an_erased_person() -> None:
    world = World()
    world.mailer.script.append(SendResult("UNKNOWN", "ReadTimeoutError"))
    world.change(score=3, text="Exports time out")
    world.wait(SETTLE)
    erase(world)
    for _ in range(5):
        world.wait(SETTLE)
    (mail,) = world.store.mails()
    assert (mail.state, mail.waiting, len(world.mailer.sent)) == ("UNKNOWN", False, 1)
    assert_nobody_is_named(world)


class ErasingMailer(FakeMailer):
    """The person is erased, and that is decided, while the mail is on its way."""

    world: World

    def send(self, to: str, subject: str, html: str, text: str, key: str) -> SendResult:
        result = super().send(to, subject, html, text, key)
        erase(self.world)
        return result


@pytest.mark.parametrize(
    ("result", "state"),
    [("SENT", "SENT"), ("UNKNOWN", "UNKNOWN"), ("RETRY", "PENDING"), ("FAILED", "FAILED")],
)
def test_erased__while_the_mail_is_on_its_way_is_recorded_without_its_words(
    result: str, state: str
) -> None:
    world = World(mailer=ErasingMailer([SendResult(result, "m-9")]))  # type: ignore[arg-type]  # one of the outcomes
    assert isinstance(world.mailer, ErasingMailer)
    world.mailer.world = world
    world.change(score=3, text="Exports time out")
    world.wait(SETTLE)
    (mail,) = world.store.mails()
    assert (mail.state, mail.subject, mail.comment_digest) == (state, None, None)
    assert_nobody_is_named(world)
    for _ in range(6):
        world.wait(SETTLE)
    assert len(world.mailer.sent) == (result in ("SENT", "UNKNOWN"))
    assert not world.store.mails()[0].waiting
    assert_nobody_is_named(world)


class SlowMailer(FakeMailer):
    """Takes so long that another tick has the mail in the end."""

    world: World

    def send(self, to: str, subject: str, html: str, text: str, key: str) -> SendResult:
        (mail,) = self.world.store.mails()
        self.world.store.move(mail, claimed(mail, NOW + timedelta(hours=1)))
        return super().send(to, subject, html, text, key)


def test_claim_that_was_lost__is_not_taken_for_one_that_was_only_rewritten() -> None:
    world = World(mailer=SlowMailer())
    assert isinstance(world.mailer, SlowMailer)
    world.mailer.world = world
    world.change(score=3)
    assert world.wait(SETTLE) == {"unknown": 1}
    (mail,) = world.store.mails()
    assert (mail.state, mail.attempts) == ("SENDING", 1)
