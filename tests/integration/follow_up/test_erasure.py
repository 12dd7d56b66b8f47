"""An erased person: their identity and texts are gone everywhere, and no number changes."""

import os
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from nps_core.answers.dynamo import DynamoAnswerStore
from nps_core.aws import clients, items
from nps_core.numbers.account_numbers import AccountView
from nps_core.numbers.current import read_account, read_company
from nps_core.numbers.dynamo_ledgers import DynamoLedgerStore
from nps_core.numbers.dynamo_summaries import DynamoSummaryStore
from nps_testing import recompute
from nps_testing.factories import NOW
from nps_testing.stacks.follow_up import FollowUpStack, follow_up_stack

SETTLE = timedelta(seconds=120)
PERSON = ("ana@acme.example", "u-42", "Ana Silva", "Exports time out", "spoke to Ana")
ANA: dict[str, Any] = {
    "email": "ana@acme.example",
    "external_id": "u-42",
    "end_user_id": "7001",
    "text": "Exports time out",
    "notes": ("spoke to Ana",),
    "properties": {"company_id": "c-118", "name": "Ana Silva"},
}
BO: dict[str, Any] = {
    "email": "bo@acme.example",
    "external_id": None,
    "end_user_id": "7002",
    "properties": {},
}


@pytest.fixture
def stack(tables: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FollowUpStack]:
    with follow_up_stack(monkeypatch) as running:
        yield running


def stored() -> str:
    """Everything in both tables, votes unpacked."""
    found: list[str] = []
    for table in (os.environ["RESPONSES_TABLE"], os.environ["STATE_TABLE"]):
        for item in items.scan(clients.dynamodb(), table):
            if "votes" in item:
                item["votes"] = zlib.decompress(item["votes"])
            found.append(repr(item))
    return "\n".join(found)


def numbers() -> list[AccountView]:
    client, table = clients.dynamodb(), os.environ["STATE_TABLE"]
    ledgers, summaries = DynamoLedgerStore(client, table), DynamoSummaryStore(client, table)
    accounts = [
        read_account(summaries, ledgers, name, NOW, 180)
        for name in ("c-118", "c-200", "~unmatched")
    ]
    views = [view for view in accounts if view]
    return [*views, read_company(views, ledgers, NOW, 180)]


def assert_equals_recompute() -> None:
    answers = DynamoAnswerStore(clients.dynamodb(), os.environ["RESPONSES_TABLE"]).everything()
    expected = recompute.accounts(answers, NOW)
    for view in numbers()[:-1]:
        for counts, wanted in zip((view.all, view.latest), expected[view.account_id], strict=True):
            assert (counts.n, counts.promoters, counts.passives, counts.detractors) == wanted


@pytest.fixture
def told(stack: FollowUpStack) -> FollowUpStack:
    """Ana answered four times and declined once: an alert that was mailed, and one that waits."""
    for number, (score, account) in enumerate(
        [(9, "c-118"), (2, "c-118"), (8, "c-200"), (1, None)]
    ):
        at = NOW - timedelta(days=40 * (3 - number)) if number != 1 else NOW - timedelta(hours=1)
        stack.write(id=f"1{number}", score=score, account_id=account, answered_at=at, **ANA)
    stack.write(id="15", kind="decline", score=None, **{**ANA, "text": None})
    stack.write(id="20", score=10, account_id="c-118", **BO)
    stack.write(id="21", score=3, account_id="c-118", **BO)
    stack.count()
    stack.decide()
    stack.tick(SETTLE)
    stack.write(id="11", score=1)
    stack.count()
    stack.decide()
    return stack


def test_erasure__of_a_person_leaves_every_number_and_not_one_word(told: FollowUpStack) -> None:
    before = numbers()
    for words in PERSON:
        assert words in stored()
    assert len(told.received()) == 3
    for number in ("10", "11", "12", "13"):
        told.remove("erased", id=number)
    told.remove("erased", id="15", kind="decline")
    told.count()
    told.decide()
    told.tick(SETTLE)
    for words in PERSON:
        assert words not in stored()
    assert [replace(view, as_of=NOW) for view in numbers()] == [
        replace(view, as_of=NOW) for view in before
    ]
    assert_equals_recompute()
    assert len(told.received()) == 3
    tasks = {task.scope: task for task in told.store.tasks()}
    assert (tasks["c-118"].status, tasks["c-118"].response_ids) == ("open", ("21",))
    assert {task.close_reason for task in tasks.values()} == {None, "erased"}
    assert "bo@acme.example" in stored()


def test_erasure__outlives_a_replay_of_the_stream_and_of_the_webhooks(told: FollowUpStack) -> None:
    told.write(id="11", tags=("vip",))
    old = list(told.pending)
    told.count()
    told.decide()
    for number in ("10", "11", "12", "13"):
        told.remove("erased", id=number)
    told.remove("erased", id="15", kind="decline")
    told.count()
    told.decide()
    told.pending += old
    told.count()
    told.decide()
    for words in PERSON:
        assert words not in stored()


def test_deletion__takes_the_vote_and_its_task(told: FollowUpStack) -> None:
    told.remove("deleted", id="11")
    told.remove("deleted", id="21")
    told.count()
    told.decide()
    assert_equals_recompute()
    (acme,) = [view for view in numbers() if view.account_id == "c-118"]
    assert (acme.all.n, acme.all.detractors) == (2, 0)
    assert {task.close_reason for task in told.store.tasks() if task.scope == "c-118"} == {
        "deleted"
    }
