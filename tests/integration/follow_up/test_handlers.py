"""The notify and deliver handlers on real tables, with SES over real HTTP."""

import io
import json
import os
from collections.abc import Iterator
from datetime import timedelta

import pytest

import notify.app
from nps_core.answers.quarantine import DynamoQuarantine
from nps_core.aws import clients
from nps_core.customers.directory import DynamoDirectory
from nps_core.customers.entries import DirectoryEntry
from nps_core.errors import ConfigError, StoreUnavailable
from nps_core.observability import logger
from nps_core.outbox.mail_states import RESEND_AFTER
from nps_testing.factories import NOW
from nps_testing.stacks.crashes import fuse_on
from nps_testing.stacks.follow_up import FollowUpStack, follow_up_stack
from nps_testing.stacks.lambda_context import context
from nps_testing.stream_events import stream_event

SETTLE = timedelta(seconds=120)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def stack(tables: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FollowUpStack]:
    with follow_up_stack(monkeypatch) as running:
        yield running


def metrics_of(output: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for line in output.splitlines():
        blob = json.loads(line)
        for directive in blob.get("_aws", {}).get("CloudWatchMetrics", []):
            for metric in directive["Metrics"]:
                found[metric["Name"]] = blob[metric["Name"]][0]
    return found


def test_detractor__leads_to_one_task_and_one_mail_with_the_comment_40_s_later(
    stack: FollowUpStack,
) -> None:
    stack.write(score=3)
    stack.decide()
    stack.now += timedelta(seconds=40)
    stack.write(text="Exports time out every Monday")
    stack.decide()
    assert stack.tick(SETTLE - timedelta(seconds=40)) == {"sent": 1}
    for _ in range(3):
        assert stack.tick(MINUTE) == {}
    (task,) = stack.store.tasks()
    assert (task.status, task.response_ids, task.owner) == ("open", ("500001",), "csm@example.com")
    ((to, subject, text),) = stack.received()
    assert to == "csm@example.com"
    assert subject.startswith("3/10 from ana@acme.example, Acme Inc")
    assert "Exports time out every Monday" in text
    assert (stack.mails()["detractor"].state, stack.mails()["detractor"].message_id) == (
        "SENT",
        "m-1",
    )


def test_history__never_pages_and_writes_nothing(stack: FollowUpStack) -> None:
    for number in range(120):
        stack.write(id=number, score=number % 7, answered_at=NOW - timedelta(days=2 + number))
    changes, stack.pending[:] = list(stack.pending), []
    with fuse_on([clients.dynamodb()]) as fuse:
        notify.app.handler(stream_event(changes[:100]), context())
    assert {"BatchGetItem", "GetItem"} >= set(fuse.operations)
    assert len(fuse.operations) == 3, "answers, alerts, activation: nothing per answer"
    assert stack.tick(SETTLE) == {}
    assert (list(stack.store.tasks()), stack.received()) == ([], [])


def test_comment_after_the_mail__and_raise__send_one_mail_each(stack: FollowUpStack) -> None:
    stack.write(score=3)
    stack.decide()
    stack.tick(SETTLE)
    stack.write(text="Exports time out")
    stack.decide()
    stack.tick(SETTLE)
    stack.write(score=9)
    stack.decide()
    stack.tick(SETTLE)
    subjects = [subject for _, subject, _ in stack.received()]
    assert [subject.split(" ")[0] for subject in subjects] == ["3/10", "Comment", "Nothing"]
    (task,) = stack.store.tasks()
    assert (task.status, task.close_reason) == ("closed", "score_raised")


def test_owner_outside_the_allowed_domains__is_never_mailed(stack: FollowUpStack) -> None:
    stack.write(id=1, owner="eve@evil.example", account_id="c-1")
    stack.write(id=2, owner="eve@evil.example", account_id="c-2")
    directory = DynamoDirectory(clients.dynamodb(), os.environ["STATE_TABLE"])
    directory.put(DirectoryEntry("account", "c-2", "c-2", owner="dir@example.com"))
    stack.decide()
    assert stack.tick(SETTLE) == {"sent": 2}
    assert {to for to, _, _ in stack.received()} == {"cs-team@example.com", "dir@example.com"}
    assert all("evil" not in text for _, _, text in stack.received())


def test_throttled_mail__goes_out_once_in_the_next_tick(
    stack: FollowUpStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deliver.service._THROTTLE_PAUSE_S", 0.0)
    stack.ses.script.append((429, "TooManyRequestsException"))
    stack.write()
    stack.decide()
    assert stack.tick(SETTLE) == {"throttled": 1}
    assert stack.tick(MINUTE) == {"sent": 1}
    assert stack.mails()["detractor"].possible_duplicate is False


def test_lost_reply__is_unknown_then_sent_once_more_and_never_hidden(
    stack: FollowUpStack, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.ses.script.append("reset")
    stack.write()
    stack.decide()
    assert stack.tick(SETTLE) == {"unknown": 1}
    assert metrics_of(capsys.readouterr().out)["MailUnknown"] == 1
    assert stack.mails()["detractor"].state == "UNKNOWN"
    assert stack.tick(RESEND_AFTER) == {"sent": 1}
    assert stack.mails()["detractor"].possible_duplicate
    assert stack.tick(RESEND_AFTER) == {}
    assert len(stack.received()) == 2


def test_bad_record__is_quarantined_and_the_rest_decided(
    stack: FollowUpStack, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.write()
    event = stream_event(stack.pending)
    event["Records"].insert(0, {"dynamodb": {"NewImage": {"pk": {"S": "what"}}}})
    assert notify.app.handler(event, context())["batchItemFailures"] == []
    metrics = metrics_of(capsys.readouterr().out)
    assert metrics == {"TasksOpened": 1, "AlertsSuppressed": 0, "Quarantined": 1}
    kept = list(DynamoQuarantine(clients.dynamodb(), os.environ["STATE_TABLE"]).everything())
    assert [payload.reason for payload in kept] == ["bad_stream_record"]


def test_failing_dependency__raises_for_the_whole_batch(
    stack: FollowUpStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.write()
    monkeypatch.setenv("STATE_TABLE", "missing")
    with pytest.raises(StoreUnavailable):
        notify.app.handler(stream_event(stack.pending), context())


def test_fallback_owner_that_cannot_be_mailed__is_a_config_error(
    stack: FollowUpStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FALLBACK_OWNER", "nobody")
    with pytest.raises(ConfigError, match="FALLBACK_OWNER"):
        notify.app.handler(stream_event([]), context())


def test_logs_and_metrics__hold_no_personal_data(
    stack: FollowUpStack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", lines)
    stack.ses.script.append((400, "MessageRejected"))
    stack.write(text="a very private comment")
    stack.decide()
    stack.tick(SETTLE)
    printed = capsys.readouterr().out
    output = printed + lines.getvalue()
    assert "deliver finished" in output
    assert metrics_of(printed)["MailFailed"] == 1
    for secret in ("acme.example", "csm@", "Acme", "private comment", "u-42"):
        assert secret not in output


def test_second_delivery_of_a_batch__writes_nothing(stack: FollowUpStack) -> None:
    stack.write()
    changes = list(stack.pending)
    stack.decide()
    with fuse_on([clients.dynamodb()]) as fuse:
        notify.app.handler(stream_event(changes), context())
    assert not [name for name in fuse.operations if "Write" in name or "Put" in name]
