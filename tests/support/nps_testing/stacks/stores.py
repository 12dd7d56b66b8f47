"""Every store on every backend: in memory, on moto, on DynamoDB Local."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from nps_core import keys
from nps_core.answers.dynamo import DynamoAnswerStore
from nps_core.answers.matching import Directory
from nps_core.answers.ports import AnswerStore, Quarantine
from nps_core.answers.quarantine import DynamoQuarantine
from nps_core.aws.clients import dynamodb
from nps_core.customers.directory import DynamoDirectory
from nps_core.customers.entries import DirectoryEntry
from nps_core.numbers.dynamo_ledgers import DynamoLedgerStore
from nps_core.numbers.dynamo_summaries import DynamoSummaryStore
from nps_core.numbers.ports import AccountLedgers, SummaryStore
from nps_testing.fakes.stores import (
    InMemoryAnswerStore,
    InMemoryDirectory,
    InMemoryLedgerStore,
    InMemoryQuarantine,
    InMemorySummaryStore,
)
from nps_testing.stacks.backends import BACKENDS, local_tables, moto_tables


@dataclass(frozen=True)
class Stores:
    answers: AnswerStore
    ledgers: AccountLedgers
    summaries: SummaryStore
    quarantine: Quarantine
    directory: Directory
    fill_directory: Callable[[keys.DirectoryKind, str, str], None]


def _in_memory() -> Stores:
    directory = InMemoryDirectory()

    def fill(kind: keys.DirectoryKind, value: str, account_id: str) -> None:
        directory.entries[kind, value] = account_id

    return Stores(
        InMemoryAnswerStore(),
        InMemoryLedgerStore(),
        InMemorySummaryStore(),
        InMemoryQuarantine(),
        directory,
        fill,
    )


def _on_dynamodb() -> Stores:
    client, state = dynamodb(), os.environ["STATE_TABLE"]
    directory = DynamoDirectory(client, state)
    return Stores(
        DynamoAnswerStore(client, os.environ["RESPONSES_TABLE"]),
        DynamoLedgerStore(client, state),
        DynamoSummaryStore(client, state),
        DynamoQuarantine(client, state),
        directory,
        lambda kind, value, account: directory.put(DirectoryEntry(kind, value, account)),
    )


@pytest.fixture(params=["memory", *BACKENDS])
def stores(request: pytest.FixtureRequest, clean_environment: None) -> Iterator[Stores]:
    if request.param == "memory":
        yield _in_memory()
    elif request.param == "moto":
        with moto_tables():
            yield _on_dynamodb()
    else:
        with local_tables(request.getfixturevalue("dynamodb_local")):
            yield _on_dynamodb()
