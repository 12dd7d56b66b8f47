"""`nps sync removals` on a real table."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from nps_core import clock
from nps_core.aws import clients
from nps_core.keys import AnswerKey
from nps_core.sync.proof.dynamo import DynamoProofStore
from nps_core.sync.proof.gaps import Gap
from nps_core.sync.proof.suspects import Suspect
from nps_core.times import iso
from nps_testing.factories import NOW
from nps_testing.stacks.environment import TOKEN
from nps_testing.stacks.operator import ON_STACK, OperatorStack, deployed, run, run_json

SECOND = int((NOW - timedelta(days=40)).timestamp())
HOUR = timedelta(hours=1)


def suspect(number: int, **more: object) -> Suspect:
    key = AnswerKey(TOKEN, "response", str(number))
    return replace(Suspect(key, SECOND + number, "7", NOW - 2 * HOUR), **more)  # type: ignore[arg-type]


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[OperatorStack]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with deployed() as stack:
        yield stack


@pytest.fixture
def proof_store(stack: OperatorStack) -> DynamoProofStore:
    """Two suspects, and removals of yesterday and of a distant time."""
    store = DynamoProofStore(clients.dynamodb(), stack.state, TOKEN)
    for number in (1, 2):
        store.put_suspect(suspect(number))
    store.settle(suspect(3), "deleted", NOW - 20 * HOUR)
    store.settle(suspect(4), "deleted", NOW - timedelta(days=31))
    store.settle(suspect(5), "listed again", NOW - HOUR)
    return store


def brake(store: DynamoProofStore) -> None:
    store.put_gap(Gap("responses", "brake", SECOND, SECOND + 9, "too many", NOW, "r-1"))


def test_list__has_what_is_suspected_and_what_was_removed(proof_store: DynamoProofStore) -> None:
    rows = run_json("sync", "removals", "list")
    assert [(row["id"], row["state"]) for row in rows] == [
        *((1, "suspected"), (2, "suspected"), (3, "deleted")),
    ]
    assert rows[2]["removed_at"] == iso(NOW - 20 * HOUR)
    brake(proof_store)
    rows = run_json("sync", "removals", "list", "--connection", TOKEN)
    assert [row["state"] for row in rows] == ["waiting", "waiting", "deleted"]
    assert "waiting" in run("sync", "removals", "list", *ON_STACK).output


def test_list__without_removals_says_so(stack: OperatorStack) -> None:
    shown = run("sync", "removals", "list", *ON_STACK).output
    assert "No stored answer is missing" in shown


def test_accept__asks_and_takes_what_is_suspected_now(proof_store: DynamoProofStore) -> None:
    refused = run("sync", "removals", "accept", *ON_STACK, typed="n\n")
    assert refused.exit_code == 1
    assert "Remove 2 answers and declines of" in refused.output
    assert [one.accepted_at for one in proof_store.suspects()] == [None, None]
    agreed = run("sync", "removals", "accept", *ON_STACK, typed="y\n")
    assert "2 removals accepted" in agreed.output
    assert [one.accepted_at for one in proof_store.suspects()] == [NOW, NOW]
    proof_store.put_suspect(suspect(6))
    rows = run_json("sync", "removals", "list")
    assert [row["state"] for row in rows] == ["accepted", "accepted", "deleted", "suspected"]


def test_accept__in_json_needs_yes(proof_store: DynamoProofStore) -> None:
    result = run("sync", "removals", "accept", *ON_STACK, "--json")
    assert (result.exit_code, "give --yes to accept 2" in result.output) == (1, True)
    assert run_json("sync", "removals", "accept", "--yes") == [
        {"account_token": TOKEN, "accepted": 2}
    ]
    assert run_json("sync", "removals", "accept") == [{"account_token": TOKEN, "accepted": 0}]
