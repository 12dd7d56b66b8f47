"""`nps restore`: what is lost comes back, and nothing that time has overtaken."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from nps_cli.repair.restore_copy import Copy
from nps_cli.repair.restore_tables import pair
from nps_cli.shell.options import Options
from nps_cli.shell.stack import Stack
from nps_core import clock
from nps_core.answers.dynamo import DynamoAnswerStore, to_item
from nps_core.answers.models import Answer
from nps_core.aws import clients, items
from nps_core.connections.profile import DynamoProfiles
from nps_core.customers.dynamo_people import DynamoPeople
from nps_core.follow_up.dynamo import DynamoFollowUp
from nps_core.outbox.items import mail_item
from nps_core.sync.proof.dynamo import DynamoProofStore
from nps_core.sync.proof.suspects import Suspect
from nps_core.times import iso
from nps_testing.factories import NOW, make_answer
from nps_testing.stacks.backends import BACKENDS
from nps_testing.stacks.crashes import Killed, Moment, fuse_on
from nps_testing.stacks.environment import TOKEN
from nps_testing.stacks.operator import (
    ON_STACK,
    REGION,
    STACK,
    OperatorStack,
    deployed,
    run,
    run_json,
)
from nps_testing.worlds.restored import (
    BACKUPS,
    Rehearsal,
    create_backups,
    state_of,
    write_all,
)

ANSWERS, STATE = BACKUPS.values()
OLD = NOW - timedelta(days=2)
_KEY = ("pk", "sk")


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[OperatorStack]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with deployed() as stack:
        stack.start_consumers()
        create_backups()
        yield stack


@pytest.fixture(params=BACKENDS)
def rehearsed(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OperatorStack]:
    """The same stack, once on moto and once on DynamoDB Local."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    if request.param != "moto":
        endpoint = request.getfixturevalue("dynamodb_local")
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", endpoint)
    with deployed() as stack:
        stack.start_consumers()
        create_backups()
        yield stack
        for name in (stack.responses, stack.state, *BACKUPS.values()):
            clients.dynamodb().delete_table(TableName=name)


def restored(table: str, *more: str) -> dict[tuple[str, str, str | None], int]:
    rows = run_json("restore", "--from-table", table, *more)
    return {(row["kind"], row["result"], row["why"]): row["items"] for row in rows}


def back_up(*answers: Answer) -> None:
    write_all(ANSWERS, map(to_item, answers))


def stored(stack: OperatorStack) -> dict[str, Answer]:
    store = DynamoAnswerStore(clients.dynamodb(), stack.responses)
    return {answer.key.id: answer for answer in store.everything()}


def old(**fields: Any) -> Answer:
    return make_answer(answered_at=OLD, rev=1_700_000_000_000, **fields)


def test_a_lost_answer__comes_back_and_one_that_is_there_stays(stack: OperatorStack) -> None:
    back_up(old(id=1, score=3), old(id=2, score=3))
    newer = make_answer(id=2, score=9)
    stack.lose([newer])
    assert restored(ANSWERS) == {
        ("response", "copied", None): 1,
        ("response", "left_alone", None): 1,
    }
    assert stored(stack)["2"] == newer
    assert replace(stored(stack)["1"], rev=0, restored_rev=None) == replace(
        old(id=1, score=3), rev=0
    )
    assert restored(ANSWERS) == {("response", "left_alone", None): 2}


def test_a_dry_run__counts_the_same_and_writes_nothing(stack: OperatorStack) -> None:
    answers = [old(id=number) for number in range(8)]
    back_up(*answers)
    write_all(STATE, state_of(answers))
    before = [stored(stack), stack.state_items()]
    dry = [restored(table, "--dry-run") for table in BACKUPS.values()]
    assert [stored(stack), stack.state_items()] == before
    assert dry == [restored(table) for table in BACKUPS.values()]
    assert (
        "Nothing was changed"
        in run("restore", "--from-table", STATE, "--dry-run", *ON_STACK).output
    )


def test_an_answer_whose_later_version_is_lost__counts_as_it_came_back(
    stack: OperatorStack,
) -> None:
    back_up(old(id=1, score=3, account_id="c-118"))
    stack.store([make_answer(id=1, score=10, account_id="c-118")])
    clients.dynamodb().delete_item(
        TableName=stack.responses, Key={"pk": {"S": f"{TOKEN}#response#1"}}
    )
    restored(ANSWERS)
    run_json("replay", "--from", "2025-01-01", "--only", "rollup")
    (acme,) = run_json("accounts", "list")
    assert (acme["all"]["n"], acme["all"]["detractors"]) == (1, 1)


def test_an_answer_that_came_back__mails_nobody_until_its_next_version(
    stack: OperatorStack,
) -> None:
    DynamoProfiles(clients.dynamodb(), stack.state).activate(TOKEN, NOW - timedelta(days=9))
    back_up(make_answer(id=1, score=1))
    restored(ANSWERS)
    run_json("replay", "--from", "2025-01-01")
    assert run_json("mail", "list") == run_json("tasks", "list") == []

    came = stored(stack)["1"]
    store = DynamoAnswerStore(clients.dynamodb(), stack.responses)
    assert store.put(replace(came, score=2, rev=came.rev + 1), came.rev)
    run_json("replay", "--from", "2025-01-01")
    assert len(run_json("tasks", "list")) == 1


def test_an_answer_that_had_moved__counts_once_after_a_rebuild(
    stack: OperatorStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(old(id=1, account_id="c-1"))
    stack.store([make_answer(id=1, account_id="c-2")])
    clients.dynamodb().delete_item(
        TableName=stack.responses, Key={"pk": {"S": f"{TOKEN}#response#1"}}
    )
    restored(ANSWERS)
    # A rebuild leaves the votes of the last five minutes to the stream.
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=6))
    assert run("rebuild", "--all", *ON_STACK).exit_code == 0
    counts = {row["account_id"]: row["all"]["n"] for row in run_json("accounts", "list")}
    assert (counts["c-1"], counts.get("c-2", 0)) == (1, 0)


@pytest.mark.parametrize("outcome", ["deleted", "erased"])
def test_a_removal__is_not_undone_by_a_backup(stack: OperatorStack, outcome: str) -> None:
    answer = old(id=1, score=3, text="secret", email="ana@acme.example")
    back_up(answer)
    suspect = Suspect(answer.key, 0, "7001", OLD, outcome=outcome, settled_at=NOW)
    DynamoProofStore(clients.dynamodb(), stack.state, TOKEN).put_suspect(suspect)
    why = f"{outcome} since: put back without what that removes"
    assert restored(ANSWERS) == {("response", "copied", why): 1}
    came = stored(stack)["1"]
    assert (came.deleted, came.erased) == (outcome == "deleted", outcome == "erased")
    assert (came.email is None) == (outcome == "erased")


def test_an_erased_person__comes_back_nowhere(stack: OperatorStack) -> None:
    """Their answers keep the vote; profile, contact of the task and subject do not return."""
    answer = old(id=0, end_user_id="7001", email="ana@acme.example")
    back_up(answer)
    person = {"pk": f"PEOPLE#{TOKEN}", "sk": "7001", "email": "ana@acme.example"}
    state = list(state_of([answer]))
    mail = next(item for item in state if item["pk"] == "MAIL")
    state = [{**item, "subject": "ana"} if item is mail else item for item in state]
    write_all(STATE, [*state, {**person, "sk": "7002"}, person])
    DynamoPeople(clients.dynamodb(), stack.state, TOKEN).erase("7001")
    restored(ANSWERS)
    counts = restored(STATE)
    assert counts["PEOPLE", "left_alone", None] == 1
    assert counts["TASK", "copied", "its person was erased since"] == 1
    assert counts["MAIL", "copied", "its person was erased since"] == 1
    assert stored(stack)["0"].email is None
    assert stored(stack)["0"].score == answer.score
    kept = [item for item in stack.state_items() if item["pk"] in ("TASK", "MAIL")]
    assert "ana" not in str([{**item, "sk": ""} for item in kept])

    clients.dynamodb().delete_item(
        TableName=stack.state, Key=items.to_wire({"pk": person["pk"], "sk": "7001"})
    )
    assert restored(STATE)["PEOPLE", "skipped", "its person was erased since"] == 1


@pytest.mark.parametrize(
    ("state", "preparing", "after"),
    [
        ("PENDING", False, "CANCELLED"),
        ("SENDING", True, "CANCELLED"),
        ("SENDING", False, "UNKNOWN"),
        ("SENT", False, "SENT"),
    ],
)
def test_a_mail_of_a_backup__never_leaves(
    stack: OperatorStack, state: str, preparing: bool, after: str
) -> None:
    item = next(item for item in state_of([old(id=1)]) if item["pk"] == "MAIL")
    waiting = {} if state == "SENT" else {"due_pk": "MAIL"}
    bare = {name: value for name, value in item.items() if name != "due_pk"}
    attempts = 1 if state == "SENDING" and not preparing else 0
    write_all(
        STATE,
        [{**bare, **waiting, "state": state, "preparing": preparing, "attempts": attempts}],
    )
    restored(STATE)
    store = DynamoFollowUp(clients.dynamodb(), stack.state)
    (mail,) = store.mails()
    assert (mail.state, mail.waiting) == (after, False)
    assert "due_pk" not in mail_item(mail) or mail_item(mail)["due_pk"] is None


@pytest.mark.parametrize(
    ("pk", "sk", "more", "why"),
    [
        (f"CONN#{TOKEN}", "LEASE", {}, "a lock"),
        (f"CONN#{TOKEN}", "CHECKPOINT#responses", {}, "the sync begins again"),
        (f"CONN#{TOKEN}", "WANTED", {}, "a request"),
        (f"CONN#{TOKEN}", "MISSING#response#1", {"missed_at": iso(OLD)}, "a suspicion"),
        (f"CONN#{TOKEN}", "GAP#responses#window#1", {"expires_at": 1_700_000_000}, "its time"),
        ("RUN", "run-1", {"status": "running"}, "a run that was under way"),
        ("ACCT#c-118", "LEDGER#2026-03", {}, "follows from the answers"),
        ("ACCOUNT", "c-118", {}, "follows from the answers"),
        ("CONNECTION", "NPS-other123", {}, "may have been removed"),
        ("OPENTASK", "c-118", {"task_id": "gone"}, "its task is not open"),
        ("TOMORROW", "x", {}, "cannot be read"),
        ("MAIL", "x", {}, "cannot be read"),
    ],
)
def test_what_time_has_overtaken__stays_in_the_backup(
    stack: OperatorStack, pk: str, sk: str, more: dict[str, Any], why: str
) -> None:
    write_all(STATE, [{"pk": pk, "sk": sk, **more}])
    ((kind, result, reason),) = restored(STATE)
    assert (result, (reason or "")[: len(why)]) == ("skipped", why), kind
    assert stack.state_items() == []


@pytest.mark.parametrize(
    ("pk", "sk", "more"),
    [
        (f"CONN#{TOKEN}", "PROFILE", {"activated_at": iso(OLD)}),
        (f"CONN#{TOKEN}", "GAP#responses#window#1", {}),
        (f"CONN#{TOKEN}", "MISSING#response#1", {"settled_at": iso(OLD)}),
        ("RUN", "run-1", {"status": "complete"}),
        ("QUARANTINE", "abc", {"payload": "{}"}),
        ("DIRECTORY", "domain#acme.example", {"account_id": "c-118"}),
    ],
)
def test_what_is_still_true__comes_back_as_it_was(
    stack: OperatorStack, pk: str, sk: str, more: dict[str, Any]
) -> None:
    item = {"pk": pk, "sk": sk, **more}
    write_all(STATE, [item])
    restored(STATE)
    assert stack.state_items() == [item]


def test_a_pointer__comes_back_with_its_open_task(stack: OperatorStack) -> None:
    task = next(item for item in state_of([old(id=1)]) if item["pk"] == "TASK")
    pointer = {"pk": "OPENTASK", "sk": "c-118", "task_id": task["task_id"]}
    write_all(STATE, [task, pointer])
    assert restored(STATE, "--dry-run")["OPENTASK", "copied", None] == 1
    restored(STATE)
    assert pointer in stack.state_items()


def test_an_open_task__comes_back_closed_if_its_account_has_another_one_since(
    stack: OperatorStack,
) -> None:
    state = [item for item in state_of([old(id=1)]) if item["pk"] in ("TASK", "OPENTASK")]
    write_all(STATE, state)
    other = {"pk": "OPENTASK", "sk": "task-1", "task_id": "newer"}
    write_all(stack.state, [other])
    restored(STATE)
    (task,) = [item for item in stack.state_items() if item["pk"] == "TASK"]
    assert (task["status"], task["close_reason"]) == ("closed", "restored")
    assert other in stack.state_items()


@pytest.mark.parametrize(
    ("table", "more", "expected"),
    [
        ("nowhere", [], "there is no table 'nowhere': `aws dynamodb restore-table-to-point"),
        ("ResponsesTable-test", [], "is a table of the stack itself"),
        (ANSWERS, ["--into", "state"], "has the keys of the table `answers`, not of `state`"),
        ("strange", [], "has the keys of no table of this stack"),
    ],
)
def test_a_wrong_table__is_refused_with_the_fix(
    stack: OperatorStack, table: str, more: list[str], expected: str
) -> None:
    clients.dynamodb().create_table(
        TableName="strange",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    result = run("restore", "--from-table", table, *more, *ON_STACK)
    assert result.exit_code == 1
    assert expected in result.output


def test_a_table_of_the_stack_that_is_gone__is_told_with_its_procedure(
    stack: OperatorStack,
) -> None:
    clients.dynamodb().delete_table(TableName=stack.responses)
    result = run("restore", "--from-table", ANSWERS, *ON_STACK)
    assert result.exit_code == 1
    assert "is gone: see `The table that is gone` in the runbook" in result.output


def test_a_missing_option__is_wrong_usage(stack: OperatorStack) -> None:
    assert run("restore", *ON_STACK).exit_code == 2
    assert run("restore", "--from-table", "x", "--into", "mails", *ON_STACK).exit_code == 2


def test_a_rehearsal_of_600_lost_items__ends_right(rehearsed: OperatorStack) -> None:
    rehearsal = Rehearsal.prepare(rehearsed, 600)
    rehearsal.meanwhile()
    assert {row["result"] for row in rehearsal.restore()} == {"left_alone"}
    rehearsal.follow()
    assert rehearsal.differences() == []


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("table", [ANSWERS, STATE])
def test_a_kill_at_any_call__ends_the_same_after_another_run(
    stack: OperatorStack, monkeypatch: pytest.MonkeyPatch, table: str, moment: Moment
) -> None:
    monkeypatch.setattr("nps_cli.repair.restore_copy.SEGMENTS", 1)
    answers = [old(id=number) for number in range(4)]
    back_up(*answers)
    write_all(STATE, state_of(answers))

    def once(at: int | None) -> int:
        operator = Stack(Options(False, STACK, REGION, None, True))
        with fuse_on([operator.dynamodb], at, moment) as fuse:
            Copy(operator, pair(operator, table, None), dry_run=False).run()
        return fuse.calls

    def empty() -> None:
        for name in (os.environ["RESPONSES_TABLE"], os.environ["STATE_TABLE"]):
            for item in items.scan(clients.dynamodb(), name):
                key = {part: str(item[part]) for part in _KEY if part in item}
                items.delete(clients.dynamodb(), name, key)

    calls = once(None)
    expected = [stored(stack), stack.state_items()]
    assert calls > 5
    for at in range(1, calls + 1):
        empty()
        with pytest.raises(Killed):
            once(at)
        once(None)
        assert [stored(stack), stack.state_items()] == expected, at
