"""`nps sync removals` on a real table."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from nps_cli.sync.undo import Undo
from nps_core import clock
from nps_core.answers.dynamo import DynamoAnswerStore
from nps_core.answers.ingest import Ingest
from nps_core.answers.matching import AccountRules
from nps_core.aws import clients
from nps_core.customers.directory import DynamoDirectory
from nps_core.keys import AnswerKey
from nps_core.sync.proof.dynamo import DynamoProofStore
from nps_core.sync.proof.gaps import Gap
from nps_core.sync.proof.suspects import Suspect
from nps_core.times import iso
from nps_testing.factories import NOW, make_answer
from nps_testing.stacks.crashes import Killed, Moment, fuse_on
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


def tombstone(stack: OperatorStack, store: DynamoProofStore, number: int) -> AnswerKey:
    key = suspect(number).key
    stack.store([make_answer(key=key, score=9, deleted=True, text="Exports are slow")])
    store.settle(suspect(number), "deleted", NOW - HOUR)
    return key


def answers(stack: OperatorStack) -> DynamoAnswerStore:
    return DynamoAnswerStore(clients.dynamodb(), stack.responses)


def test_undo__counts_the_answer_again(stack: OperatorStack, proof_store: DynamoProofStore) -> None:
    key, other = (tombstone(stack, proof_store, number) for number in (11, 12))
    before = answers(stack).get(key)
    assert before is not None
    assert run_json("sync", "removals", "undo", "response#11", "--dry-run") == [
        {"account_token": TOKEN, "key": "response#11", "undone": False, "why": None}
    ]
    assert answers(stack).get(key) == before
    assert run_json("sync", "removals", "undo", "response#11") == [
        {"account_token": TOKEN, "key": "response#11", "undone": True, "why": None}
    ]
    again = answers(stack).get(key)
    assert again is not None
    assert (again.is_counted, again.text, again.rev > before.rev) == (True, before.text, True)
    untouched = answers(stack).get(other)
    assert untouched is not None
    assert untouched.deleted
    assert "response#11" not in [row["key"] for row in run_json("sync", "removals", "list")]


def test_undo__since_a_time_takes_all_that_were_removed_from_then_on(
    stack: OperatorStack, proof_store: DynamoProofStore
) -> None:
    keys = [tombstone(stack, proof_store, number) for number in (11, 12)]
    proof_store.settle(suspect(13), "erased", NOW - HOUR)
    shown = run("sync", "removals", "undo", "--since", iso(NOW - 2 * HOUR), *ON_STACK)
    assert shown.exit_code == 0
    assert "2 removals undone" in shown.output
    assert "response#13 stays removed: the person was erased" in shown.output
    stored = answers(stack).get_many(keys).values()
    assert [answer.deleted for answer in stored] == [False, False]


def test_undo__says_what_it_cannot(proof_store: DynamoProofStore) -> None:
    proof_store.settle(suspect(13), "erased", NOW - HOUR)
    for key, why in (
        ("response#13", "the person was erased"),
        ("response#3", "the answer is not stored"),
        ("response#99", "no removal 'response#99'"),
    ):
        result = run("sync", "removals", "undo", key, *ON_STACK)
        assert (result.exit_code, why in result.output) == (1, True), result.output
    old = replace(suspect(4), outcome="deleted", settled_at=NOW - timedelta(days=31))
    proof_store.forget(old, NOW)
    assert (
        "its content was dropped" in run("sync", "removals", "undo", "response#4", *ON_STACK).output
    )


@pytest.mark.parametrize("words", [(), ("response#1", "--since", "2026-03-01")])
def test_undo__needs_either_keys_or_a_time(stack: OperatorStack, words: tuple[str, ...]) -> None:
    result = run("sync", "removals", "undo", *words, *ON_STACK)
    assert (result.exit_code, "either KEYs or --since" in result.output) == (2, True)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_undo__that_is_killed_at_any_call_is_finished_by_a_repeat(
    stack: OperatorStack, proof_store: DynamoProofStore, moment: Moment
) -> None:
    keys = [tombstone(stack, proof_store, number) for number in (11, 12)]
    names = [f"response#{key.id}" for key in keys]
    rules = AccountRules.of("company_id", "company", "csm_email")
    directory = DynamoDirectory(clients.dynamodb(), stack.state)
    ingest = Ingest(answers(stack), directory, rules, "NPS")
    undo = Undo(TOKEN, proof_store, ingest, names, None)
    number = 0
    while True:
        number += 1
        with fuse_on([clients.dynamodb()], number, moment) as fuse:
            try:
                undo.carry_out(undo.chosen(), lambda: NOW, dry_run=False)
            except Killed:
                continue
        break
    assert fuse.calls < number
    stored = answers(stack).get_many(keys).values()
    assert [answer.deleted for answer in stored] == [False, False]
    assert {one.outcome for one in proof_store.suspicions() if one.key in keys} == {"undone"}
    assert number > 4
