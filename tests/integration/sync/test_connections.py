"""Two Wootric accounts with the same ids, read side by side by the real function."""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto import mock_aws

from nps_core.answers.dynamo import DynamoAnswerStore
from nps_core.answers.models import Answer
from nps_core.aws import clients, items
from nps_core.connections.dynamo_settings import DynamoConnections
from nps_core.connections.settings import Connection
from nps_local.fakes.wootric.oauth import Credentials
from nps_local.fakes.wootric.server import FakeWootric
from nps_testing.stacks.backends import local_tables
from nps_testing.stacks.environment import TOKEN
from nps_testing.stacks.lambda_context import context
from sync_wootric import app

EU = "NPS-EU-5e6f7a8b"


@dataclass
class Accounts:
    """The sources by account token."""

    us: FakeWootric
    eu: FakeWootric

    def tick(self, **event: Any) -> dict[str, Any]:
        """Run the function as Lambda does."""
        report: dict[str, Any] = app.handler(event, context())
        return report

    def stored(self, token: str) -> dict[str, Answer]:
        store = DynamoAnswerStore(clients.dynamodb(), os.environ["RESPONSES_TABLE"])
        return {a.key.id: a for a in store.everything() if a.key.account_token == token}

    def state(self, pk: str) -> list[dict[str, Any]]:
        table = os.environ["STATE_TABLE"]
        return list(items.query(clients.dynamodb(), table, "pk = :pk", {":pk": pk}))


pytestmark = pytest.mark.java  # moto is not made for threads


@pytest.fixture
def accounts(clean_environment: None, dynamodb_local: str) -> Iterator[Accounts]:
    theirs = Credentials(client_id="eu-client", client_secret="eu-secret")
    with ExitStack() as opened:
        opened.enter_context(mock_aws())
        opened.enter_context(local_tables(dynamodb_local))
        us = opened.enter_context(FakeWootric())
        eu = opened.enter_context(FakeWootric(account_token=EU, credentials=theirs))
        for source, seed in ((us, 1), (eu, 2)):
            source.switch(rate_limit=1_000_000, account_time_zone="America/Los_Angeles")
            source.generate(answers=120, people=20, accounts=5, seed=seed)
        os.environ |= {"WOOTRIC_API_URL": us.url, "REQUESTS_PER_MINUTE": "6000"}
        ours = us.credentials
        secret = {
            "client_id": ours.client_id,
            "client_secret": ours.client_secret,
            "connections": {EU: {"client_id": "eu-client", "client_secret": "eu-secret"}},
        }
        boto3.client("secretsmanager").create_secret(
            Name=os.environ["SECRET_ARN"], SecretString=json.dumps(secret)
        )
        table = DynamoConnections(clients.dynamodb(), os.environ["STATE_TABLE"])
        table.put(Connection(EU, eu.url, "NPS", "America/Los_Angeles", 6_000))
        yield Accounts(us, eu)


def test_two_accounts__of_the_same_ids_are_both_stored_whole(accounts: Accounts) -> None:
    report = accounts.tick(schedule="sync")
    assert (report["status"], len(report["runs"])) == ("complete", 2)
    for token, source in ((TOKEN, accounts.us), (EU, accounts.eu)):
        truth = {str(row["id"]): row["score"] for row in source.source() if row["visible"]}
        stored = {
            key: one.score for key, one in accounts.stored(token).items() if one.score is not None
        }
        assert stored == truth
    assert set(accounts.stored(TOKEN)) & set(accounts.stored(EU)), "ids collide on purpose"


def test_two_accounts__have_leases_checkpoints_runs_and_people_of_their_own(
    accounts: Accounts,
) -> None:
    accounts.tick()
    for token in (TOKEN, EU):
        kept = {item["sk"] for item in accounts.state(f"CONN#{token}")}
        assert {"PROFILE", "LEASE", "CHECKPOINT#responses", "CHECKPOINT#audit"} <= kept
        assert len(accounts.state(f"PEOPLE#{token}")) == 21
    runs = accounts.state("RUN")
    assert sorted(run["account_token"] for run in runs) == sorted([TOKEN, EU])
    assert {mail["sk"] for mail in accounts.state("MAIL")} == {
        f"backfill#{TOKEN}",
        f"backfill#{EU}",
    }


def test_refused_credentials_of_one__do_not_stop_the_other(accounts: Accounts) -> None:
    accounts.eu.context.tokens.revoke_all()
    boto3.client("secretsmanager").put_secret_value(
        SecretId=os.environ["SECRET_ARN"],
        SecretString=json.dumps(
            {
                "client_id": accounts.us.credentials.client_id,
                "client_secret": accounts.us.credentials.client_secret,
            }
        ),
    )
    report = accounts.tick()
    statuses = {run["account_token"]: run["status"] for run in report["runs"]}
    assert (report["status"], statuses) == ("failed", {TOKEN: "complete", EU: "failed"})
    assert accounts.stored(EU) == {}, "the credentials of the other account are not tried"
    assert len(accounts.stored(TOKEN)) > 120


def test_one_account__can_be_asked_for_alone(accounts: Accounts) -> None:
    report = accounts.tick(connection=EU, task="audit")
    assert (report["account_token"], report["audit"]["holds"]) == (EU, True)
    assert accounts.stored(TOKEN) == {}


def test_metrics__are_emitted_for_all_together_and_for_each(
    accounts: Accounts, capsys: pytest.CaptureFixture[str]
) -> None:
    accounts.tick()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    emitted = [line for line in lines if "_aws" in line]
    each = {line["connection"]: line for line in emitted if "connection" in line}
    (together,) = [line for line in emitted if "connection" not in line]
    assert set(each) == {TOKEN, EU}
    assert sum(together["ResponsesCreated"]) == sum(
        sum(line["ResponsesCreated"]) for line in each.values()
    )
    assert len(together["SyncLagSeconds"]) == 2
