"""Gaps and suspects: the fake, moto and DynamoDB Local keep the same promises."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nps_core.aws import clients, items
from nps_core.keys import AnswerKey
from nps_core.sync.proof.counting import ClassCounts
from nps_core.sync.proof.dynamo import DynamoProofStore
from nps_core.sync.proof.gaps import Gap
from nps_core.sync.proof.ports import ProofStore
from nps_core.sync.proof.suspects import Suspect
from nps_testing.fakes.sync import InMemoryProofStore
from nps_testing.stacks.backends import BACKENDS, local_tables, moto_tables
from nps_testing.stacks.environment import TOKEN

NOW = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
GAP = Gap("responses", "second", 1_772_000_000, 1_772_000_001, "too many", NOW, "run", 3_000)
SUSPECT = Suspect(AnswerKey(TOKEN, "response", "500001"), 1_772_000_000, "7001", NOW)


@pytest.fixture(params=["memory", *BACKENDS])
def proof_store(request: pytest.FixtureRequest) -> Iterator[ProofStore]:
    if request.param == "memory":
        yield InMemoryProofStore()
        return
    local = request.param == "dynamodb-local"
    endpoint = request.getfixturevalue("dynamodb_local") if local else ""
    with local_tables(endpoint) if local else moto_tables():
        yield DynamoProofStore(clients.dynamodb(), os.environ["STATE_TABLE"], TOKEN)


def test_gap__is_read_as_it_was_written_and_once(proof_store: ProofStore) -> None:
    every = replace(
        GAP,
        kind="counts",
        difference=ClassCounts(-1, 0, 2),
        tries=2,
        tried_at=NOW,
        next_user="7001",
    )
    for gap in (GAP, every, GAP):
        proof_store.put_gap(gap)
    assert sorted(proof_store.gaps(), key=lambda gap: gap.kind) == [every, GAP]


def test_gap__that_is_closed_stays_as_a_record(proof_store: ProofStore) -> None:
    proof_store.put_gap(GAP)
    proof_store.close_gap(GAP, NOW + timedelta(minutes=20))
    (closed,) = proof_store.gaps()
    assert not closed.is_open
    assert closed == replace(GAP, closed_at=NOW + timedelta(minutes=20))


def test_suspect__is_open_until_it_is_settled(proof_store: ProofStore) -> None:
    other = replace(SUSPECT, key=AnswerKey(TOKEN, "decline", "500001"), end_user_id=None)
    proof_store.put_suspect(SUSPECT)
    proof_store.put_suspect(other)
    assert sorted(proof_store.suspects(), key=lambda one: one.key) == [other, SUSPECT]
    proof_store.settle(SUSPECT, "deleted", NOW)
    assert proof_store.suspects() == [other]
    proof_store.put_suspect(SUSPECT)  # missing again, after it was listed again
    assert len(proof_store.suspects()) == 2


def test_suspicion__that_is_settled_stays_as_a_record(proof_store: ProofStore) -> None:
    proof_store.put_suspect(SUSPECT)
    assert proof_store.accept(SUSPECT, NOW)
    (accepted,) = proof_store.suspects()
    assert accepted == replace(SUSPECT, accepted_at=NOW)
    later = NOW + timedelta(hours=1)
    proof_store.settle(accepted, "deleted", later)
    (settled,) = proof_store.suspicions()
    assert settled == replace(accepted, outcome="deleted", settled_at=later)
    assert not settled.is_open


def test_suspicion__that_is_forgotten_stays_settled(proof_store: ProofStore) -> None:
    proof_store.put_suspect(SUSPECT)
    proof_store.settle(SUSPECT, "deleted", NOW)
    (settled,) = proof_store.suspicions()
    assert settled.is_undoable
    later = NOW + timedelta(days=30)
    proof_store.forget(settled, later)
    assert proof_store.suspicions() == [replace(settled, forgotten_at=later)]
    assert proof_store.suspects() == []


def test_suspicion__that_is_settled_or_unknown_cannot_be_accepted(proof_store: ProofStore) -> None:
    assert not proof_store.accept(SUSPECT, NOW)
    proof_store.put_suspect(SUSPECT)
    proof_store.settle(SUSPECT, "listed again", NOW)
    assert not proof_store.accept(SUSPECT, NOW)
    assert proof_store.suspects() == []


def test_records__are_kept_for_180_days_once_they_are_settled(tables: str) -> None:
    assert tables
    proof_store = DynamoProofStore(clients.dynamodb(), os.environ["STATE_TABLE"], TOKEN)
    proof_store.put_gap(GAP)
    proof_store.put_suspect(SUSPECT)
    proof_store.close_gap(GAP, NOW)
    proof_store.settle(SUSPECT, "erased", NOW)
    found = list(
        items.query(
            clients.dynamodb(), os.environ["STATE_TABLE"], "pk = :p", {":p": f"CONN#{TOKEN}"}
        )
    )
    assert {item["expires_at"] - int(NOW.timestamp()) for item in found} == {180 * 86_400}
    assert {item["sk"] for item in found} == {
        "GAP#responses#second#1772000000",
        "MISSING#response#500001",
    }
