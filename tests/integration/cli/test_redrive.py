"""`nps redrive`: quarantine, inbox and failed batches on real stores, handlers over real HTTP."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from nps_core import clock, keys
from nps_core.answers.dynamo import DynamoAnswerStore
from nps_core.answers.models import Answer
from nps_core.answers.quarantine import DynamoQuarantine
from nps_core.aws import clients, items
from nps_core.keys import AnswerKey, Kind
from nps_testing.factories import NOW, make_answer
from nps_testing.stacks.environment import TOKEN
from nps_testing.stacks.operator import ON_STACK, OperatorStack, deployed, run, run_json
from nps_testing.stream_events import stream_event

ROW = {"id": 1, "score": 3, "end_user_id": 7001, "created_at": "2026-03-02 09:15:04 -0800"}
WEBHOOK = {"event_name": "created", "account_token": TOKEN, "survey_mode": "NPS"}
ROLLUP_ID, NOTIFY_ID = "11111111-aaaa", "22222222-bbbb"


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[OperatorStack]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with deployed() as stack:
        stack.start_consumers()
        stack.endpoint.mappings = {
            "test-rollup": ["33333333-cccc", ROLLUP_ID],
            "test-notify": [NOTIFY_ID],
        }
        yield stack


def set_aside(
    stack: OperatorStack, payload: Any, source: str = "sync", reason: str = "bad_time"
) -> None:
    raw = payload if isinstance(payload, str) else json.dumps(payload)
    token = TOKEN if source == "sync" else ""
    DynamoQuarantine(clients.dynamodb(), stack.state).add(
        raw, reason, "a field", source, token, NOW
    )


def counts(row: dict[str, Any]) -> tuple[int, int, int, int]:
    assert list(row) == ["what", "found", "redriven", "left", "failed", "dry_run"]
    return row["found"], row["redriven"], row["left"], row["failed"]


def redriven(kind: str, *options: str) -> tuple[int, int, int, int]:
    (row,) = run_json("redrive", kind, *options)
    assert row["what"] == kind
    return counts(row)


def with_remarks(*args: str) -> tuple[int, list[dict[str, Any]], str]:
    """Return the exit status, the rows, and what went to standard error after them."""
    result = run("redrive", *args, *ON_STACK, "--json")
    rows, end = json.JSONDecoder().raw_decode(result.output)
    return result.exit_code, rows, result.output[end:]


def stored(stack: OperatorStack, answer_id: int, kind: Kind = "response") -> Answer | None:
    key = AnswerKey(TOKEN, kind, str(answer_id))
    return DynamoAnswerStore(clients.dynamodb(), stack.responses).get(key)


# ---------------------------------------------------------------------------------- quarantine


def test_a_row_and_a_webhook_that_are_understood_now__are_stored_and_taken_out(
    stack: OperatorStack,
) -> None:
    set_aside(stack, ROW)
    set_aside(stack, {"id": 2, "created_at": "2026-03-02 09:15:04 -0800"})
    response = {**ROW, "id": 3, "end_user_properties": {"company_id": "c-9"}}
    set_aside(stack, {**WEBHOOK, "response": response}, "webhook", "no_resource")
    assert redriven("quarantine") == (3, 3, 0, 0)
    assert run_json("quarantine", "list") == []
    row, decline, webhook = stored(stack, 1), stored(stack, 2, "decline"), stored(stack, 3)
    assert row
    assert decline
    assert webhook
    assert (row.score, row.source, row.rest_at) == (3, "sync", NOW)
    assert (webhook.source, webhook.account_id) == ("webhook", "c-9")
    assert redriven("quarantine") == (0, 0, 0, 0)


def test_what_is_still_not_understood__stays_and_says_why(stack: OperatorStack) -> None:
    set_aside(stack, {**ROW, "score": 11})
    set_aside(stack, {"id": 4, "created_at": "2026-03-02 09:15:04 -0800"}, reason="bad_score")
    set_aside(stack, {**ROW, "text": "ana@acme.example" * 30_000})
    set_aside(stack, {**ROW, "id": 5})
    status, rows, remarks = with_remarks("quarantine")
    assert (status, counts(rows[0])) == (0, (4, 1, 3, 0))
    assert "quarantine: 2 left, bad_score: score is not an integer of 0 to 10" in remarks
    assert "quarantine: 1 left, cut: it was too long to be kept in full" in remarks
    assert "acme" not in remarks
    assert len(run_json("quarantine", "list")) == 3
    assert stored(stack, 4, "decline") is None


def test_an_old_row__does_not_overwrite_a_newer_answer(stack: OperatorStack) -> None:
    edited = {"updated_at": NOW, "rest_at": NOW, "tags": ("vip",), "answered_at": NOW}
    stack.lose([make_answer(id=1, score=9, source="sync", event_rank=1, **edited)])
    set_aside(stack, {**ROW, "tags": ["old"], "updated_at": "2026-03-02 09:15:04 -0800"})
    assert redriven("quarantine") == (1, 1, 0, 0)
    answer = stored(stack, 1)
    assert answer
    assert answer.score == 9


def test_a_record_of_the_stream__is_given_to_its_consumers(stack: OperatorStack) -> None:
    answer = make_answer(id=1, score=9)
    stack.lose([answer])
    record = stream_event([(None, answer)])["Records"][0]
    set_aside(stack, record, "stream", "bad_stream_record")
    set_aside(stack, {**record, "dynamodb": {}}, "stream", "bad_stream_record")
    assert counts(with_remarks("quarantine")[1][0]) == (2, 1, 1, 0)
    assert [name for name, _ in stack.endpoint.invoked] == ["test-rollup", "test-notify"]
    assert run_json("accounts", "list")[0]["all"]["n"] == 1


def test_a_record_that_a_consumer_still_cannot_handle__stays_in_quarantine(
    stack: OperatorStack,
) -> None:
    answer = make_answer(id=8)
    pk, sk = keys.ledger(answer.ledger_account, keys.month_of(answer.answered_at))
    damaged = {"pk": pk, "sk": sk, "votes": b"damaged", "version": 1}
    items.put(clients.dynamodb(), stack.state, damaged)
    (record,) = stream_event([(None, answer)])["Records"]
    set_aside(stack, record, "stream", "record_fails")
    code, (row,), said = with_remarks("quarantine")
    assert (code, counts(row)) == (1, (1, 0, 0, 1))
    assert "rollup still cannot handle the record" in said
    found = list(DynamoQuarantine(clients.dynamodb(), stack.state).everything())
    assert [payload.reason for payload in found] == ["record_fails"]


def test_an_answer_that_cannot_be_stored__stays_in_quarantine(stack: OperatorStack) -> None:
    set_aside(stack, ROW)
    clients.dynamodb().delete_table(TableName=stack.responses)
    status, rows, remarks = with_remarks("quarantine")
    assert (status, counts(rows[0])) == (1, (1, 0, 0, 1))
    assert "quarantine: 1 failed, GetItem: ResourceNotFoundException" in remarks
    assert len(run_json("quarantine", "list")) == 1


# --------------------------------------------------------------------------------------- inbox


def in_queue(queue: str) -> int:
    """Count messages, those that a reader holds as well."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    reply = boto3.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)  # type: ignore[arg-type]
    return sum(int(number) for number in reply["Attributes"].values())


def test_dead_messages__go_back_to_the_inbox_as_they_were(stack: OperatorStack) -> None:
    sqs = boto3.client("sqs")
    for _ in range(12):
        sqs.send_message(QueueUrl=stack.dead_inbox, MessageBody="a-body")
    assert redriven("inbox") == (12, 12, 0, 0)
    assert (in_queue(stack.dead_inbox), in_queue(stack.inbox)) == (0, 12)
    (message,) = sqs.receive_message(QueueUrl=stack.inbox)["Messages"]
    assert message["Body"] == "a-body"
    assert redriven("inbox") == (0, 0, 0, 0)


def test_messages_that_do_not_come__are_left(
    stack: OperatorStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nps_cli.repair.redrive_inbox._PATIENCE_S", 0.0)
    boto3.client("sqs").send_message(QueueUrl=stack.dead_inbox, MessageBody="a-body")
    status, rows, remarks = with_remarks("inbox")
    assert (status, counts(rows[0])) == (0, (1, 0, 1, 0))
    assert "inbox: 1 left, another reader has it" in remarks


def test_a_message_that_cannot_be_sent__stays(stack: OperatorStack) -> None:
    boto3.client("sqs").send_message(QueueUrl=stack.dead_inbox, MessageBody="body")
    boto3.client("sqs").delete_queue(QueueUrl=stack.inbox)
    status, rows, remarks = with_remarks("inbox")
    assert (status, counts(rows[0])) == (1, (1, 0, 0, 1))
    assert "inbox: 1 failed, SendMessage: " in remarks


# ------------------------------------------------------------------------------------- batches


def give_up(stack: OperatorStack, name: str, body: Any, mapping: str = ROLLUP_ID) -> None:
    boto3.client("s3").put_object(
        Bucket=stack.bucket,
        Key=f"aws/lambda/{mapping}/shardId-0/{name}",
        Body=json.dumps(body).encode(),
    )


def kept(stack: OperatorStack) -> list[str]:
    found = boto3.client("s3").list_objects_v2(Bucket=stack.bucket).get("Contents", [])
    return [one["Key"].rpartition("/")[2] for one in found]


def test_a_batch__goes_to_the_function_of_its_mapping_and_its_object_away(
    stack: OperatorStack,
) -> None:
    answer = make_answer(id=1, score=9)
    stack.lose([answer])
    event = stream_event([(None, answer)])
    give_up(stack, "as-text", {"version": "1.0", "payload": json.dumps(event)})
    give_up(stack, "as-object", {"payload": event}, NOTIFY_ID)
    assert redriven("batches") == (2, 2, 0, 0)
    assert stack.endpoint.invoked == [("test-rollup", event), ("test-notify", event)]
    assert kept(stack) == []
    assert run_json("accounts", "list")[0]["all"]["n"] == 1


def test_batches_that_fail__stay_and_the_others_go_on(stack: OperatorStack) -> None:
    event = stream_event([(None, make_answer(id=1))])

    def raises(_: Any) -> Any:
        raise ValueError("ana@acme.example")

    stack.endpoint.functions["test-rollup"] = raises
    give_up(stack, "1-raises", {"payload": event})
    give_up(stack, "2-foreign", {"payload": event}, "99999999-zzzz")
    give_up(stack, "3-empty", {"payload": "{}"}, NOTIFY_ID)
    give_up(stack, "4-good", {"payload": event}, NOTIFY_ID)
    status, rows, remarks = with_remarks("batches")
    assert (status, counts(rows[0])) == (1, (4, 1, 0, 3))
    assert kept(stack) == ["1-raises", "3-empty", "2-foreign"]
    assert "rollup failed with ValueError, see /aws/lambda/nps-loop-test-rollup" in remarks
    assert "`nps replay`" in remarks
    assert "not a batch of records" in remarks
    assert "acme" not in remarks


# ----------------------------------------------------------------------------------------- all


def test_without_an_argument__all_three_are_redriven_and_one_failure_stops_no_other(
    stack: OperatorStack,
) -> None:
    set_aside(stack, ROW)
    boto3.client("sqs").delete_queue(QueueUrl=stack.dead_inbox)
    give_up(stack, "good", {"payload": {"Records": []}}, NOTIFY_ID)
    status, rows, remarks = with_remarks()
    assert status == 1
    assert [(row["what"], row["redriven"], row["failed"]) for row in rows] == [
        *(("quarantine", 1, 0), ("inbox", 0, 1), ("batches", 1, 0)),
    ]
    assert "inbox: 1 failed, GetQueueAttributes: " in remarks
    assert "error: 1 failed" in remarks


def test_a_dry_run__counts_and_changes_nothing(stack: OperatorStack) -> None:
    set_aside(stack, ROW)
    set_aside(stack, {**ROW, "score": 11})
    boto3.client("sqs").send_message(QueueUrl=stack.dead_inbox, MessageBody="body")
    give_up(stack, "good", {"payload": {"Records": []}})
    status, rows, _ = with_remarks("--dry-run")
    assert status == 0
    assert [counts(row) for row in rows] == [(2, 1, 1, 0), (1, 1, 0, 0), (1, 1, 0, 0)]
    assert all(row["dry_run"] for row in rows)
    assert len(run_json("quarantine", "list")) == 2
    assert (in_queue(stack.dead_inbox), kept(stack)) == (1, ["good"])
    assert (stored(stack, 1), stack.endpoint.invoked) == (None, [])
    assert "Nothing was changed" in run("redrive", "--dry-run", *ON_STACK).output


def test_nothing_to_redrive__is_all_zeros(stack: OperatorStack) -> None:
    assert [counts(row) for row in run_json("redrive")] == [(0, 0, 0, 0)] * 3
