"""The outbox and the sync, as the operator sees them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from nps_core import clock
from nps_core.answers.dynamo import DynamoAnswerStore
from nps_core.answers.removal import erased
from nps_core.aws import clients, items
from nps_core.follow_up.items import task_item
from nps_core.follow_up.models import Task
from nps_core.outbox import mail_states
from nps_core.outbox.items import mail_item
from nps_core.outbox.mail_states import OutboxMail
from nps_core.sync.runlog import RunRecord, RunStatus
from nps_testing.factories import NOW, make_answer
from nps_testing.stacks.environment import TOKEN
from nps_testing.stacks.operator import ON_STACK, OperatorStack, deployed, run, run_json

ANSWER = make_answer(text="It is <b>slow</b>")
TASK = Task(
    task_id="t-1",
    status="open",
    scope="c-118",
    account_id="c-118",
    account_name="Acme Inc",
    contact="ana@acme.example",
    owner="csm@example.com",
    owner_reason="the owner named by the answer",
    tier=1,
    reason="score 3",
    opened_at=NOW,
    due_at=NOW + timedelta(days=1),
    answers=(ANSWER.key,),
)
MAIL = OutboxMail(
    key=mail_states.mail_key(ANSWER.key, "detractor", "csm@example.com"),
    kind="detractor",
    to="csm@example.com",
    due_at=NOW,
    created_at=NOW,
    planned_at=NOW,
    answer=ANSWER.key,
    task_id="t-1",
)
BACKFILL = OutboxMail(
    key="backfill",
    kind="backfill",
    to="cs-team@example.com",
    due_at=NOW - timedelta(days=1),
    created_at=NOW,
    planned_at=NOW,
    facts={
        "account_token": TOKEN,
        **dict.fromkeys(("started_at", "ended_at"), "2026-03-01T00:00:00Z"),
        **dict.fromkeys(("window_from", "window_to"), "2026-03-01T00:00:00Z"),
        "responses": 12,
    },
)


CREDENTIALS = OutboxMail(
    key=f"credentials#{TOKEN}#2026-03-02T17:16",
    kind="credentials",
    to="cs-team@example.com",
    due_at=NOW,
    created_at=NOW,
    planned_at=NOW,
    facts={
        "account_token": TOKEN,
        "host": "api.wootric.com",
        "failed_at": "2026-03-02T17:16:00Z",
        "since": "2026-03-02T17:11:00Z",
        "error": "HTTP 401: run `nps connect`",
    },
)


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[OperatorStack]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with deployed() as stack:
        yield stack


@pytest.fixture
def told(stack: OperatorStack) -> OperatorStack:
    stack.store([ANSWER])
    for item in (task_item(TASK), mail_item(MAIL), mail_item(BACKFILL)):
        items.put(clients.dynamodb(), stack.state, item)
    return stack


def test_mail_list__is_in_the_order_in_which_mails_are_due(told: OperatorStack) -> None:
    first, second = run_json("mail", "list")
    assert first["key"] == "backfill"
    assert second == {
        "key": MAIL.key,
        "kind": "detractor",
        "to": "csm@example.com",
        "state": "PENDING",
        "due_at": "2026-03-02T17:16:00Z",
        "sent_at": None,
        "response_ids": [500001],
        "task_id": "t-1",
        "subject": None,
    }


def test_tasks_list__has_the_documented_values(told: OperatorStack) -> None:
    assert run_json("tasks", "list") == [
        {
            "task_id": "t-1",
            "status": "open",
            "account_id": "c-118",
            "contact": "ana@acme.example",
            "owner": "csm@example.com",
            "tier": 1,
            "reason": "score 3",
            "opened_at": "2026-03-02T17:16:00Z",
            "due_at": "2026-03-03T17:16:00Z",
            "response_ids": [500001],
        }
    ]


def test_mail_show__writes_what_would_be_sent(told: OperatorStack) -> None:
    row = run_json("mail", "show", MAIL.key)
    assert row["subject"].startswith("3/10 from ana@acme.example, Acme Inc")
    assert "It is <b>slow</b>" in row["text"]
    assert "It is &lt;b&gt;slow&lt;/b&gt;" in row["html"]


def test_mail_show_html__prints_the_html_alone(told: OperatorStack) -> None:
    result = run("mail", "show", MAIL.key, "--html", *ON_STACK)
    assert result.exit_code == 0
    assert result.output.lstrip().lower().startswith("<!doctype html>")


def test_mail_show__of_the_backfill_mail_has_its_facts(told: OperatorStack) -> None:
    result = run("mail", "show", "backfill", *ON_STACK)
    assert result.exit_code == 0
    assert "12" in result.output
    assert TOKEN in result.output


def test_mail_about_credentials__is_listed_and_shown(stack: OperatorStack) -> None:
    items.put(clients.dynamodb(), stack.state, mail_item(CREDENTIALS))
    (row,) = run_json("mail", "list")
    assert (row["kind"], row["response_ids"], row["task_id"]) == ("credentials", [], None)
    shown = run_json("mail", "show", CREDENTIALS.key)
    assert shown["subject"] == f"Wootric refuses the credentials of {TOKEN} - run nps connect"
    assert "HTTP 401: run `nps connect`" in shown["text"]
    assert "<!DOCTYPE html>" in shown["html"]


def test_mail_show__keeps_the_subject_that_was_sent(told: OperatorStack) -> None:
    sent = mail_states.sent(replace(MAIL, subject="as sent"), NOW, "m-1", ANSWER.text)
    items.put(clients.dynamodb(), told.state, mail_item(sent))
    row = run_json("mail", "show", MAIL.key)
    assert (row["state"], row["subject"]) == ("SENT", "as sent")
    assert row["sent_at"] == "2026-03-02T17:16:00Z"


def test_mail_show__without_its_answer_has_no_body(stack: OperatorStack) -> None:
    items.put(clients.dynamodb(), stack.state, mail_item(MAIL))
    assert run_json("mail", "show", MAIL.key)["text"] is None
    result = run("mail", "show", MAIL.key, "--html", *ON_STACK)
    assert result.exit_code == 1
    assert "no longer has a body" in result.output


def test_mail_show__about_an_erased_person_has_no_body(told: OperatorStack) -> None:
    answers = DynamoAnswerStore(clients.dynamodb(), told.responses)
    assert answers.put(erased(ANSWER, NOW), ANSWER.rev)
    assert run_json("mail", "show", MAIL.key)["html"] is None


def test_mail_show__fails_for_a_mail_that_is_not_there(stack: OperatorStack) -> None:
    result = run("mail", "show", "nope", *ON_STACK)
    assert result.exit_code == 1
    assert "nps mail list" in result.output


def report(status: RunStatus, **values: Any) -> dict[str, Any]:
    return RunRecord("r-1", TOKEN, "live", NOW, status, **values).as_dict()


def test_sync_now__runs_the_function_once_and_prints_its_report(stack: OperatorStack) -> None:
    stack.endpoint.function_result = report("complete", fetched=7)
    assert run_json("sync", "now") == stack.endpoint.function_result
    assert stack.endpoint.invoked == [("test-sync", {"schedule": "sync"})]
    assert "complete" in run("sync", "now", *ON_STACK).output


def test_sync_now__says_when_another_run_is_at_work(stack: OperatorStack) -> None:
    stack.endpoint.function_result = report("skipped")
    result = run("sync", "now", *ON_STACK)
    assert result.exit_code == 0
    assert "Another run is in progress" in result.output


def test_a_failed_run__ends_with_1_and_its_fix(stack: OperatorStack) -> None:
    stack.endpoint.function_result = report("failed", error="Unauthorized: HTTP 401")
    result = run("sync", "now", *ON_STACK)
    assert result.exit_code == 1
    assert "nps connect" in result.output


def test_a_function_that_raised__ends_with_1_and_its_reason(stack: OperatorStack) -> None:
    stack.endpoint.function_result = {"errorType": "ConfigError", "errorMessage": "set X"}
    stack.endpoint.function_error = "Unhandled"
    result = run("sync", "now", *ON_STACK, "--json")
    assert result.exit_code == 1
    assert result.output.startswith("error: the sync failed: ConfigError: set X: ")
