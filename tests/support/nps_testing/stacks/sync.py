"""The real sync on moto tables against the bundled fake over real HTTP, with simulated time."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3

from nps_core.answers.dynamo import DynamoAnswerStore
from nps_core.answers.models import Answer
from nps_core.aws import clients, items
from nps_core.config import SyncSettings
from nps_core.sync.runlog import RunRecord
from nps_local.fakes.wootric.oauth import Credentials
from nps_local.fakes.wootric.server import FakeWootric
from nps_testing.fakes.sync import MovingTime
from nps_testing.sources.rows import missing
from nps_testing.stacks.environment import TOKEN
from sync_wootric import wiring
from sync_wootric.connections import Connections
from sync_wootric.run import Clock
from sync_wootric.tick import Sync

LAMBDA_S = 900.0


@dataclass
class SyncStack:
    """A connection, its source, and the current process of the sync."""

    source: FakeWootric
    time: MovingTime
    process: Connections = field(init=False)
    runs: int = 0

    def __post_init__(self) -> None:
        self.new_process()

    def new_process(self) -> None:
        """Drop everything that a process keeps in memory, as a cold start does."""
        self.process = wiring.build(SyncSettings.load(), self.time.sleep, self.time)

    def tick(self, lambda_s: float = LAMBDA_S) -> RunRecord:
        """Run one tick; time moves by the sleeps of the run."""
        self.runs += 1
        began = self.time()
        clock = Clock.start(self.time.now(), self.time, self.time.sleep)
        sync = self.sync()
        return sync.tick(
            f"run-{self.runs:04d}", clock, lambda: int(1000 * (began + lambda_s - self.time()))
        ).record

    def sync(self, token: str = TOKEN) -> Sync:
        """The sync of a connection in this process."""
        (connection,) = self.process.chosen(token)
        return self.process.sync(connection)

    def until_complete(self, ticks: int = 20) -> list[RunRecord]:
        """Tick until a run is complete, five minutes apart."""
        records: list[RunRecord] = []
        for _ in range(ticks):
            records.append(self.tick())
            if records[-1].status == "complete":
                return records
            self.time.sleep(300)
        raise AssertionError([record.as_dict() for record in records])

    def stored(self, kind: str = "response") -> dict[str, Answer]:
        """Everything stored, by id."""
        store = DynamoAnswerStore(clients.dynamodb(), os.environ["RESPONSES_TABLE"])
        return {a.key.id: a for a in store.everything() if a.key.kind == kind}

    def state(self, pk: str) -> list[dict[str, Any]]:
        """Items of StateTable."""
        table = os.environ["STATE_TABLE"]
        return list(items.query(clients.dynamodb(), table, "pk = :pk", {":pk": pk}))

    def missing(self) -> set[str]:
        """Rows of the source that are not stored, or differ."""
        store = DynamoAnswerStore(clients.dynamodb(), os.environ["RESPONSES_TABLE"])
        return missing(self.source, store.everything())


def put_secret(credentials: Credentials) -> None:
    """Store API credentials under the name in the environment."""
    text = json.dumps(
        {"client_id": credentials.client_id, "client_secret": credentials.client_secret}
    )
    client = boto3.client("secretsmanager", region_name="us-east-1")
    name = os.environ["SECRET_ARN"]
    if any(secret["Name"] == name for secret in client.list_secrets()["SecretList"]):
        client.put_secret_value(SecretId=name, SecretString=text)
    else:
        client.create_secret(Name=name, SecretString=text)


@contextmanager
def sync_stack(**settings: str) -> Iterator[SyncStack]:
    """Start the fake, store its credentials and wire the sync; the tables exist already."""
    time = MovingTime()
    with FakeWootric(now=time) as source:
        os.environ.update({"WOOTRIC_API_URL": source.url, **settings})
        put_secret(source.credentials)
        yield SyncStack(source, time)
