"""The fake and the DynamoDB adapter behave the same."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from nps_core.answers.models import Answer
from nps_core.answers.removal import erased
from nps_core.aws.clients import dynamodb
from nps_core.customers.owners import Owner
from nps_core.errors import StoreUnavailable
from nps_core.follow_up.dynamo import DynamoFollowUp
from nps_core.follow_up.effects import Context
from nps_core.follow_up.models import Decision, Standing, Task, scope_of
from nps_core.follow_up.ports import FollowUpStore
from nps_core.follow_up.rules import decide
from nps_core.outbox.mail_states import OutboxMail, claimed, sent
from nps_testing.factories import NOW, make_answer
from nps_testing.fakes.follow_up import InMemoryFollowUp
from nps_testing.stacks.backends import BACKENDS, local_tables, moto_tables

SETTLE = timedelta(seconds=120)
CONTEXT = Context(NOW, NOW - timedelta(days=1), SETTLE, Owner("csm@example.com", "named"))
Store = InMemoryFollowUp | DynamoFollowUp


@pytest.fixture(params=["fake", *BACKENDS])
def store(request: pytest.FixtureRequest, clean_environment: None) -> Iterator[Store]:
    if request.param == "fake":
        yield InMemoryFollowUp()
    elif request.param == "moto":
        with moto_tables():
            yield DynamoFollowUp(dynamodb(), "StateTable-test")
    else:
        with local_tables(request.getfixturevalue("dynamodb_local")):
            yield DynamoFollowUp(dynamodb(), "StateTable-test")


def step(store: FollowUpStore, answer: Answer) -> tuple[Standing, Decision]:
    before = store.standing(answer.key, scope_of(answer))
    decision = decide(answer.key, answer, before, CONTEXT)
    assert store.commit(before, decision)
    return before, decision


def only_mail(store: Store) -> OutboxMail:
    (mail,) = store.mails()
    return mail


def only_task(store: Store) -> Task:
    (task,) = store.tasks()
    return task


def test_standing__is_empty_before_anything_is_written(store: Store) -> None:
    answer = make_answer()
    assert store.standing(answer.key, "c-118") == Standing()
    assert store.alerts([answer.key]) == {}
    assert store.task("none") is None
    assert store.mail("none") is None


def test_decision__is_read_back_as_it_was_written(store: Store) -> None:
    answer = make_answer(text="Slow")
    _, decision = step(store, answer)
    standing = store.standing(answer.key, "c-118")
    assert standing.alert == decision.alert
    assert standing.task == standing.open_task == decision.task == only_task(store)
    assert standing.mails == (replace(decision.mails[0], fence=1),)
    assert standing.pointer == only_task(store).task_id
    assert store.alerts([answer.key]) == {answer.key: decision.alert}
    assert store.task(only_task(store).task_id) == decision.task


def test_decision__is_written_once(store: Store) -> None:
    before, decision = step(store, make_answer())
    assert not store.commit(before, decision)
    assert (only_mail(store).fence, only_task(store).version) == (1, 1)


def test_second_task_of_a_scope__is_refused_while_one_is_open(store: Store) -> None:
    empty = Standing()
    one, two = make_answer(id=1), make_answer(id=2)
    step(store, one)
    late = decide(two.key, two, empty, CONTEXT)
    assert late.action == "open"
    assert not store.commit(empty, late)
    assert store.alerts([two.key]) == {}
    _, joined = step(store, two)
    assert joined.action == "join"
    assert only_task(store).response_ids == ("1", "2")


def test_join__is_refused_when_the_task_has_changed(store: Store) -> None:
    step(store, make_answer(id=1))
    two, three = make_answer(id=2), make_answer(id=3)
    before = store.standing(two.key, "c-118")
    decision = decide(two.key, two, before, CONTEXT)
    step(store, three)
    assert not store.commit(before, decision)
    assert only_task(store).response_ids == ("1", "3")


def test_closed_task__frees_its_scope(store: Store) -> None:
    answer = make_answer()
    step(store, answer)
    step(store, replace(answer, score=9, rev=answer.rev + 1))
    standing = store.standing(answer.key, "c-118")
    assert (standing.open_task, standing.pointer) == (None, None)
    assert (only_task(store).status, only_mail(store).state) == ("closed", "CANCELLED")
    step(store, make_answer(id=2))
    assert [task.status for task in store.tasks()].count("open") == 1


def test_erased__rewrites_every_task_that_the_answer_opened(store: Store) -> None:
    answer = make_answer()
    for rev, score in enumerate((3, 9, 2, 8)):
        answer = replace(answer, score=score, rev=rev)
        step(store, answer)
    before = store.standing(answer.key, "c-118")
    assert {task.contact for task in before.opened} == {"ana@acme.example"}
    assert sorted(before.opened, key=lambda task: task.task_id) == list(store.tasks())
    after, decision = step(store, erased(answer, NOW))
    assert len(decision.cleared) == 2
    assert [(task.contact, task.status) for task in store.tasks()] == [(None, "closed")] * 2
    assert not store.commit(after, decision)


def test_erased__leaves_its_open_task_and_frees_the_scope(store: Store) -> None:
    answer = make_answer()
    step(store, answer)
    before = store.standing(answer.key, "c-118")
    decision = decide(answer.key, erased(answer, NOW), before, CONTEXT)
    step(store, make_answer(id=2))
    assert not store.commit(before, decision), "somebody joined the task meanwhile"
    step(store, erased(answer, NOW))
    assert (only_task(store).response_ids, only_task(store).contact) == (("2",), None)
    step(store, erased(make_answer(id=2), NOW))
    assert (only_task(store).status, only_task(store).close_reason) == ("closed", "erased")
    assert store.standing(answer.key, "c-118").pointer is None


def test_cancelling_a_mail__is_refused_once_it_is_claimed(store: Store) -> None:
    answer = make_answer()
    step(store, answer)
    raised = replace(answer, score=9, rev=answer.rev + 1)
    before = store.standing(answer.key, "c-118")
    decision = decide(answer.key, raised, before, CONTEXT)
    mail = only_mail(store)
    assert store.move(mail, claimed(mail, NOW)) is not None
    assert not store.commit(before, decision)
    assert only_task(store).status == "open"


def test_mail__moves_only_from_its_latest_fence(store: Store) -> None:
    step(store, make_answer())
    mail = only_mail(store)
    claim = store.move(mail, claimed(mail, NOW))
    assert claim is not None
    assert store.move(mail, claimed(mail, NOW)) is None
    done = store.move(claim, sent(claim, NOW, "m-1", "Slow"))
    assert done is not None
    assert store.mail(mail.key) == done
    assert (done.fence, done.state) == (3, "SENT")
    assert store.move(replace(mail, key="gone"), mail) is None


def test_due__lists_waiting_mails_by_time(store: Store) -> None:
    for number in (1, 2):
        answer = make_answer(id=number)
        context = replace(CONTEXT, settle=SETTLE / number)
        before = store.standing(answer.key, "c-118")
        assert store.commit(before, decide(answer.key, answer, before, context))
    later, sooner = store.mails()
    assert list(store.due(NOW, 10)) == []
    assert list(store.due(NOW + SETTLE / 2, 10)) == [sooner.key]
    assert list(store.due(NOW + SETTLE, 10)) == [sooner.key, later.key]
    assert list(store.due(NOW + SETTLE, 1)) == [sooner.key]
    claim = store.move(sooner, claimed(sooner, NOW))
    assert claim is not None
    store.move(claim, sent(claim, NOW, "m-1", None))
    assert list(store.due(NOW + SETTLE, 10)) == [later.key]


def test_nothing_to_write__is_committed(store: Store) -> None:
    answer = make_answer(score=9)
    _, decision = step(store, answer)
    assert not decision.writes
    assert store.alerts([answer.key]) == {}


def test_transaction_that_fails_otherwise__is_an_unavailable_store() -> None:
    with moto_tables():
        answer = make_answer()
        decision = decide(answer.key, answer, Standing(), CONTEXT)
        with pytest.raises(StoreUnavailable, match="TransactWriteItems: ResourceNotFound"):
            DynamoFollowUp(dynamodb(), "missing").commit(Standing(), decision)
