"""A week of two Wootric accounts on the real handlers and moto, whose items are recorded.

The sync reads the bundled fakes over real HTTP; webhooks, stream records and mails go through their
handlers. Only this module moves the time, so every run stores the same items.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest

import deliver.app
import notify.app
import rollup.app
import webhook_receiver.app
from nps_core import clock
from nps_core.aws import clients
from nps_core.config import SyncSettings
from nps_core.numbers import ledger
from nps_core.sync.runlog import run_id
from nps_local.fakes.wootric.actions import NewAnswer
from nps_local.fakes.wootric.data.model import Answer, Decline
from nps_local.fakes.wootric.hooks.webhooks import Event, Format, encode, sign
from nps_local.fakes.wootric.oauth import Credentials
from nps_local.fakes.wootric.server import FakeWootric
from nps_testing.fakes.ses_server import SesServer, ses_server
from nps_testing.fakes.sync import MovingTime
from nps_testing.stacks import stored
from nps_testing.stacks.crashes import Killed, fuse_on
from nps_testing.stacks.environment import TOKEN, WEBHOOK_KEY
from nps_testing.stacks.lambda_context import context
from sync_wootric import wiring
from sync_wootric.connections import Connections
from sync_wootric.requests import Invocation, job_for
from sync_wootric.run import Clock

EU = "NPS-EU-5e6f7a8b"
BEGIN_S = 1_771_927_200.0  # 2026-02-24 10:00 UTC
MINUTE, DAY = 60.0, 86_400.0
_EU_CREDENTIALS = Credentials(client_id="eu-client", client_secret="eu-secret")
_DIRECTORY = """\
kind,value,account_id,owner,name
account,c-900,,dora@example.com,Zeta GmbH
domain,zeta.example,c-900,,
email,bo@partner.example,c-900,,
external_id,u-77,c-900,,
"""
_SPLIT_ABOVE = 12
"""Votes of a month that split its ledger; the real limit would make the files too long to read."""


@dataclass
class StoredWorld:
    """Both sources, the time, and the stream records not delivered yet."""

    us: FakeWootric
    eu: FakeWootric
    ses: SesServer
    time: MovingTime
    responses: str
    state: str
    folder: Path
    monkeypatch: pytest.MonkeyPatch
    connections: Connections = field(init=False)
    shard: str = field(init=False)

    def __post_init__(self) -> None:
        self.new_process()
        arn = boto3.client("dynamodb").describe_table(TableName=self.responses)["Table"]
        streams = boto3.client("dynamodbstreams")
        stream = str(arn["LatestStreamArn"])
        (shard,) = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"]
        self.shard = streams.get_shard_iterator(
            StreamArn=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]

    def new_process(self) -> None:
        """Drop everything that the sync keeps in memory."""
        self.connections = wiring.build(SyncSettings.load(), self.time.sleep, self.time)

    def nps(self, *words: str) -> None:
        stored.nps(*words, monkeypatch=self.monkeypatch)

    def tick(self, token: str = TOKEN, lambda_s: float = 900.0, **event: Any) -> str:
        """Run the sync of one account as its handler does; returns the status."""
        began = self.time()
        run_clock = Clock.start(self.time.now(), self.time, self.time.sleep)
        invocation = Invocation.from_event({"connection": token, **event})
        job = job_for(invocation, run_clock, lambda: int(1000 * (began + lambda_s - self.time())))
        name = run_id(self.time.now(), "0a1b2c3d")
        (run,) = self.connections.run(self.connections.chosen(token), name, job)
        assert run.defect is None, run.defect
        assert run.record is not None
        self.consume()
        return run.record.status

    def consume(self) -> None:
        """Hand the new stream records to their consumers."""
        reply = boto3.client("dynamodbstreams").get_records(ShardIterator=self.shard)
        self.shard = reply["NextShardIterator"]
        event: dict[str, Any] = {"Records": reply["Records"]}
        if event["Records"]:
            rollup.app.handler(event, context())
            notify.app.handler(event, context())

    def send_webhook(
        self, row: Answer | Decline, event: Event = "created", style: Format = "json"
    ) -> None:
        """Send the webhook of a row of the first account."""
        notification = self.us.actions.notification(row, event)
        self.post(encode(notification, int(self.time() * 1000), style).body)

    def post(self, body: bytes) -> None:
        headers = {"x-wootric-signature": sign(body, WEBHOOK_KEY)}
        reply = webhook_receiver.app.handler({"body": body.decode(), "headers": headers}, context())
        assert reply["statusCode"] == 200
        self.consume()

    def answer(self, score: int, style: Format = "json", **more: Any) -> Answer:
        """Add an answer now and send its webhook."""
        self.time.sleep(1.25)
        with self.us.store.lock:
            row = self.us.actions.answer(NewAnswer(score=score, notify=False, **more))
        self.send_webhook(row, style=style)
        return row

    def edit(self, row: Answer, after_s: float = 40.0, **changes: Any) -> None:
        """Change score or text as the person and send the webhook."""
        self.time.sleep(after_s)
        with self.us.store.lock:
            self.us.actions.edit(row, changes, notify=False)
        self.send_webhook(row, "updated")

    def deliver(self, after_s: float = 3 * MINUTE) -> None:
        """Run deliver after a while."""
        self.time.sleep(after_s)
        deliver.app.handler({"schedule": "deliver"}, context())

    def delivery_dies(self, after_s: float = 3 * MINUTE) -> None:
        """Kill the sender after it has claimed a mail and before it sends it."""
        with pytest.raises(Killed), fuse_on([clients.ses()], 1):
            self.deliver(after_s)

    def sync_dies(self, after_requests: int) -> None:
        """Kill a run of the first account at one of its requests to DynamoDB."""
        with pytest.raises(Killed), fuse_on([clients.dynamodb()], after_requests):
            self.tick()
        self.new_process()


@contextmanager
def stored_world(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[StoredWorld]:
    """Begin with an empty stack, two sources and an operator who has connected both."""
    time = MovingTime(BEGIN_S)
    monkeypatch.setattr(clock, "now", time.now)
    monkeypatch.setattr(ledger, "SPLIT_ABOVE", _SPLIT_ABOVE)
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "true")
    with ExitStack() as opened:
        names = opened.enter_context(stored.empty_stack())
        us = opened.enter_context(FakeWootric(now=time, seed=1))
        eu = opened.enter_context(
            FakeWootric(now=time, seed=2, account_token=EU, credentials=_EU_CREDENTIALS)
        )
        ses = opened.enter_context(ses_server())
        os.environ |= {
            "RESPONSES_TABLE": names["ResponsesTable"],
            "STATE_TABLE": names["StateTable"],
            "WOOTRIC_API_URL": us.url,
            "AWS_ENDPOINT_URL_SESV2": ses.url,
        }
        put_secret(us, {})
        tables = names["ResponsesTable"], names["StateTable"]
        world = StoredWorld(us, eu, ses, time, *tables, folder, monkeypatch)
        _connect(world)
        yield world


def _connect(world: StoredWorld) -> None:
    people: dict[str, Any] = {"people": 14, "accounts": 5}
    world.us.generate(answers=60, days=150, seed=7, **people)
    world.us.generate(answers=35, days=18, seed=9, **people)
    long_ago_ms = int((BEGIN_S - 185 * DAY) * 1000)
    world.us.generate(answers=55, days=30, seed=10, until_ms=long_ago_ms, declines=0.0, **people)
    world.eu.generate(answers=12, people=4, accounts=2, days=60, seed=8)
    world.eu.switch(account_time_zone="Europe/Berlin")
    directory, theirs = world.folder / "directory.csv", world.folder / "eu.json"
    directory.write_text(_DIRECTORY)
    world.nps("directory", "import", str(directory))
    credentials = {"client_id": "eu-client", "client_secret": "eu-secret"}
    theirs.write_text(json.dumps({**credentials, "webhook_keys": {"active": ["eu-key"]}}))
    options = ("--api-url", world.eu.url, "--time-zone", "Europe/Berlin")
    world.nps("connect", "--account", EU, "--secrets", str(theirs), *options)


def put_secret(us: FakeWootric, connections: Mapping[str, Any]) -> None:
    """Store the credentials of the first source and of the added ones."""
    secret = {
        "client_id": us.credentials.client_id,
        "client_secret": us.credentials.client_secret,
        "webhook_keys": {"active": [WEBHOOK_KEY], "retired": []},
        "connections": connections,
    }
    boto3.client("secretsmanager").put_secret_value(
        SecretId="wootric", SecretString=json.dumps(secret)
    )
