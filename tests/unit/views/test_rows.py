"""Rows that take their fields from a domain value: names and order as documented."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from nps_core.answers.quarantine import Quarantined
from nps_core.customers.entries import DirectoryEntry
from nps_core.follow_up.models import Task
from nps_core.keys import AnswerKey
from nps_core.outbox.mail_states import OutboxMail
from nps_core.sync.runlog import RunRecord
from nps_core.views.directory import DirectoryRow
from nps_core.views.mails import MailRow, mail_detail, mail_row
from nps_core.views.quarantine import QuarantineDetail, QuarantineRow
from nps_core.views.sync.runs import RunDetail, RunRow
from nps_core.views.tasks import TaskRow
from nps_testing.factories import NOW
from nps_testing.stacks.environment import TOKEN

RUN = RunRecord("r-1", TOKEN, "live", NOW, gaps=2, deleted=1)
TASK = Task(
    task_id="t-1",
    status="open",
    scope="c-118",
    account_id="c-118",
    account_name="Acme Inc",
    contact=None,
    owner="csm@example.com",
    owner_reason="the owner named by the answer",
    tier=1,
    reason="score 3",
    opened_at=NOW,
    due_at=NOW,
    answers=(AnswerKey(TOKEN, "response", "7"), AnswerKey(TOKEN, "response", "x")),
)
MAIL = OutboxMail("m-1", "detractor", "csm@example.com", NOW, NOW, NOW, subject="as sent")


def test_run__has_the_documented_fields_in_order() -> None:
    row = RunRow.model_validate(RUN).as_json()
    assert list(row) == [
        *("run_id", "kind", "status", "started_at", "ended_at", "window_from", "window_to"),
        *("pages", "fetched", "created", "updated", "unchanged", "quarantined", "requests"),
        *("throttled", "error", "account_token"),
    ]
    assert (row["run_id"], row["started_at"], row["ended_at"], row["pages"]) == (
        *("r-1", "2026-03-02T17:16:00Z", None, 0),
    )


def test_run__in_full_adds_what_else_is_recorded_by_name() -> None:
    row = RunDetail.model_validate(RUN).as_json()
    assert list(row) == [*RunRow.model_fields, "closed_gaps", "deleted", "gaps"]
    assert (row["closed_gaps"], row["deleted"], row["gaps"]) == (0, 1, 2)


def test_task__shows_ids_as_the_source_does() -> None:
    row = TaskRow.model_validate(TASK).as_json()
    assert list(row) == [
        *("task_id", "status", "account_id", "contact", "owner", "tier", "reason", "opened_at"),
        *("due_at", "response_ids"),
    ]
    assert (row["task_id"], row["contact"], row["response_ids"]) == ("t-1", None, [7, "x"])


def test_mail__has_the_documented_fields_in_order() -> None:
    row = MailRow.model_validate(MAIL).as_json()
    assert list(row) == [
        *("key", "kind", "to", "state", "due_at", "sent_at", "response_ids", "task_id", "subject")
    ]
    assert (row["key"], row["sent_at"], row["response_ids"]) == ("m-1", None, [])


def test_mail__keeps_the_subject_that_it_was_sent_with() -> None:
    assert mail_row(MAIL, "written now").subject == "as sent"
    unsent = mail_row(replace(MAIL, subject=None), "written now")
    assert unsent.subject == "written now"
    parts = mail_detail(unsent, "text", None).as_json()
    assert list(parts) == [*MailRow.model_fields, "text", "html"]
    assert (parts["text"], parts["html"]) == ("text", None)


def test_quarantine__shows_the_payload_only_on_demand() -> None:
    payload = Quarantined("h", NOW, "sync", TOKEN, "bad_score", "score is missing", "{}")
    row = QuarantineRow.model_validate(payload).as_json()
    assert list(row) == ["key", "received_at", "source", "account_token", "reason", "detail"]
    assert QuarantineDetail.model_validate(payload).as_json() == {**row, "raw": "{}"}


def test_directory__has_the_documented_fields_in_order() -> None:
    row = DirectoryRow.model_validate(DirectoryEntry("external_id", "a#b", "c-118")).as_json()
    assert list(row) == ["kind", "value", "account_id", "owner", "name"]
    assert (row["value"], row["owner"]) == ("a#b", None)


def test_a_word_of_another_version__is_shown() -> None:
    snoozed = replace(TASK, status="snoozed")  # type: ignore[arg-type]  # of a version to come
    assert TaskRow.model_validate(snoozed).status == "snoozed"


def test_a_time__is_printed_in_utc_and_never_guessed() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=9))) + timedelta(milliseconds=120)
    row = TaskRow.model_validate(replace(TASK, due_at=there)).as_json()
    assert row["due_at"] == "2026-03-02T17:16:00.120Z"
    with pytest.raises(ValidationError):
        TaskRow.model_validate(replace(TASK, due_at=datetime(2026, 3, 2)))  # noqa: DTZ001
    assert NOW.tzinfo is UTC
