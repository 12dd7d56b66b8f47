"""`nps doctor` against the fake Wootric and the real webhook handler, over HTTP."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest

import webhook_receiver.app
from nps_core import clock
from nps_core.aws import clients, items
from nps_core.connections.dynamo_settings import DynamoConnections
from nps_core.connections.profile import DynamoProfiles
from nps_core.connections.settings import Connection
from nps_local.fakes.wootric.oauth import Credentials
from nps_local.fakes.wootric.server import FakeWootric
from nps_testing.factories import NOW, make_answer
from nps_testing.stacks.environment import TOKEN, WEBHOOK_KEY
from nps_testing.stacks.lambda_context import context
from nps_testing.stacks.operator import ON_STACK, OperatorStack, deployed, run

CHECKS = [
    *("credentials", "token", "page", "rate_headers", "time_zone", "webhook", "sender"),
    *("ses_account", "owner", "activation", "schedules", "unmatched"),
]


class Webhook(BaseHTTPRequestHandler):
    """Hands requests to the real handler, as the HTTP API does."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        event = {"body": body, "headers": dict(self.headers.items()), "isBase64Encoded": False}
        reply = webhook_receiver.app.handler(event, context())
        self.send_response(reply["statusCode"])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


@pytest.fixture
def webhook() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/webhook"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def wootric() -> Iterator[FakeWootric]:
    with FakeWootric(now=NOW.timestamp) as running:
        yield running


@pytest.fixture
def stack(
    webhook: str, wootric: FakeWootric, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OperatorStack]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with deployed(webhook_url=webhook, WootricApiUrl=wootric.url) as stack:
        monkeypatch.setenv("SECRET_ARN", stack.secret_arn)
        yield stack


@pytest.fixture
def healthy(stack: OperatorStack, wootric: FakeWootric) -> OperatorStack:
    keep_secret(stack, wootric.credentials.client_secret)
    stack.endpoint.identities["example.com"] = True
    stack.endpoint.in_sandbox = False
    DynamoProfiles(clients.dynamodb(), stack.state).activate(TOKEN, NOW)
    boto3.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    for name in ("test-sync", "test-deliver"):
        arn = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
        boto3.client("scheduler").create_schedule(
            Name=name,
            ScheduleExpression="rate(5 minutes)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": arn, "RoleArn": "arn:aws:iam::123456789012:role/r"},
            State="ENABLED",
        )
    return stack


def keep_secret(stack: OperatorStack, client_secret: str) -> None:
    secret = {
        "client_id": Credentials().client_id,
        "client_secret": client_secret,
        "webhook_keys": {"active": [WEBHOOK_KEY], "retired": []},
    }
    boto3.client("secretsmanager").put_secret_value(
        SecretId=stack.secret_arn, SecretString=json.dumps(secret)
    )


def diagnose() -> tuple[int, dict[str, dict[str, Any]]]:
    result = run("doctor", *ON_STACK, "--json")
    # The handler runs in this process and writes its metrics to the same standard output.
    rows = json.loads(result.output[result.output.index("[\n") :])
    assert [row["check"] for row in rows] == CHECKS
    assert all(list(row) == ["check", "ok", "detail", "fix"] for row in rows)
    return result.exit_code, {row["check"]: row for row in rows}


def failing(rows: dict[str, dict[str, Any]]) -> list[str]:
    return [name for name, row in rows.items() if not row["ok"]]


def test_a_healthy_stack__passes_every_check(healthy: OperatorStack) -> None:
    status, rows = diagnose()
    assert failing(rows) == []
    assert status == 0
    assert all(row["fix"] is None for row in rows.values())
    assert rows["rate_headers"]["detail"] == "99 of 100 requests left"


def test_a_check__stores_nothing(healthy: OperatorStack) -> None:
    diagnose()
    assert list(items.scan(clients.dynamodb(), healthy.responses)) == []
    assert [item["sk"] for item in items.scan(clients.dynamodb(), healthy.state)] == ["PROFILE"]


def test_a_new_stack__names_a_fix_for_every_failure(stack: OperatorStack) -> None:
    status, rows = diagnose()
    assert status == 1
    assert failing(rows) == [
        *("credentials", "token", "page", "rate_headers", "time_zone", "sender", "ses_account"),
        *("activation", "schedules"),
    ]
    assert all(rows[name]["fix"] for name in failing(rows))
    assert "nps connect" in rows["credentials"]["fix"]


def test_wrong_credentials__are_told_from_a_wrong_account(healthy: OperatorStack) -> None:
    keep_secret(healthy, "wrong")
    _, rows = diagnose()
    assert failing(rows) == ["token", "page", "rate_headers", "time_zone"]
    assert rows["token"]["detail"].endswith("answers 401")
    assert "wrong" not in json.dumps(rows["token"])


def test_an_account_that_the_source_does_not_know__is_named(
    webhook: str, wootric: FakeWootric, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    token = "NPS-other"
    with deployed(webhook, WootricApiUrl=wootric.url, WootricAccountToken=token) as stack:
        monkeypatch.setenv("SECRET_ARN", stack.secret_arn)
        keep_secret(stack, wootric.credentials.client_secret)
        _, rows = diagnose()
    assert "WootricAccountToken" in rows["token"]["fix"]


def test_a_source_that_does_not_answer__is_reported(
    healthy: OperatorStack, wootric: FakeWootric
) -> None:
    wootric.stop()
    _, rows = diagnose()
    assert "ConnectionError" in rows["token"]["detail"]
    assert "WootricApiUrl" in rows["token"]["fix"]


def test_a_webhook_that_cannot_read_the_secret__is_reported(
    healthy: OperatorStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_ARN", "gone")
    _, rows = diagnose()
    assert failing(rows) == ["webhook"]
    assert "answers 503" in rows["webhook"]["detail"]


def test_an_address_that_is_not_verified__and_the_sandbox_are_reported(
    healthy: OperatorStack,
) -> None:
    healthy.endpoint.identities["example.com"] = False
    healthy.endpoint.in_sandbox = True
    _, rows = diagnose()
    assert failing(rows) == ["sender", "ses_account"]


def test_a_schedule_that_is_off__is_named(healthy: OperatorStack) -> None:
    boto3.client("scheduler").delete_schedule(Name="test-deliver")
    _, rows = diagnose()
    assert failing(rows) == ["schedules"]
    assert "test-deliver" in rows["schedules"]["detail"]


def test_too_many_unmatched_answers__are_reported(healthy: OperatorStack) -> None:
    healthy.store([make_answer(id=1, account_id=None), make_answer(id=2, end_user_id="2")])
    _, rows = diagnose()
    assert failing(rows) == ["unmatched"]
    assert "1 of 2 answers" in rows["unmatched"]["detail"]


def test_a_fallback_owner_outside_the_allowed_domains__is_reported(
    webhook: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with deployed(webhook, RecipientDomains="acme.example") as stack:
        monkeypatch.setenv("SECRET_ARN", stack.secret_arn)
        _, rows = diagnose()
    assert rows["owner"]["ok"] is False


def test_a_wrong_time_zone__is_reported_with_one_that_fits(
    healthy: OperatorStack, wootric: FakeWootric
) -> None:
    _, rows = diagnose()
    assert "not enough answers yet" in rows["time_zone"]["detail"]
    wootric.switch(account_time_zone="Asia/Tokyo")
    wootric.generate(answers=250, people=40, accounts=5, days=30)
    status, rows = diagnose()
    assert (status, failing(rows)) == (1, ["time_zone"])
    assert rows["time_zone"]["fix"].startswith("deploy with WootricTimeZone=Asia/Tokyo, or another")


def test_counts_that_cannot_be_read__fail_the_time_zone_alone(
    healthy: OperatorStack, wootric: FakeWootric
) -> None:
    wootric.generate(answers=250, people=40, accounts=5, days=30)
    wootric.fail(at={3: "error500"})  # after the token, the page and the list
    _, rows = diagnose()
    assert failing(rows) == ["time_zone"]
    assert rows["time_zone"]["detail"] == "/v1/nps_summary answers 500"


def test_every_connection__is_checked_under_its_name(healthy: OperatorStack) -> None:
    other = Connection("NPS-EU-5e6f7a8b", "http://127.0.0.1:9", "NPS", "Europe/Berlin", 80)
    DynamoConnections(clients.dynamodb(), healthy.state).put(other)
    result = run("doctor", *ON_STACK, "--json")
    rows = {row["check"]: row for row in json.loads(result.output[result.output.index("[\n") :])}
    theirs = [f"NPS-EU-5e6f7a8b {name}" for name in CHECKS[:5]]
    assert list(rows) == [*CHECKS[:5], *theirs, *CHECKS[5:]]
    assert failing(rows) == [*theirs, "activation"]
    assert "`nps connect --account NPS-EU-5e6f7a8b`" in rows[theirs[0]]["fix"]
    assert rows["activation"]["fix"] == "run `nps connect --account NPS-EU-5e6f7a8b`"


def test_people__see_a_line_per_check(healthy: OperatorStack) -> None:
    result = run("doctor", *ON_STACK)
    assert result.exit_code == 0
    assert "FAIL" not in result.output
    assert all(name in result.output for name in CHECKS)
