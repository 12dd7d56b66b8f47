"""A deployed stack on moto for the operator's command, and functions that run the command."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from click.testing import Result
from moto import mock_aws
from typer.testing import CliRunner

import notify.app
import rollup.app
from nps_cli.main import app
from nps_core.answers.dynamo import DynamoAnswerStore
from nps_core.answers.models import Answer
from nps_core.aws import clients, items
from nps_core.numbers.dynamo_ledgers import DynamoLedgerStore
from nps_core.numbers.dynamo_summaries import DynamoSummaryStore
from nps_testing.factories import NOW
from nps_testing.fakes.aws_endpoint import AwsEndpoint, serving
from nps_testing.stacks.environment import TOKEN, WEBHOOK_KEY
from nps_testing.stacks.lambda_context import context
from nps_testing.template import create_tables, load_template, resources
from rollup.service import Rollup

STACK, REGION = "nps-loop-test", "us-east-1"
ON_STACK = ("--stack", STACK, "--region", REGION)
_BUCKET = "failed-batches"
SECRET = {
    "client_id": "an-id",
    "client_secret": "a-very-secret-text",
    "webhook_keys": {"active": [WEBHOOK_KEY], "retired": []},
}


@dataclass(frozen=True)
class OperatorStack:
    """The names of the deployed resources."""

    responses: str
    state: str
    secret_arn: str
    inbox: str
    dead_inbox: str
    bucket: str
    endpoint: AwsEndpoint

    def store(self, answers: Iterable[Answer]) -> None:
        """Store answers and let the rollup count them."""
        client = clients.dynamodb()
        kept = list(answers)
        for answer in kept:
            DynamoAnswerStore(client, self.responses).put(answer, None)
        ledgers = DynamoLedgerStore(client, self.state)
        summaries = DynamoSummaryStore(client, self.state)
        Rollup(ledgers, summaries, 180).apply([(None, answer) for answer in kept], NOW)

    def lose(self, answers: Iterable[Answer]) -> None:
        """Store answers whose stream records are lost."""
        for answer in answers:
            DynamoAnswerStore(clients.dynamodb(), self.responses).put(answer, None)

    def state_items(self) -> list[dict[str, Any]]:
        """Return all items that the functions have written."""
        return list(items.scan(clients.dynamodb(), self.state))

    def start_consumers(self) -> None:
        """Run the real rollup and notify handlers, without metrics on the output."""
        os.environ["RESPONSES_TABLE"], os.environ["STATE_TABLE"] = self.responses, self.state
        os.environ["POWERTOOLS_METRICS_DISABLED"] = "true"
        self.endpoint.functions |= {
            "test-rollup": lambda event: rollup.app.handler(event, context()),
            "test-notify": lambda event: notify.app.handler(event, context()),
        }


@contextmanager
def deployed(
    webhook_url: str = "http://127.0.0.1:9/webhook", **parameters: str
) -> Iterator[OperatorStack]:
    """Deploy the template's tables and parameters, and the secret as the template creates it."""
    with mock_aws():
        clients.forget_clients()
        names = create_tables(clients.dynamodb())
        secret = boto3.client("secretsmanager").create_secret(
            Name="wootric",
            SecretString=resources(load_template(), "AWS::SecretsManager::Secret")["WootricSecret"][
                "SecretString"
            ],
        )
        sqs = boto3.client("sqs")
        inbox, dead_inbox = (
            sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("inbox", "inbox-dlq")
        )
        boto3.client("s3").create_bucket(Bucket=_BUCKET)
        outputs = {
            "ResponsesTableName": names["ResponsesTable"],
            "StateTableName": names["StateTable"],
            "SecretArn": secret["ARN"],
            "WebhookUrl": webhook_url,
            "SyncFunctionName": "test-sync",
            "DeliverFunctionName": "test-deliver",
            "RollupFunctionName": "test-rollup",
            "NotifyFunctionName": "test-notify",
            "InboxQueueUrl": inbox,
            "InboxDlqUrl": dead_inbox,
            "FailedBatchesBucketName": _BUCKET,
        }
        with serving(AwsEndpoint(STACK, outputs, _parameters(parameters))) as endpoint:
            for service in ("CLOUDFORMATION", "LAMBDA", "SESV2"):
                os.environ[f"AWS_ENDPOINT_URL_{service}"] = endpoint.url
            yield OperatorStack(
                names["ResponsesTable"],
                names["StateTable"],
                secret["ARN"],
                inbox,
                dead_inbox,
                _BUCKET,
                endpoint,
            )
    clients.forget_clients()


def _parameters(chosen: Mapping[str, str]) -> dict[str, str]:
    declared = load_template()["Parameters"]
    defaults = {name: str(p["Default"]) for name, p in declared.items() if "Default" in p}
    required = {
        "SenderAddress": "nps@example.com",
        "FallbackOwnerAddress": "cs-team@example.com",
        "WootricAccountToken": TOKEN,
        "WootricApiUrl": "http://127.0.0.1:9",  # a port without a server: no API is called
    }
    return {**defaults, **required, **chosen}


def run(*args: str, typed: str | None = None) -> Result:
    """Run the command; `typed` is the standard input."""
    return CliRunner().invoke(app, list(args), input=typed)


def run_json(*args: str) -> Any:
    """Run the command on the stack and read the JSON that it prints."""
    result = run(*args, *ON_STACK, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.output)
