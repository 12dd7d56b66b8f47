"""`nps replay`: stored answers to the real stream handlers, over real HTTP."""

import shlex
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from nps_core import clock
from nps_core.answers.dynamo import DynamoAnswerStore
from nps_core.answers.models import Answer
from nps_core.aws import clients
from nps_core.connections.profile import DynamoProfiles
from nps_core.times import iso
from nps_testing.factories import NOW, make_answer
from nps_testing.stacks.environment import TOKEN
from nps_testing.stacks.operator import ON_STACK, OperatorStack, deployed, run, run_json

DAY = timedelta(days=1)
SINCE = ("--from", "2025-01-01")
LIVE = NOW - timedelta(hours=1)
_VERSION = ("ACCOUNT", "version")


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[OperatorStack]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr("nps_cli.commands.repair.replay.BATCH", 10)
    with deployed() as stack:
        stack.start_consumers()
        DynamoProfiles(clients.dynamodb(), stack.state).activate(TOKEN, NOW - 2 * DAY)
        yield stack


def old(number: int, score: int) -> Answer:
    """An answer of the backfill: given long before it was stored."""
    at = NOW - timedelta(days=30 + number)
    return make_answer(id=number, score=score, answered_at=at, end_user_id=str(number))


def counted() -> list[tuple[str, int]]:
    return [(row["account_id"], row["all"]["n"]) for row in run_json("accounts", "list")]


def sent(stack: OperatorStack) -> list[tuple[str, int]]:
    return [(name, len(event["Records"])) for name, event in stack.endpoint.invoked]


def test_lost_answers__are_counted_and_get_their_task(stack: OperatorStack) -> None:
    stack.lose([old(1, 9), old(2, 2), make_answer(id=3, score=1, answered_at=LIVE)])
    assert counted() == []
    assert run_json("replay", *SINCE) == {
        "from": "2025-01-01T00:00:00Z",
        "to": iso(NOW),
        "answers": 3,
        "batches": 1,
        "functions": ["rollup", "notify"],
        "dry_run": False,
    }
    assert counted() == [("c-118", 3)]
    assert [task["response_ids"] for task in run_json("tasks", "list")] == [[3]]


def test_a_second_replay__changes_nothing_but_the_version_of_a_summary(
    stack: OperatorStack,
) -> None:
    def items() -> list[Any]:
        return [
            {name: value for name, value in item.items() if (item["pk"], name) != _VERSION}
            for item in stack.state_items()
        ]

    stack.lose([old(1, 9), old(2, 2), make_answer(id=3, score=1, answered_at=LIVE)])
    run_json("replay", *SINCE)
    before = items()
    assert len(run_json("mail", "list")) == 1
    run_json("replay", *SINCE)
    assert items() == before


def test_old_detractors__page_nobody(stack: OperatorStack) -> None:
    stack.lose([old(number, number % 7) for number in range(20)])
    run_json("replay", *SINCE)
    assert counted() == [("c-118", 20)]
    assert run_json("tasks", "list") == run_json("mail", "list") == []


def test_the_range__includes_its_start_and_not_its_end(stack: OperatorStack) -> None:
    moments = [NOW - DAY, NOW - DAY + timedelta(milliseconds=1), NOW - timedelta(hours=2)]
    stack.lose(make_answer(id=number, score=9, answered_at=at) for number, at in enumerate(moments))
    report = run_json("replay", "--from", iso(moments[0]), "--to", iso(moments[2]))
    assert report["answers"] == 2
    assert run_json("replay", "--from", "2026-03-02", "--dry-run")["answers"] == 1
    assert run_json("replay", "--from", "2026-03-01", "--to", "2026-03-02")["answers"] == 2


def test_many_answers__go_in_batches_and_declines_do_not(stack: OperatorStack) -> None:
    stack.lose(old(number, 9) for number in range(15))
    stack.lose([make_answer(id=1000, kind="decline", score=None)])
    assert run_json("replay", *SINCE)["batches"] == 2
    assert sent(stack) == [
        *(("test-rollup", 10), ("test-notify", 10), ("test-rollup", 5), ("test-notify", 5)),
    ]
    (record,) = {
        record["eventName"] for _, event in stack.endpoint.invoked for record in event["Records"]
    }
    assert record == "INSERT"


@pytest.mark.parametrize("only", ["rollup", "notify"])
def test_one_function__may_be_fed_alone(stack: OperatorStack, only: str) -> None:
    stack.lose([old(1, 9)])
    assert run_json("replay", *SINCE, "--only", only)["functions"] == [only]
    assert sent(stack) == [(f"test-{only}", 1)]


def test_a_dry_run__counts_and_invokes_nothing(stack: OperatorStack) -> None:
    stack.lose(old(number, 9) for number in range(11))
    report = run_json("replay", *SINCE, "--dry-run")
    assert (report["answers"], report["batches"], report["dry_run"]) == (11, 2, True)
    assert stack.endpoint.invoked == []
    assert "11 answers in 2 batches would be fed" in run(
        "replay", *SINCE, "--dry-run", *ON_STACK
    ).output.replace("\n", " ")


def test_a_function_that_fails__stops_and_names_the_command_to_go_on(
    stack: OperatorStack,
) -> None:
    stack.lose(old(number, 9) for number in range(15))

    def fails_at_the_second(event: Any) -> Any:
        if len(event["Records"]) < 10:
            raise KeyError("ana@acme.example")
        return handler(event)

    handler = stack.endpoint.functions["test-rollup"]
    stack.endpoint.functions["test-rollup"] = fails_at_the_second
    result = run("replay", *SINCE, "--connection", TOKEN, *ON_STACK)
    assert result.exit_code == 1
    assert "rollup failed with KeyError" in result.output
    assert "10 of 15 answers done" in result.output
    assert "acme" not in result.output
    command = result.output.strip().rpartition("continue with: ")[2]
    words = shlex.split(command)
    assert words[:2] == ["nps", "replay"]
    assert words[2:4] == ["--from", iso(old(4, 9).answered_at)]
    assert words[-6:] == ["--connection", TOKEN, *ON_STACK]

    stack.endpoint.functions["test-rollup"] = handler
    assert run(*words[1:]).exit_code == 0
    assert counted() == [("c-118", 15)]


def test_a_table_that_is_gone__is_told_before_anything_is_replayed(stack: OperatorStack) -> None:
    stack.lose([old(1, 9)])
    clients.dynamodb().delete_table(TableName=stack.state)
    result = run("replay", *SINCE, *ON_STACK)
    assert result.exit_code == 1
    assert "a resource of the stack is gone; deploy the stack again" in result.output


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["--from", "yesterday"], "Invalid value for '--from': 'yesterday' is no time"),
        (["--from", "2026-03-01", "--to", "2026-13-01"], "Invalid value for '--to'"),
        (["--from", "2026-03-03"], "is not before the end, 2026-03-02T17:16:00Z"),
        (["--from", "2026-03-02", "--to", "2026-03-02"], "is not before the end"),
        (["--from", "2026-03-01", "--only", "sync"], "'--only'"),
    ],
)
def test_wrong_times__are_wrong_usage_that_names_option_and_form(
    stack: OperatorStack, args: list[str], expected: str
) -> None:
    result = run("replay", *args, *ON_STACK)
    assert result.exit_code == 2
    assert expected in result.output
    assert stack.endpoint.invoked == []


def test_an_unknown_connection__is_refused_with_those_there_are(stack: OperatorStack) -> None:
    result = run("replay", *SINCE, "--connection", "NPS-other", *ON_STACK)
    assert result.exit_code == 1
    assert f"no connection 'NPS-other': this stack has {TOKEN}" in result.output


def test_a_lost_edit__counts_as_it_is_now(stack: OperatorStack) -> None:
    before = make_answer(id=1, score=9, answered_at=LIVE)
    stack.store([before])
    after = replace(before, score=8, rev=before.rev + 1)
    assert DynamoAnswerStore(clients.dynamodb(), stack.responses).put(after, before.rev)
    run_json("replay", *SINCE, "--only", "rollup")
    (acme,) = run_json("accounts", "list")
    assert (acme["all"]["n"], acme["all"]["passives"]) == (1, 1)
