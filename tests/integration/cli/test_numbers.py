"""`nps numbers` on real tables, killed at every AWS call."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from nps_cli.repair.numbers import Numbers
from nps_cli.shell.options import Options
from nps_cli.shell.stack import Stack
from nps_core import clock, keys
from nps_core.answers.dynamo import DynamoAnswerStore
from nps_core.answers.models import Answer
from nps_core.aws import clients
from nps_testing.factories import NOW, make_answer
from nps_testing.stacks.crashes import Killed, Moment, fuse_on
from nps_testing.stacks.operator import (
    ON_STACK,
    REGION,
    STACK,
    OperatorStack,
    deployed,
    run,
    run_json,
)

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[OperatorStack]:
    monkeypatch.setattr(clock, "now", lambda: LATER)
    with deployed() as stack:
        yield stack


def moved_unseen(stack: OperatorStack) -> Answer:
    """An answer that moved from c-118 to c-200, whose stream batch was lost, replayed since."""
    before = make_answer(score=9)
    stack.store([before, make_answer(id=2, score=9, end_user_id="7002")])
    moved = replace(before, account_id="c-200", rev=before.rev + 1)
    assert DynamoAnswerStore(clients.dynamodb(), stack.responses).put(moved, before.rev)
    stack.start_consumers()
    run_json("replay", "--from", "2026-01-01", "--only", "rollup")
    return moved


def counted() -> dict[str, int]:
    return {row["account_id"]: row["all"]["n"] for row in run_json("accounts", "list")}


def checked(*args: str) -> tuple[int, Any]:
    result = run("numbers", "check", *args, *ON_STACK, "--json")
    return result.exit_code, json.loads(result.output)


def test_lost_move_that_was_replayed__is_counted_twice_until_rebuilt(stack: OperatorStack) -> None:
    moved = moved_unseen(stack)
    assert counted() == {"c-118": 2, "c-200": 1}
    status, report = checked()
    assert status == 1
    assert (report["accounts"], report["answers"], report["found"]) == (2, 2, 3)
    month = report["differences"][1]
    assert month == {
        "kind": "misplaced_vote",
        "account_id": "c-118",
        "ledger": "month",
        "month": "2026-03",
        "account_token": moved.key.account_token,
        "response_id": 500001,
        "differs": [],
        "stored": {"score": 9, "answered_at": "2026-03-02T17:15:04.120Z", "rev": moved.rev - 1},
        "right": None,
    }
    assert "@" not in json.dumps(report)
    done = run_json("numbers", "rebuild", "--account", "c-118")
    assert (done["ledgers"], done["summaries"], done["proven"]) == (2, 1, True)
    assert counted() == {"c-118": 1, "c-200": 1}
    assert checked()[0] == 0


def test_dry_run__proves_its_plan_and_writes_nothing(stack: OperatorStack) -> None:
    moved_unseen(stack)
    before = stack.state_items()
    plan = run_json("rebuild", "--all", "--dry-run")
    assert (plan["found"], plan["ledgers"], plan["proven"], plan["dry_run"]) == (3, 2, True, True)
    assert stack.state_items() == before


def test_text__tells_what_differs_and_what_was_written(stack: OperatorStack) -> None:
    moved_unseen(stack)
    shown = run("numbers", "check", *ON_STACK)
    assert shown.exit_code == 1
    assert "misplaced_vote" in shown.output
    assert "3 differences" in shown.output
    done = run("numbers", "rebuild", "--all", *ON_STACK)
    assert done.exit_code == 0
    assert "2 ledgers and 1 summary written" in " ".join(done.output.split())
    assert "0 differences" in run("numbers", "check", *ON_STACK).output


@pytest.mark.parametrize("args", [(), ("--all", "--account", "c-118")])
def test_rebuild__needs_one_of_account_and_all(stack: OperatorStack, args: tuple[str, ...]) -> None:
    assert run("numbers", "rebuild", *args, *ON_STACK).exit_code == 2


def test_unknown_account__is_an_error(stack: OperatorStack) -> None:
    stack.store([make_answer()])
    result = run("numbers", "check", "--account", "nobody", *ON_STACK)
    assert (result.exit_code, "no account 'nobody'" in result.output) == (1, True)


def test_unreadable_ledger__is_told_and_left_alone(stack: OperatorStack) -> None:
    moved_unseen(stack)
    ref = keys.ledger("c-200", "2026-03")
    clients.dynamodb().put_item(
        TableName=stack.state, Item={"pk": {"S": ref.pk}, "sk": {"S": ref.sk}}
    )
    result = run("numbers", "rebuild", "--account", "c-200", *ON_STACK)
    assert result.exit_code == 1
    assert "could not be read" in " ".join(result.output.split())


@pytest.mark.parametrize("moment", ["before", "after"])
def test_rebuild__killed_at_any_call_ends_right_when_repeated(
    stack: OperatorStack, moment: Moment
) -> None:
    moved_unseen(stack)
    operator = Stack(Options(stack=STACK, region=REGION))
    with fuse_on([operator.dynamodb]) as whole:
        assert Numbers(operator).rebuild(None, dry_run=False).proven
    assert whole.operations.count("PutItem") == 3
    for call in range(1, whole.calls + 1):
        forget_everything(stack)
        moved_unseen(stack)
        with fuse_on([operator.dynamodb], call, moment), contextlib.suppress(Killed):
            Numbers(operator).rebuild(None, dry_run=False)
        run_json("numbers", "rebuild", "--all")
        assert counted() == {"c-118": 1, "c-200": 1}, (moment, call)
        assert checked()[0] == 0


def forget_everything(stack: OperatorStack) -> None:
    for table, names in ((stack.responses, ["pk"]), (stack.state, ["pk", "sk"])):
        for item in clients.dynamodb().scan(TableName=table)["Items"]:
            key = {name: item[name] for name in names}
            clients.dynamodb().delete_item(TableName=table, Key=key)
