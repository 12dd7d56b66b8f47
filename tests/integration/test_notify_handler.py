"""The notify and deliver handlers on real tables, with SES over real HTTP."""

import io
import json
import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

import notify.app
from nps_core.adapters import aws
from nps_core.adapters.directory import DynamoDirectory
from nps_core.adapters.quarantine import DynamoQuarantine
from nps_core.errors import ConfigError, StoreUnavailable
from nps_core.observability import logger
from nps_core.outbox import LEASE, RESEND_AFTER
from nps_testing.crashes import Moment, fuse_on
from nps_testing.factories import NOW
from nps_testing.follow_up_stack import FollowUpStack, follow_up_stack
from nps_testing.lambda_context import context
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
    with fuse_on([aws.dynamodb()]) as fuse:
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
    directory = DynamoDirectory(aws.dynamodb(), os.environ["STATE_TABLE"])
    directory.put("account", "c-2", "c-2", owner="dir@example.com")
    stack.decide()
    assert stack.tick(SETTLE) == {"sent": 2}
    assert {to for to, _, _ in stack.received()} == {"cs-team@example.com", "dir@example.com"}
    assert all("evil" not in text for _, _, text in stack.received())


def test_throttled_mail__goes_out_once_in_the_next_tick(
    stack: FollowUpStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notify.deliver._THROTTLE_PAUSE_S", 0.0)
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


LIFE: list[dict[str, Any]] = [
    {"id": 1, "score": 3},
    {"id": 1, "text": "Exports time out"},
    {"id": 2, "score": 5, "end_user_id": "7002"},
    {"id": 2, "score": 8},
    {"id": 1, "score": 9},
]
"""A low score, a comment after its mail, a second person, who raises, and the first one raises."""


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", range(len(LIFE)))
def test_kill_at_every_aws_call__ends_in_the_same_tasks_and_mails(
    stack: FollowUpStack, step: int, moment: Moment
) -> None:
    undisturbed = _live(stack, "0", LIFE[: step + 1], None, moment)
    calls = stack.calls
    assert calls > 5
    for at in range(1, calls + 1):
        ended = _live(stack, str(at), LIFE[: step + 1], at, moment)
        assert ended == undisturbed, f"killed {moment} call {at}"
        assert stack.calls >= at, "the fuse did not blow"


def _live(
    stack: FollowUpStack, name: str, steps: list[dict[str, Any]], at: int | None, moment: Moment
) -> object:
    """Go through the steps, with a kill at call `at` of the last; return how it ended."""
    stack.now, stack.moment = NOW, moment
    stack.ses.received.clear()
    for number, step in enumerate(steps, 1):
        stack.kill_at, stack.calls = at if number == len(steps) else None, 0
        stack.write(**{**step, "id": f"{name}-{step['id']}", "account_id": f"c-{name}"})
        stack.decide()
        stack.tick(SETTLE)
    tasks = [task for task in stack.store.tasks() if task.scope == f"c-{name}"]
    mails = [m for m in stack.store.mails() if m.response_ids[0].startswith(f"{name}-")]
    unknown = [mail for mail in mails if mail.unknown_at is not None]
    assert all(mail.possible_duplicate for mail in unknown)
    assert len(stack.received()) <= len(mails) + len(unknown), "a copy without its mark"
    alerts = stack.store.alerts([mail.answer for mail in mails if mail.answer])
    return (
        [(task.status, task.close_reason, len(task.answers), task.tier) for task in tasks],
        sorted((mail.kind, mail.state) for mail in mails),
        sorted((alert.status, alert.rule, alert.round) for alert in alerts.values()),
    )


def test_kill_between_send_and_record__is_the_only_way_to_a_second_copy(
    stack: FollowUpStack,
) -> None:
    copies: dict[int, int] = {}
    for at in range(1, 12):
        stack.write(id=at, account_id=f"c-{at}", answered_at=stack.now)
        stack.decide()
        stack.ses.received.clear()
        stack.kill_at, stack.moment, stack.calls = at, "after", 0
        stack.tick(SETTLE)
        stack.kill_at = None
        mail = next(mail for mail in stack.store.mails() if mail.response_ids == (str(at),))
        copies[at] = len(stack.received())
        assert mail.state == "SENT"
        assert mail.possible_duplicate == (mail.unknown_at is not None)
        assert mail.possible_duplicate or copies[at] == 1
    assert sorted(copies.values()) == [1] * 10 + [2]


def test_bad_record__is_quarantined_and_the_rest_decided(
    stack: FollowUpStack, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.write()
    event = stream_event(stack.pending)
    event["Records"].insert(0, {"dynamodb": {"NewImage": {"pk": {"S": "what"}}}})
    assert notify.app.handler(event, context()) == {"batchItemFailures": []}
    metrics = metrics_of(capsys.readouterr().out)
    assert metrics == {"TasksOpened": 1, "AlertsSuppressed": 0, "Quarantined": 1}
    kept = list(DynamoQuarantine(aws.dynamodb(), os.environ["STATE_TABLE"]).everything())
    assert [item["reason"] for item in kept] == ["bad_stream_record"]


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
    with fuse_on([aws.dynamodb()]) as fuse:
        notify.app.handler(stream_event(changes), context())
    assert not [name for name in fuse.operations if "Write" in name or "Put" in name]


def test_stale_lease__is_taken_up_by_a_later_tick(stack: FollowUpStack) -> None:
    stack.write()
    stack.decide()
    stack.kill_at, stack.calls = 4, 0  # due, mail, claim, and then
    stack.tick(SETTLE)
    mail = stack.mails()["detractor"]
    assert (mail.state, mail.unknown_at) == ("SENT", NOW + SETTLE + LEASE)
