"""`nps runs show` on a real table."""

from collections.abc import Iterator

import pytest

from nps_core.aws import clients
from nps_core.sync.dynamo import DynamoSyncState
from nps_core.sync.runlog import RunRecord
from nps_core.views.sync.runs import RunRow
from nps_testing.factories import NOW
from nps_testing.stacks.environment import TOKEN
from nps_testing.stacks.operator import ON_STACK, OperatorStack, deployed, run, run_json

FIRST, SECOND, THIRD = "20260301T000000000Z-ab", "20260301T000500000Z-ab", "20260302T000000000Z-cd"


@pytest.fixture
def stack() -> Iterator[OperatorStack]:
    with deployed() as stack:
        state = DynamoSyncState(clients.dynamodb(), stack.state, TOKEN)
        for run_id in (THIRD, FIRST, SECOND):
            record = RunRecord(run_id, TOKEN, "live", NOW, pages=3, gaps=1)
            state.put_run(record.as_dict(), NOW)
        yield stack


def test_a_run__has_the_fields_of_the_list_and_then_what_else_is_recorded(
    stack: OperatorStack,
) -> None:
    row = run_json("runs", "show", SECOND)
    assert list(row) == [*RunRow.model_fields, "closed_gaps", "deleted", "gaps"]
    assert (row["run_id"], row["pages"], row["gaps"], row["error"]) == (SECOND, 3, 1, None)
    assert TOKEN in run("runs", "show", SECOND, *ON_STACK).output


@pytest.mark.parametrize(
    ("asked", "expected"), [("20260302", THIRD), ("last", THIRD), (FIRST[:-1], FIRST)]
)
def test_a_run__may_be_named_by_its_beginning_or_as_the_last(
    stack: OperatorStack, asked: str, expected: str
) -> None:
    assert run_json("runs", "show", asked)["run_id"] == expected


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ("20260301", "several runs begin with '20260301'"),
        ("20250101", "there is no run '20250101'"),
        ("", "there is no run ''"),
    ],
)
def test_a_run_that_cannot_be_told__is_one_line_naming_the_list(
    stack: OperatorStack, asked: str, reason: str
) -> None:
    result = run("runs", "show", asked, *ON_STACK)
    assert result.exit_code == 1
    (line,) = result.output.strip().splitlines()
    assert reason in line
    assert "`nps runs list`" in line


def test_an_id_in_full__wins_over_longer_ones(stack: OperatorStack) -> None:
    longer = RunRecord(f"{FIRST}c", TOKEN, "live", NOW).as_dict()
    DynamoSyncState(clients.dynamodb(), stack.state, TOKEN).put_run(longer, NOW)
    assert run_json("runs", "show", FIRST)["run_id"] == FIRST


def test_the_last_of_no_runs__is_not_there() -> None:
    with deployed():
        result = run("runs", "show", "last", *ON_STACK)
        assert (result.exit_code, "there is no run 'last'" in result.output) == (1, True)
