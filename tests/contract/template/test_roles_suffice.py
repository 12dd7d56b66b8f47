"""The role of each handler suffices for its work: emulators never refuse a call, AWS does."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import boto3
import pytest
from moto import mock_aws

from nps_core.answers.inbox import to_message
from nps_core.connectors.wootric.signature import sign
from nps_testing.factories import make_answer
from nps_testing.stacks.environment import TOKEN, WEBHOOK_KEY
from nps_testing.stacks.privileges import AccessDenied, Call, acting_as, allowed
from nps_testing.stream_events import stream_event
from nps_testing.template import create_tables
from rollup import app as rollup
from webhook_receiver import app as webhook
from webhook_receiver import inbox

CONTEXT: Any = SimpleNamespace(
    function_name="test", memory_limit_in_mb=512, invoked_function_arn="", aws_request_id="1"
)
ANSWER = urlencode(
    {
        "event_name": "created",
        "timestamp": "2026-03-02 17:15:06 +0000",
        "survey_mode": "NPS",
        "account_token": TOKEN,
        "response[id]": "500001",
        "response[score]": "3",
        "response[created_at]": "2026-03-02 17:15:04 +0000",
        "response[updated_at]": "2026-03-02 17:15:04 +0000",
        "response[email]": "ana@acme.example",
    }
).encode()


@pytest.fixture
def stack(clean_environment: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Tables, inbox and secret of a deployed stack, on moto."""
    with mock_aws():
        names = create_tables(boto3.client("dynamodb"))
        queue = boto3.client("sqs").create_queue(QueueName="inbox")["QueueUrl"]
        keys = {"active": [WEBHOOK_KEY], "retired": []}
        secret = {"client_id": "id", "client_secret": "secret", "webhook_keys": keys}
        boto3.client("secretsmanager").create_secret(
            Name="wootric", SecretString=json.dumps(secret)
        )
        monkeypatch.setenv("RESPONSES_TABLE", names["ResponsesTable"])
        monkeypatch.setenv("STATE_TABLE", names["StateTable"])
        monkeypatch.setenv("INBOX_QUEUE_URL", queue)
        yield


def delivery(body: bytes) -> dict[str, Any]:
    return {
        "headers": {"X-Wootric-Signature": sign(body, WEBHOOK_KEY)},
        "body": body.decode(),
        "isBase64Encoded": False,
    }


def actions(made: set[Call]) -> set[str]:
    return {call.action.partition(":")[2] for call in made}


@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize(
    ("body", "written"),
    [(ANSWER, f"{TOKEN}#response#500001"), (b"nobody=understands", "QUARANTINE")],
    ids=["answer", "quarantine"],
)
def test_webhook_role__suffices_to_store(body: bytes, written: str) -> None:
    with acting_as("WebhookFunction") as made:
        assert webhook.handler(delivery(body), CONTEXT)["statusCode"] == 200
    assert "GetSecretValue" in actions(made)
    assert {key for call in made if call.action == "dynamodb:PutItem" for key in call.keys} == {
        written
    }


@pytest.mark.usefixtures("stack")
def test_webhook_role__suffices_to_keep_what_dynamodb_refuses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RESPONSES_TABLE", "ResponsesTable-that-is-gone")
    monkeypatch.setenv("STATE_TABLE", "StateTable-that-is-gone")
    with acting_as("WebhookFunction") as made:
        assert webhook.handler(delivery(ANSWER), CONTEXT)["statusCode"] == 200
    assert "SendMessage" in actions(made)


@pytest.mark.usefixtures("stack")
def test_inbox_role__suffices_to_store_what_waited() -> None:
    text = to_message(ANSWER)
    with acting_as("InboxFunction") as made:
        answer = inbox.handler({"Records": [{"messageId": "1", "body": text}]}, CONTEXT)
    assert answer == {"batchItemFailures": []}
    assert {"GetItem", "PutItem"} <= actions(made)


@pytest.mark.usefixtures("stack")
def test_rollup_role__suffices_to_count_an_answer_and_to_quarantine_a_record() -> None:
    event = stream_event([(None, make_answer())])
    event["Records"].append(
        {"eventName": "INSERT", "dynamodb": {"SequenceNumber": "2", "NewImage": {"pk": {"S": "?"}}}}
    )
    with acting_as("RollupFunction") as made:
        rollup.handler(event, CONTEXT)
    tables = {(call.action, key) for call in made for key in call.keys}
    assert ("dynamodb:PutItem", "QUARANTINE") in tables
    assert ("dynamodb:PutItem", "ACCOUNT") in tables


# ---- the judge itself

STATEMENTS: list[dict[str, Any]] = [
    {
        "Action": ["dynamodb:GetItem", "dynamodb:PutItem"],
        "Resource": {"Fn::GetAtt": ["StateTable", "Arn"]},
        "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["CONN#*", "RUN"]}},
    },
    {"Action": "dynamodb:Query", "Resource": {"Fn::Sub": "${StateTable.Arn}/index/due"}},
]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (Call("dynamodb:GetItem", "StateTable-1", frozenset({"CONN#t"})), True),
        (Call("dynamodb:GetItem", "StateTable-1", frozenset({"RUN"})), True),
        (Call("dynamodb:GetItem", "StateTable-1", frozenset({"MAIL"})), False),
        (Call("dynamodb:GetItem", "StateTable-1", frozenset({"RUN", "MAIL"})), False),
        (Call("dynamodb:GetItem", "ResponsesTable-1", frozenset({"RUN"})), False),
        (Call("dynamodb:DeleteItem", "StateTable-1", frozenset({"RUN"})), False),
        (Call("dynamodb:Query", "StateTable-1/index/due", frozenset({"MAIL"})), True),
        (Call("dynamodb:Query", "StateTable-1", frozenset({"RUN"})), False),
        (Call("ses:SendEmail"), False),
    ],
)
def test_judge__allows_what_a_statement_covers_and_nothing_else(call: Call, expected: bool) -> None:
    assert allowed(STATEMENTS, call) is expected


@pytest.mark.usefixtures("stack")
def test_judge__stops_a_call_beyond_the_role() -> None:
    client = boto3.client("dynamodb")
    with (
        acting_as("RollupFunction"),
        pytest.raises(AccessDenied, match=r"GetItem.*ResponsesTable"),
    ):
        client.get_item(TableName="ResponsesTable-test", Key={"pk": {"S": "t#response#1"}})
