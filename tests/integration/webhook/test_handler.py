"""The webhook handler on real tables: its answers, and the writes that precede them."""

import base64
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from moto import mock_aws

import webhook_receiver.app
import webhook_receiver.inbox
from nps_core import clock
from nps_core.answers.dynamo import DynamoAnswerStore
from nps_core.answers.inbox import to_message
from nps_core.answers.ingest import Ingest, Outcome
from nps_core.answers.models import Answer, Incoming
from nps_core.answers.quarantine import DynamoQuarantine
from nps_core.aws import clients
from nps_core.config import WebhookSettings
from nps_core.connectors.wootric.signature import sign
from nps_testing.factories import NOW
from nps_testing.stacks.environment import WEBHOOK_KEY
from nps_testing.stacks.lambda_context import context
from nps_testing.stream_events import stream_event

SIGNED_WITH_RETIRED = "retired-key-0123456789"

_TIME: list[datetime] = [NOW]


def _pass_time(by: timedelta = timedelta(milliseconds=100)) -> None:
    _TIME[0] += by


@pytest.fixture(autouse=True)
def stack(tables: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Secret and inbox queue beside the tables, and a clock that stands still."""
    _TIME[:] = [NOW]
    monkeypatch.setattr(clock, "now", lambda: _TIME[0])
    with mock_aws():
        value = {"webhook_keys": {"active": [WEBHOOK_KEY], "retired": [SIGNED_WITH_RETIRED]}}
        secret = clients.secrets_manager().create_secret(Name="s", SecretString=json.dumps(value))
        queue = clients.sqs().create_queue(QueueName="inbox")
        monkeypatch.setenv("SECRET_ARN", secret["ARN"])
        monkeypatch.setenv("INBOX_QUEUE_URL", queue["QueueUrl"])
        yield


def response(**overrides: Any) -> dict[str, Any]:
    resource = {
        "id": 500001,
        "email": "ana@acme.example",
        "external_id": "u-42",
        "score": 3,
        "text": None,
        "ip_address": "203.0.113.9",
        "origin_url": "https://app.example.com/home?session=1",
        "end_user_id": 7001,
        "end_user_properties": {"company": "Acme Inc", "company_id": "c-118"},
        "survey_id": 9001,
        "created_at": "2026-03-02T09:15:04.120-08:00",
        "updated_at": "2026-03-02T09:15:04.120-08:00",
        "excluded_from_calculations": False,
    } | overrides
    return {
        "response": resource,
        "event_name": "created",
        "timestamp": "2026-03-02T09:15:06.402-08:00",
        "account_token": "NPS-1a2b3c4d",
        "survey_mode": "NPS",
    }


def post(body: bytes, signature: str | None = None, *, base64_encoded: bool = False) -> int:
    if signature is None:
        signature = sign(body, WEBHOOK_KEY)
    message = {
        "headers": {"X-Wootric-Signature": signature} if signature else {},
        "body": base64.b64encode(body).decode() if base64_encoded else body.decode(),
        "isBase64Encoded": base64_encoded,
    }
    reply = webhook_receiver.app.handler(message, context())
    assert reply["body"] == "", "nothing of the request is ever echoed"
    return int(reply["statusCode"])


def post_json(payload: dict[str, Any]) -> int:
    return post(json.dumps(payload).encode())


def answers() -> list[Answer]:
    return list(DynamoAnswerStore(clients.dynamodb(), "ResponsesTable-test").everything())


def quarantined() -> list[str]:
    kept = DynamoQuarantine(clients.dynamodb(), "StateTable-test").everything()
    return sorted(payload.reason for payload in kept)


def inbox_messages() -> list[dict[str, Any]]:
    queue = WebhookSettings.load().inbox_queue_url
    got = clients.sqs().receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    return [{"messageId": m["MessageId"], "body": m["Body"]} for m in got]


def break_dynamodb(monkeypatch: pytest.MonkeyPatch) -> None:
    """Point DynamoDB at a port that nothing listens on, as in an outage."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9")
    clients.forget_clients()
    webhook_receiver.app.deps.cache_clear()


def test_webhook__a_signed_answer_is_stored_before_the_200() -> None:
    assert post_json(response()) == 200
    (answer,) = answers()
    assert (answer.score, answer.account_id, answer.account_name) == (3, "c-118", "Acme Inc")
    assert answer.origin_url == "https://app.example.com/home"
    assert "203.0.113.9" not in str(answer)


def test_webhook__a_base64_body_is_verified_on_its_bytes() -> None:
    assert post(json.dumps(response()).encode(), base64_encoded=True) == 200


def test_webhook__the_retired_key_still_opens() -> None:
    body = json.dumps(response()).encode()
    assert post(body, sign(body, SIGNED_WITH_RETIRED)) == 200


@pytest.mark.parametrize(
    "signature",
    ["", "sha1=", "sha1=zz", "md5=abc", "sha1=" + "0" * 40, "sha1=ü", "sha1=" + "0" * 4000],
    ids=["absent", "empty", "not hex", "wrong prefix", "wrong", "non-ascii", "long"],
)
def test_webhook__a_wrong_signature_is_401_and_stores_nothing(signature: str) -> None:
    assert post(json.dumps(response()).encode(), signature) == 401
    assert answers() == []
    assert quarantined() == []


def test_webhook__a_tampered_body_is_401() -> None:
    body = json.dumps(response()).encode()
    assert post(body.replace(b'"score": 3', b'"score": 9'), sign(body, WEBHOOK_KEY)) == 401


def test_webhook__a_key_rotated_in_the_secret_works_at_once() -> None:
    assert post_json(response()) == 200
    _pass_time()
    settings = WebhookSettings.load()
    new = json.dumps({"webhook_keys": {"active": ["brand-new"], "retired": []}})
    clients.secrets_manager().put_secret_value(SecretId=settings.secret_arn, SecretString=new)
    body = json.dumps(response(id=2)).encode()
    assert post(body, sign(body, "brand-new")) == 200
    assert len(answers()) == 2


def test_webhook__more_than_64_kb_is_413_and_64_kb_is_read() -> None:
    text = "x" * 70_000
    assert post_json(response(text=text)) == 413
    padded = json.dumps(response()).encode()
    assert post(padded + b" " * (64 * 1024 - len(padded))) == 200


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{}", "no_resource"),
        (b"[1]", "not_json_or_form"),
        (b"\xff\xfe", "not_json_or_form"),
        (json.dumps(response(score=11)).encode(), "bad_score"),
        (json.dumps(response(score="nine")).encode(), "bad_score"),
        (json.dumps(response(id=None)).encode(), "bad_id"),
        (json.dumps(response(created_at="yesterday")).encode(), "bad_time"),
    ],
)
def test_webhook__signed_but_unintelligible_is_200_and_quarantined_once(
    body: bytes, reason: str
) -> None:
    assert post(body, base64_encoded=True) == 200
    assert post(body, base64_encoded=True) == 200
    assert quarantined() == [reason]
    assert answers() == []


def test_webhook__a_replay_writes_nothing() -> None:
    post_json(response())
    (before,) = answers()
    post_json(response())
    assert answers() == [before]


def test_webhook__updated_before_created_keeps_the_comment() -> None:
    updated = response(text="slow &amp; buggy", updated_at="2026-03-02T09:15:41.877-08:00")
    post_json(updated | {"event_name": "updated", "timestamp": "2026-03-02T09:15:43.015-08:00"})
    post_json(response())
    (answer,) = answers()
    assert answer.text == "slow & buggy"


def test_webhook__a_decline_is_stored_as_a_decline() -> None:
    payload = response()
    decline = payload.pop("response")
    del decline["score"], decline["text"], decline["excluded_from_calculations"]
    assert post_json(payload | {"decline": decline}) == 200
    assert [answer.key.kind for answer in answers()] == ["decline"]


def test_webhook__when_dynamodb_refuses_the_inbox_keeps_the_body_and_it_arrives_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    endpoint = str(clients.dynamodb().meta.endpoint_url)
    break_dynamodb(monkeypatch)
    assert post_json(response()) == 200
    messages = inbox_messages()
    assert webhook_receiver.inbox.handler({"Records": messages}, context()) == {
        "batchItemFailures": [{"itemIdentifier": messages[0]["messageId"]}]
    }
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", endpoint)
    clients.forget_clients()
    webhook_receiver.inbox.deps.cache_clear()
    assert webhook_receiver.inbox.handler({"Records": messages}, context()) == {
        "batchItemFailures": []
    }
    assert [answer.score for answer in answers()] == [3]


def test_inbox__a_foreign_message_is_set_aside_alone() -> None:
    records = [
        {"messageId": "foreign", "body": "{not ours}"},
        {"messageId": "ours", "body": to_message(json.dumps(response()).encode())},
    ]
    answered = webhook_receiver.inbox.handler({"Records": records}, context())
    assert answered == {"batchItemFailures": []}
    assert [answer.score for answer in answers()] == [3]
    assert quarantined() == ["not_from_the_inbox"]


def test_inbox__a_message_that_meets_a_defect_is_set_aside_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stored = Ingest.one

    def one(self: Ingest, incoming: Incoming, now: datetime) -> Outcome:
        if incoming.score == 4:
            raise ZeroDivisionError("ana@acme.example")
        return stored(self, incoming, now)

    monkeypatch.setattr(Ingest, "one", one)
    bodies = [json.dumps(response(id=number, score=number)).encode() for number in (3, 4, 5)]
    records = [{"messageId": str(n), "body": to_message(body)} for n, body in enumerate(bodies)]
    for _ in range(2):
        answered = webhook_receiver.inbox.handler({"Records": records}, context())
        assert answered == {"batchItemFailures": []}
    assert sorted(str(answer.score) for answer in answers()) == ["3", "5"]
    (kept,) = DynamoQuarantine(clients.dynamodb(), "StateTable-test").everything()
    assert (kept.reason, kept.detail, kept.raw) == (
        "webhook_fails",
        "ZeroDivisionError",
        bodies[1].decode(),
    )


def test_webhook__503_with_retry_after_only_when_nothing_durable_was_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert post_json(response()) == 200
    break_dynamodb(monkeypatch)
    monkeypatch.setenv("INBOX_QUEUE_URL", "http://127.0.0.1:9/queue")
    body = json.dumps(response(id=2)).encode()
    message = {"headers": {"x-wootric-signature": sign(body, WEBHOOK_KEY)}, "body": body.decode()}
    reply = webhook_receiver.app.handler(message, context())
    assert reply["statusCode"] == 503
    assert reply["headers"] == {"Retry-After": "30"}


def test_webhook__the_secret_is_used_stale_while_secrets_manager_is_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert post_json(response()) == 200
    settings = WebhookSettings.load()
    clients.secrets_manager().delete_secret(SecretId=settings.secret_arn)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(hours=1))
    assert post_json(response(id=2)) == 200
    body = json.dumps(response(id=3)).encode()
    assert post(body, sign(body, "perhaps-a-new-one")) == 503, "nobody can tell"


def test_webhook__no_secret_at_all_is_503(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_ARN", "gone")
    assert post_json(response()) == 503


def test_webhook__a_broken_secret_is_503_not_500() -> None:
    settings = WebhookSettings.load()
    clients.secrets_manager().put_secret_value(SecretId=settings.secret_arn, SecretString="[]")
    assert post_json(response()) == 503


def test_webhook__nothing_personal_is_logged(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    post_json(response(text="my private comment"))
    post(b"{}", "sha1=nope")
    printed = capsys.readouterr().out + str([vars(record) for record in caplog.records])
    assert "WebhookAccepted" in printed
    for private in ("ana@acme.example", "my private comment", "Acme", WEBHOOK_KEY):
        assert private not in printed


def test_webhook__rest_and_webhook_versions_of_one_answer_make_one_item() -> None:
    post_json(response())
    (stored,) = answers()
    event = stream_event([(None, stored)])
    assert event["Records"][0]["dynamodb"]["Keys"]["pk"]["S"] == "NPS-1a2b3c4d#response#500001"
    assert stored.answered_at == datetime.fromisoformat("2026-03-02T17:15:04.120+00:00")


def test_webhook__for_an_answer_that_no_item_can_hold_is_kept_in_quarantine() -> None:
    """Another version has filled the stored item; no retry will ever store the merged one."""
    assert post_json(response()) == 200
    key = {"pk": {"S": "NPS-1a2b3c4d#response#500001"}}
    table = clients.dynamodb()
    table.update_item(
        TableName="ResponsesTable-test",
        Key=key,
        UpdateExpression="SET of_another_version = :large",
        ExpressionAttributeValues={":large": {"S": "x" * 400_000}},
    )
    later = response(text="y" * 20_000, updated_at="2026-03-02T09:16:04.120-08:00")
    assert post_json(later) == 200
    assert quarantined() == ["refused_by_store"]
    assert inbox_messages() == []


def test_webhook__of_a_new_key_is_not_refused_because_of_forged_ones_before_it() -> None:
    assert post_json(response()) == 200
    _pass_time()
    forged = json.dumps(response(id=666)).encode()
    assert post(forged, sign(forged, "stranger")) == 401
    _pass_time()
    _rotate("brand-new")
    body = json.dumps(response(id=2)).encode()
    assert post(body, sign(body, "brand-new")) == 200


def test_webhook__that_fails_while_the_keys_may_be_old_is_503_and_comes_again() -> None:
    assert post_json(response()) == 200
    body = json.dumps(response(id=2)).encode()
    replies = []
    for _ in range(12):
        _pass_time()
        forged = json.dumps(response(id=666)).encode()
        replies.append(post(forged, sign(forged, "stranger")))
    assert replies == [401] * 10 + [503] * 2
    _rotate("brand-new")
    assert post(body, sign(body, "brand-new")) == 503
    _pass_time(timedelta(seconds=10))
    assert post(body, sign(body, "brand-new")) == 200


@pytest.mark.parametrize("signature", ["", "sha1=", "md5=abc", "sha1=" + "0" * 4_000])
def test_webhook__whose_signature_no_key_makes_is_401_and_uses_up_nothing(signature: str) -> None:
    assert post_json(response()) == 200
    for _ in range(20):
        _pass_time()
        assert post(b"{}", signature) == 401
    _rotate("brand-new")
    body = json.dumps(response(id=2)).encode()
    assert post(body, sign(body, "brand-new")) == 200


def _rotate(key: str) -> None:
    secret = json.dumps({"webhook_keys": {"active": [key], "retired": []}})
    arn = WebhookSettings.load().secret_arn
    clients.secrets_manager().put_secret_value(SecretId=arn, SecretString=secret)


def test_webhook__that_meets_a_defect_is_kept_by_the_inbox_and_ends_in_quarantine(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def one(*_: object) -> Outcome:
        raise ZeroDivisionError("ana@acme.example")

    monkeypatch.setattr(Ingest, "one", one)
    assert post_json(response()) == 200
    messages = inbox_messages()
    answered = webhook_receiver.inbox.handler({"Records": messages}, context())
    assert (answered, quarantined()) == ({"batchItemFailures": []}, ["webhook_fails"])
    assert "ana@acme.example" not in caplog.text
