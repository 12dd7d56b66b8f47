"""The real sync (HTTP client, stores, ticks) against the fake Wootric, tables on moto."""

import json
import os
from collections.abc import Iterator
from random import Random
from unittest.mock import patch

import pytest

from nps_core.aws.clients import dynamodb
from nps_core.sync.dynamo import DynamoSyncState
from nps_core.sync.lease import Grant
from nps_local.fakes.wootric.actions import NewRow
from nps_local.fakes.wootric.oauth import Credentials
from nps_testing.fakes.sync import MovingTime
from nps_testing.sources.rows import add_answers
from nps_testing.stacks.backends import moto_tables
from nps_testing.stacks.crashes import Killed
from nps_testing.stacks.environment import TOKEN
from nps_testing.stacks.lambda_context import context
from nps_testing.stacks.sync import SyncStack, put_secret, sync_stack
from sync_wootric import app


@pytest.fixture
def stack(clean_environment: None) -> Iterator[SyncStack]:
    with moto_tables(), sync_stack() as running:
        yield running


def test_first_sync__stores_every_answer_and_decline_of_the_window(stack: SyncStack) -> None:
    stack.source.generate(answers=600, people=100, accounts=10, ties=0.3, bulk_second=120)
    records = stack.until_complete()
    assert stack.missing() == set()
    assert [record.kind for record in records] == ["backfill"]
    assert stack.source.stats()["rate_limited"] == 0
    (mail,) = stack.state("MAIL")
    assert (mail["kind"], mail["state"], mail["due_pk"]) == ("backfill", "PENDING", "MAIL")
    assert (mail["responses"], mail["to"]) == (600, "cs-team@example.com")
    assert records[0].requests == stack.source.stats()["total"]
    asked = stack.source.stats()["endpoints"]
    # The mail is about the first sync; everybody's list, a probe and a count come after it.
    assert mail["requests"] == records[0].requests - asked["GET /v1/end_users"] - 3


def test_tick_without_news__costs_two_requests_and_a_cold_start_two_more(stack: SyncStack) -> None:
    stack.source.generate(answers=120, people=20, accounts=3)
    stack.until_complete()
    for is_cold in (False, True):
        stack.time.sleep(300)
        if is_cold:
            stack.new_process()
        before = stack.source.stats()["total"]
        record = stack.tick()
        assert (record.status, record.kind, record.created) == ("complete", "live", 0)
        assert stack.source.stats()["total"] - before == record.requests == 2 + 2 * is_cold
    assert len(stack.state("MAIL")) == 1


def test_tick__brings_in_new_answers_edits_and_declines(stack: SyncStack) -> None:
    stack.until_complete()
    stack.time.sleep(300)
    add_answers(stack.source, 50, stack.time() - 60, every_s=1)
    with stack.source.store.lock:
        stack.source.actions.decline(NewRow(end_user_id=7001))
    record = stack.tick()
    assert (record.created, record.requests <= 5) == (51, True)
    stack.time.sleep(300)
    with stack.source.store.lock:
        answer = next(iter(stack.source.store.answers.values()))
        stack.source.actions.edit(answer, {"score": 2, "text": "slow & dear"}, notify=False)
        stack.source.actions.flag(answer, excluded=True, completed=None)
    assert stack.tick().updated == 1
    assert stack.missing() == set()


def test_page_that_fails_five_times__ends_the_run_partial_with_the_reason(
    stack: SyncStack,
) -> None:
    stack.source.fail(script=["error502"] * 5)
    record = stack.tick()
    assert (record.status, record.requests) == ("partial", 6)
    assert "HTTP 502" in str(record.error)
    assert stack.tick().status == "complete"


def test_credentials__refused_for_good_fail_the_run_and_say_what_to_do(stack: SyncStack) -> None:
    put_secret(Credentials(client_secret="0f" * 32))
    stack.new_process()
    record = stack.tick()
    assert record.status == "failed"
    assert "Fix: store the client_id" in str(record.error)
    assert "0f0f" not in str(record.error)
    assert stack.stored() == {}


def test_credentials__rotated_while_running_are_fetched_again(stack: SyncStack) -> None:
    stack.until_complete()
    stack.source.context.tokens.revoke_all()
    rotated = Credentials(client_secret="0f" * 32)
    stack.source.context.tokens._credentials = rotated
    put_secret(rotated)
    stack.time.sleep(120)
    assert stack.tick().status == "complete"


def test_unauthorized__on_every_page_fails_instead_of_looping(stack: SyncStack) -> None:
    stack.source.fail(rates={"unauthorized": 1.0})
    record = stack.tick()
    assert record.status == "failed"
    assert record.requests <= 6


def test_lease__of_a_live_run_skips_the_tick(stack: SyncStack) -> None:
    state = DynamoSyncState(dynamodb(), os.environ["STATE_TABLE"], TOKEN)
    grant = state.acquire("other", stack.time.now())
    assert isinstance(grant, Grant)
    sleep = stack.time.sleep

    def renewing(seconds: float) -> None:
        sleep(seconds)
        state.renew(grant, stack.time.now())

    stack.time.sleep = renewing  # type: ignore[method-assign]
    stack.new_process()
    assert stack.tick().status == "skipped"
    assert stack.source.stats()["total"] == 0
    assert stack.state("RUN") == []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_crash__at_any_request_is_resumed_without_loss_or_duplicate(
    stack: SyncStack, seed: int
) -> None:
    stack.source.generate(answers=500, people=50, accounts=5, ties=0.3)
    random, kills = Random(seed), 0
    sleep = stack.time.sleep

    def fatal(seconds: float) -> None:
        nonlocal kills
        sleep(seconds)
        if kills < 12 and random.random() < 0.3:
            kills += 1
            raise Killed

    while True:
        stack.time.sleep = fatal  # type: ignore[method-assign]
        stack.new_process()
        try:
            if stack.tick().status == "complete":
                break
        except Killed:
            sleep(40)
    assert kills >= 3
    assert stack.missing() == set()
    assert len(stack.stored()) == 500
    (mail,) = stack.state("MAIL")
    assert mail["responses"] == 500
    statuses = [run["status"] for run in stack.state("RUN")]
    assert statuses.count("running") == 0


@pytest.mark.parametrize("people", [8, 130])
def test_rows_without_an_address__are_completed_in_bulk(stack: SyncStack, people: int) -> None:
    stack.source.switch(end_user_embed="properties")
    stack.source.generate(answers=700, people=people, accounts=5, no_email=0.1)
    stack.until_complete()
    truth = {str(row["id"]): row["email"] for row in stack.source.source()}
    for answer in stack.stored().values():
        email = truth[answer.key.id]
        assert answer.email == (None if email in (None, "Unknown") else email.casefold())
    asked = stack.source.stats()["endpoints"]
    # Half of it is the list of everybody, which is read once in any case.
    assert asked.get("GET /v1/end_users", 0) + asked.get("GET /v1/end_users/:any", 0) <= 26
    before = stack.source.stats()["total"]
    stack.time.sleep(300)
    stack.new_process()
    stack.tick()
    assert stack.source.stats()["total"] - before <= 4


def test_row_nobody_understands__is_quarantined_once(stack: SyncStack) -> None:
    add_answers(stack.source, 3, stack.time() - 100)
    with stack.source.store.lock:
        next(iter(stack.source.store.answers.values())).score = 14
    assert stack.tick().quarantined == 1
    stack.time.sleep(60)
    assert stack.tick().quarantined == 0
    (item,) = stack.state("QUARANTINE")
    assert (item["reason"], item["source"], item["account_token"]) == ("bad_score", "sync", TOKEN)
    assert "203.0.113" not in item["raw"]


def test_handler__reports_logs_and_measures_without_personal_data(
    stack: SyncStack, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    stack.source.switch(rate_limit=100_000)
    os.environ["REQUESTS_PER_MINUTE"] = "60000"
    add_answers(stack.source, 5, stack.time() - 100)
    clock = MovingTime(stack.time())
    with patch("nps_core.clock.now", clock.now):
        report = app.handler({"schedule": "sync"}, context(aws_request_id="1234abcd-rest"))
    assert (report["status"], report["created"], report["account_token"]) == ("complete", 5, TOKEN)
    assert report["run_id"].endswith("Z-1234abcd")
    assert json.loads(json.dumps(report)) == report
    printed = capsys.readouterr().out
    lines = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    metrics = next(line for line in lines if "_aws" in line)
    assert metrics["ResponsesCreated"] == [5.0]
    for name in ("ResponsesUpdated", "Quarantined", "Throttled", "SyncFailed", "SyncLagSeconds"):
        assert name in metrics
    (line,) = [vars(entry) for entry in caplog.records if entry.msg == "sync finished"]
    assert line["run"] == report
    assert "acme" not in printed + str(line)
