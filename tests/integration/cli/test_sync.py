"""`nps sync ...`: its request to the function, and its report of the reply."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from nps_core import clock
from nps_core.aws import clients
from nps_core.connections.dynamo_settings import DynamoConnections
from nps_core.connections.settings import Connection
from nps_core.sync.runlog import RunRecord, RunStatus
from nps_testing.factories import NOW
from nps_testing.stacks.environment import TOKEN
from nps_testing.stacks.operator import ON_STACK, OperatorStack, deployed, run, run_json

EU = "NPS-EU-5e6f7a8b"
COUNTS = {"promoters": 3, "passives": 2, "detractors": 1}
FEWER = {**COUNTS, "detractors": 0}
ASKED_AT, AFTER = "2026-03-02T17:16:00Z", "2026-03-02T17:16:01Z"


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[OperatorStack]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with deployed() as stack:
        yield stack


@pytest.fixture
def two(stack: OperatorStack) -> OperatorStack:
    accounts = DynamoConnections(clients.dynamodb(), stack.state)
    accounts.put(Connection(EU, "", "CES", "Europe/Berlin", 50))
    return stack


def record(token: str = TOKEN, status: RunStatus = "complete", **more: Any) -> dict[str, Any]:
    counts = dict.fromkeys(("fetched", "created", "updated", "unchanged", "requests"), 7)
    whole = RunRecord("r-1", token, "live", NOW, status).as_dict()
    return {**whole, **counts, "asked_at": ASKED_AT, **more}


def audited(**more: Any) -> dict[str, Any]:
    proof: dict[str, Any] = {
        "at": AFTER,
        "first_day": "2026-01-01",
        "last_day": "2026-03-01",
        "source": COUNTS,
    }
    proof |= {"stored": COUNTS, "holds": True}
    return record(audit={**proof, **more})


def reply(stack: OperatorStack, *runs: dict[str, Any], status: str = "complete") -> None:
    stack.endpoint.function_result = (
        runs[0] if len(runs) == 1 else {"status": status, "runs": list(runs)}
    )


def asked(stack: OperatorStack) -> Any:
    return stack.endpoint.invoked[-1][1]


# ------------------------------------------------------------------------------------------ now


def test_now__of_several_connections_is_a_row_for_each(two: OperatorStack) -> None:
    reply(two, record(), record(EU, "partial"), status="partial")
    assert run_json("sync", "now") == two.endpoint.function_result
    assert asked(two) == {"schedule": "sync"}
    shown = run("sync", "now", *ON_STACK)
    assert (shown.exit_code, TOKEN in shown.output, EU in shown.output) == (0, True, True)


def test_now__of_one_connection_asks_for_it_alone(two: OperatorStack) -> None:
    reply(two, record(EU))
    run_json("sync", "now", "--connection", EU)
    assert asked(two) == {"schedule": "sync", "connection": EU}


def test_now__fails_if_one_connection_does_and_names_it(two: OperatorStack) -> None:
    failed = record(EU, "failed", error="Unauthorized: HTTP 401")
    reply(two, record(), failed, status="failed")
    result = run("sync", "now", *ON_STACK)
    assert result.exit_code == 1
    assert f"error: {EU}: Unauthorized: HTTP 401: Wootric refuses" in result.output


@pytest.mark.parametrize(
    "command", [("now",), ("status",), ("audit",), ("backfill", "--since", "2025-01-31")]
)
def test_an_unknown_connection__is_refused_and_nothing_is_run(
    two: OperatorStack, command: tuple[str, ...]
) -> None:
    result = run("sync", *command, "--connection", "NPS-nope", *ON_STACK)
    assert result.exit_code == 1
    assert result.output.strip() == (
        f"error: --connection: there is no connection 'NPS-nope', only {TOKEN}, {EU}"
    )
    assert two.endpoint.invoked == []


# ---------------------------------------------------------------------------------------- audit


def test_audit__prints_both_counts(stack: OperatorStack) -> None:
    reply(stack, audited())
    (row,) = run_json("sync", "audit")
    assert asked(stack) == {"task": "audit", "dry_run": False}
    assert (row["account_token"], row["holds"]) == (TOKEN, True)
    assert row["source"] == row["stored"] == COUNTS
    shown = run("sync", "audit", *ON_STACK)
    assert shown.exit_code == 0
    assert "the counts are equal, 2026-01-01 to 2026-03-01, 60 days." in shown.output
    assert "Nothing is missing, superfluous or of another class." in shown.output


def test_audit__ends_with_1_if_the_counts_differ(stack: OperatorStack) -> None:
    reply(stack, audited(stored=FEWER, holds=False))
    result = run("sync", "audit", *ON_STACK)
    assert (result.exit_code, "DIFFER" in result.output) == (1, True)
    assert "Everything is being read again" in result.output
    assert run("sync", "audit", *ON_STACK, "--json").exit_code == 1


def test_audit__while_another_run_is_at_work_is_noted(stack: OperatorStack) -> None:
    reply(stack, {**audited(at="2026-03-02T16:00:00Z"), "status": "skipped"})
    result = run("sync", "audit", *ON_STACK)
    assert result.exit_code == 0
    assert "The request is stored; the next tick carries it out." in result.output
    assert "equal" not in result.output


def test_audit__that_was_not_reached_says_so(stack: OperatorStack) -> None:
    reply(stack, {**audited(at="2026-03-02T16:00:00Z"), "status": "partial"})
    result = run("sync", "audit", *ON_STACK)
    assert result.exit_code == 0
    assert "not compared yet; the next tick compares" in result.output


def test_audit__of_another_metric_says_why_there_is_none(two: OperatorStack) -> None:
    reply(two, record(EU, audit=None))
    result = run("sync", "audit", "--connection", EU, *ON_STACK)
    assert (result.exit_code, "NPS answers only, not CES" in result.output) == (0, True)


def test_audit__before_a_whole_day_was_read_has_nothing_to_compare(stack: OperatorStack) -> None:
    reply(stack, record(audit=None))
    assert "no whole day has been read" in run("sync", "audit", *ON_STACK).output


def test_audit__that_failed_gives_its_reason(stack: OperatorStack) -> None:
    reply(stack, record(status="failed", error="Unauthorized: HTTP 401", audit=None))
    result = run("sync", "audit", *ON_STACK)
    assert result.exit_code == 1
    assert "nps connect" in result.output


def test_audit_dry_run__says_what_would_be_read(stack: OperatorStack) -> None:
    found = {"days": ["2026-01-01", "2026-03-01"], "source": COUNTS, "stored": FEWER}
    reply(stack, record(audit=found, ended_at=AFTER))
    result = run("sync", "audit", "--dry-run", *ON_STACK)
    assert asked(stack) == {"task": "audit", "dry_run": True}
    assert result.exit_code == 1
    assert "An audit would read everything again." in result.output


@pytest.mark.parametrize("command", [("audit",), ("backfill", "--since", "2025-01-31")])
def test_a_dry_run__while_another_run_is_at_work_has_no_answer(
    stack: OperatorStack, command: tuple[str, ...]
) -> None:
    reply(stack, record(status="skipped"))
    result = run("sync", *command, "--dry-run", *ON_STACK)
    assert result.exit_code == 1
    assert f"another run is in progress for {TOKEN}: repeat" in result.output


# ------------------------------------------------------------------------------------- backfill


@pytest.mark.parametrize(
    ("since", "sent"),
    [
        ("2025-01-31", "2025-01-31T00:00:00Z"),
        ("2025-01-31T08:00:00+02:00", "2025-01-31T06:00:00Z"),
    ],
)
def test_backfill__asks_with_an_offset(stack: OperatorStack, since: str, sent: str) -> None:
    reply(stack, record())
    result = run("sync", "backfill", "--since", since, *ON_STACK)
    assert asked(stack) == {"task": "backfill", "since": sent, "dry_run": False}
    assert (result.exit_code, "All of it has been read." in result.output) == (0, True)


def test_backfill__that_was_cut_off_goes_on_by_itself(two: OperatorStack) -> None:
    reply(two, record(status="partial"), record(EU, "skipped"), status="partial")
    shown = run("sync", "backfill", "--since", "2025-01-31", *ON_STACK).output
    assert "The next ticks continue; `nps sync status` shows the progress." in shown
    assert f"{EU}: another run is in progress. The request is stored" in shown
    partial, skipped = run_json("sync", "backfill", "--since", "2025-01-31")
    assert (partial["status"], skipped["status"]) == ("partial", "skipped")


def test_backfill_dry_run__says_how_much_there_is(stack: OperatorStack) -> None:
    reply(stack, record(backfill={"since_s": 1, "until_s": 2, "responses": 12_000}))
    shown = run("sync", "backfill", "--since", "2025-01-31", "--dry-run", *ON_STACK).output
    assert "12,000 responses to read: 242 requests, about 3 min at 80 a minute" in shown
    assert asked(stack)["dry_run"] is True


@pytest.mark.parametrize(
    ("since", "reason"),
    [
        ("soon", "'--since': 'soon' is no time of 2000 to 2099: give 2026-03-02 or"),
        ("2026-03-03", "'--since': 2026-03-03T00:00:00Z is not in the past"),
    ],
)
def test_backfill__since_no_time_or_tomorrow_is_wrong_usage(
    stack: OperatorStack, since: str, reason: str
) -> None:
    result = run("sync", "backfill", "--since", since, *ON_STACK)
    assert (result.exit_code, reason in result.output) == (2, True)
    assert stack.endpoint.invoked == []


def test_now__is_the_time_of_the_stack(
    stack: OperatorStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=30))
    reply(stack, record())
    assert run("sync", "backfill", "--since", "2026-03-03", *ON_STACK).exit_code == 0
