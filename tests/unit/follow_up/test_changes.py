"""Changes after the alert: comments, scores, owners, and answers that change during a decision."""

from datetime import timedelta

import pytest

from nps_core.errors import Contended
from nps_core.follow_up.models import Alert, Decision, Standing, Task
from nps_core.keys import AnswerKey
from nps_testing.factories import NOW
from nps_testing.fakes.follow_up import InMemoryFollowUp
from nps_testing.fakes.stores import InMemoryAnswerStore
from nps_testing.stacks.environment import TOKEN
from nps_testing.worlds.follow_up import SETTLE, World

KEY = AnswerKey(TOKEN, "response", "500001")


def only_task(world: World) -> Task:
    (task,) = world.store.tasks()
    return task


def alert(world: World) -> Alert:
    return world.store.kept_alerts[KEY]


def test_comment_before_the_mail__is_in_the_one_mail() -> None:
    world = World()
    world.change(score=3)
    world.now += timedelta(seconds=40)
    world.change(text="Exports time out")
    world.wait(SETTLE)
    world.wait(SETTLE)
    (mail,) = world.mailer.sent
    assert "Exports time out" in mail[2]


def test_comment_after_the_mail__gets_one_follow_up() -> None:
    world = World()
    world.change(score=3)
    world.wait(SETTLE)
    world.change(text="Exports time out")
    world.change(text="Exports time out!")
    world.wait(SETTLE)
    world.change(text="Exports really time out")
    world.wait(SETTLE)
    assert [subject.startswith("Comment on") for _, subject, _, _ in world.mailer.sent] == [
        False,
        True,
    ]
    assert "not mailed again" in alert(world).reason


def test_comment_changed_after_a_mail_that_had_one__is_recorded_only() -> None:
    world = World()
    world.change(score=3, text="Slow")
    world.wait(SETTLE)
    world.change(text="Very slow")
    world.wait(SETTLE)
    assert len(world.mailer.sent) == 1
    assert alert(world).rule == "comment_changed"


def test_worse_score_while_on_a_task__tightens_without_a_mail() -> None:
    world = World()
    world.change(score=6)
    world.wait(SETTLE)
    world.change(score=1)
    assert (only_task(world).tier, alert(world).score) == (1, 1)
    assert only_task(world).due_at == NOW + SETTLE + timedelta(hours=24)
    assert len(world.store.mails()) == 1


def test_tags_edited__writes_nothing() -> None:
    world = World()
    world.change(score=3)
    before = alert(world)
    assert world.change(tags=("vip",)).actions["none"] == 1
    assert alert(world) == before


@pytest.mark.parametrize(
    ("named", "in_directory", "domains", "owner", "why"),
    [
        ("csm@example.com", None, "", "csm@example.com", "the owner named by the answer"),
        (None, "dir@example.com", "", "dir@example.com", "directory"),
        ("eve@evil.example", "dir@example.com", "", "dir@example.com", "outside the allowed"),
        ("eve@evil.example", None, "", "cs-team@example.com", "outside the allowed"),
        (None, "eve@evil.example", "", "cs-team@example.com", "outside the allowed"),
        (None, None, "", "cs-team@example.com", "nobody else is named"),
        ("amy@two.example", None, "one.example, Two.example", "amy@two.example", "named by"),
        ("csm@sub.example.com", None, "", "cs-team@example.com", "outside the allowed"),
    ],
)
def test_owner__is_the_first_who_may_be_mailed(
    named: str | None, in_directory: str | None, domains: str, owner: str, why: str
) -> None:
    world = World(domains=domains)
    if in_directory:
        world.directory["c-118"] = in_directory
    world.change(owner=named)
    task = only_task(world)
    assert task.owner == owner == world.store.mails()[0].to
    assert why in task.owner_reason
    assert "evil" not in task.owner_reason


def test_contention__is_retried_with_pauses_then_raised() -> None:
    class Contested(InMemoryFollowUp):
        def commit(self, before: Standing, decision: Decision) -> bool:
            return False

    world = World(store=Contested())
    with pytest.raises(Contended):
        world.change(score=3)
    assert len(world.pauses) == 5


def test_answer_that_changes_while_it_is_decided__is_decided_again() -> None:
    class Racing(InMemoryFollowUp):
        def commit(self, before: Standing, decision: Decision) -> bool:
            done = super().commit(before, decision)
            if decision.action == "open":
                world.write(score=9)
            return done

    world = World(store=Racing())
    world.change(score=3)
    assert only_task(world).status == "closed"


def test_removed_answer__withdraws_its_alert() -> None:
    world = World()
    answer = world.write(score=3)
    world.decide()
    world.answers = InMemoryAnswerStore()
    world.notify.apply([(answer, None)], world.now)
    assert (only_task(world).close_reason, alert(world).status) == ("deleted", "withdrawn")
