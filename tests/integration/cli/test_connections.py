"""Several Wootric accounts of one stack: added, listed, read and removed by the operator."""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from nps_core import clock
from nps_core.answers.dynamo import DynamoAnswerStore
from nps_core.aws import clients
from nps_core.connections.dynamo_settings import DynamoConnections
from nps_core.connections.profile import DynamoProfiles
from nps_core.connections.settings import Connection
from nps_core.errors import StoreUnavailable
from nps_local.fakes.wootric.oauth import Credentials
from nps_local.fakes.wootric.server import FakeWootric
from nps_testing.factories import NOW
from nps_testing.stacks.crashes import Killed
from nps_testing.stacks.environment import TOKEN
from nps_testing.stacks.lambda_context import context
from nps_testing.stacks.operator import ON_STACK, SECRET, OperatorStack, deployed, run, run_json
from sync_wootric import app

EU = "NPS-EU-5e6f7a8b"
THEIRS = {
    "client_id": "eu-id",
    "client_secret": "eu-secret-text",
    "webhook_keys": {"active": ["eu-key"], "retired": []},
}


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[OperatorStack]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with deployed() as stack:
        store_secret(stack, SECRET)
        yield stack


@pytest.fixture
def theirs(tmp_path: Path) -> str:
    return file_of(tmp_path, THEIRS)


def file_of(folder: Path, content: dict[str, Any]) -> str:
    path = folder / "secrets.json"
    path.write_text(json.dumps(content))
    return str(path)


def store_secret(stack: OperatorStack, secret: dict[str, Any]) -> None:
    boto3.client("secretsmanager").put_secret_value(
        SecretId=stack.secret_arn, SecretString=json.dumps(secret)
    )


def secret_of(stack: OperatorStack) -> Any:
    reply = boto3.client("secretsmanager").get_secret_value(SecretId=stack.secret_arn)
    return json.loads(reply["SecretString"])


def added(stack: OperatorStack) -> list[Connection]:
    return DynamoConnections(clients.dynamodb(), stack.state).added()


def connect(*options: str) -> Any:
    """Connect the added account at an address where nobody answers."""
    return run_json("connect", "--account", EU, "--api-url", "http://127.0.0.1:9", *options)


# -------------------------------------------------------------------------------------- connect


def test_another_account__is_stored_beside_the_first(stack: OperatorStack, theirs: str) -> None:
    report = connect("--secrets", theirs)
    assert report == {
        "account_token": EU,
        "activated_at": "2026-03-02T17:16:00Z",
        "activated_now": True,
        "webhook_url": "http://127.0.0.1:9/webhook",
        "time_zone": None,
    }
    assert secret_of(stack) == {**SECRET, "connections": {EU: THEIRS}}
    assert added(stack) == [Connection(EU, "http://127.0.0.1:9", "NPS", "America/Los_Angeles", 80)]


def test_another_account__asks_like_the_first_and_never_shows_a_secret(
    stack: OperatorStack,
) -> None:
    options = ("--account", EU, "--api-url", "http://127.0.0.1:9", "--metric", "CES")
    result = run("connect", *options, *ON_STACK, typed="eu-id\neu-secret-text\neu-key\n")
    assert result.exit_code == 0, result.output
    assert not any(text in result.output for text in ("eu-id", "eu-secret-text", "eu-key"))
    assert "the time zone was not checked" in result.output
    assert secret_of(stack)["connections"] == {EU: THEIRS}
    assert added(stack)[0].metric == "CES"


def test_connecting_again__changes_what_is_named_and_keeps_the_rest(
    stack: OperatorStack, theirs: str
) -> None:
    connect("--secrets", theirs, "--metric", "CSAT", "--requests-per-minute", "20")
    options = ("--account", EU, "--time-zone", "Europe/Berlin")
    result = run("connect", *options, *ON_STACK, typed="\n\neu-key-2\n")
    assert result.exit_code == 0, result.output
    assert added(stack) == [Connection(EU, "http://127.0.0.1:9", "CSAT", "Europe/Berlin", 20)]
    rotated = {"active": ["eu-key-2"], "retired": ["eu-key"]}
    assert secret_of(stack)["connections"] == {EU: {**THEIRS, "webhook_keys": rotated}}


def test_the_first_account__keeps_the_others_when_it_is_connected_again(
    stack: OperatorStack, theirs: str, tmp_path: Path
) -> None:
    connect("--secrets", theirs)
    result = run("connect", *ON_STACK, typed="new-id\n\nnew-key\n")
    assert result.exit_code == 0, result.output
    ours = secret_of(stack)
    assert ours["connections"] == {EU: THEIRS}
    keys = {"active": ["new-key"], "retired": SECRET["webhook_keys"]["active"]}  # type: ignore[index]
    assert (ours["client_id"], ours["webhook_keys"]) == ("new-id", keys)
    run_json("connect", "--account", TOKEN, "--secrets", file_of(tmp_path, SECRET))
    assert secret_of(stack) == {**SECRET, "connections": {EU: THEIRS}}


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--metric", "CES"), "--metric: for the account of the template deploy with Wootric"),
        (("--account", TOKEN, "--time-zone", "UTC"), "deploy with WootricTimeZone"),
        (("--account", "x y"), "the account token is 4 to 64 letters"),
        (("--account", EU, "--metric", "XPS"), "the metric is one of NPS, CES, CSAT"),
        (("--account", EU, "--time-zone", "Berlin"), "such as Europe/Berlin"),
    ],
)
def test_settings_that_cannot_work__are_named_and_nothing_is_stored(
    stack: OperatorStack, theirs: str, options: tuple[str, ...], reason: str
) -> None:
    result = run("connect", *options, "--secrets", theirs, *ON_STACK)
    assert (result.exit_code, reason in result.output) == (1, True), result.output
    assert (secret_of(stack), added(stack)) == (SECRET, [])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({**THEIRS, "account_token": TOKEN}, f"is for another account: this one is {EU}"),
        ({**THEIRS, "connections": {TOKEN: THEIRS}}, "has connections: give the fields of"),
        ({**THEIRS, "client_id": ""}, "nothing was stored: client_id missing"),
    ],
)
def test_a_wrong_file__stores_neither_secret_nor_settings(
    stack: OperatorStack, tmp_path: Path, content: dict[str, Any], reason: str
) -> None:
    file = file_of(tmp_path, content)
    result = run("connect", "--account", EU, "--secrets", file, *ON_STACK)
    assert (result.exit_code, reason in result.output) == (1, True), result.output
    assert (secret_of(stack), added(stack)) == (SECRET, [])


def test_a_crash_between_both_writes__leaves_no_connection_without_credentials(
    stack: OperatorStack, theirs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise StoreUnavailable("PutItem: gone")

    with monkeypatch.context() as broken:
        broken.setattr(DynamoConnections, "put", crash)
        assert run("connect", "--account", EU, "--secrets", theirs, *ON_STACK).exit_code == 1
    assert (secret_of(stack)["connections"], added(stack)) == ({EU: THEIRS}, [])
    connect("--secrets", theirs)
    assert [one.account_token for one in added(stack)] == [EU]


# ------------------------------------------------------------------------------ list and remove


def test_connections_list__names_where_each_comes_from(stack: OperatorStack, theirs: str) -> None:
    run_json("connect", "--secrets", file_of(Path(theirs).parent, SECRET))
    Path(theirs).write_text(json.dumps(THEIRS))
    connect("--secrets", theirs)
    assert run_json("connections", "list") == [
        {
            **{"account_token": TOKEN, "host": "http://127.0.0.1:9", "metric": "NPS"},
            **{"time_zone": "America/Los_Angeles", "requests_per_minute": 80},
            **{"activated_at": "2026-03-02T17:16:00Z", "from": "template"},
        },
        {
            **{"account_token": EU, "host": "http://127.0.0.1:9", "metric": "NPS"},
            **{"time_zone": "America/Los_Angeles", "requests_per_minute": 80},
            **{"activated_at": "2026-03-02T17:16:00Z", "from": "added"},
        },
    ]
    assert EU in run("connections", "list", *ON_STACK).output


def test_a_removed_account__is_neither_read_nor_trusted(stack: OperatorStack, theirs: str) -> None:
    connect("--secrets", theirs)
    dry = run_json("connections", "remove", EU, "--dry-run")
    assert dry == {"account_token": EU, "removed": False, "dry_run": True}
    assert len(added(stack)) == 1
    report = run_json("connections", "remove", EU)
    assert report == {"account_token": EU, "removed": True, "dry_run": False}
    assert (secret_of(stack), added(stack)) == (SECRET, [])
    since = DynamoProfiles(clients.dynamodb(), stack.state).activated_at(EU)
    assert since == NOW, "what was live stays live if the account is added again"


def test_a_crash_while_removing__leaves_no_connection_without_credentials(
    stack: OperatorStack, theirs: str
) -> None:
    connect("--secrets", theirs)
    DynamoConnections(clients.dynamodb(), stack.state).remove(EU)
    assert run("connections", "remove", EU, *ON_STACK).exit_code == 0
    assert secret_of(stack) == SECRET


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (TOKEN, "is the account of the template: deploy with another WootricAccountToken"),
        ("NPS-nope", "there is no connection 'NPS-nope'"),
    ],
)
def test_removing__what_is_not_added_is_refused(
    stack: OperatorStack, token: str, reason: str
) -> None:
    result = run("connections", "remove", token, *ON_STACK)
    assert (result.exit_code, reason in result.output) == (1, True)


# ------------------------------------------------------------------- against a source that answers


@pytest.fixture
def source(stack: OperatorStack) -> Iterator[FakeWootric]:
    theirs = Credentials(client_id="eu-id", client_secret="eu-secret-text")
    with FakeWootric(now=NOW.timestamp, account_token=EU, credentials=theirs) as running:
        running.switch(rate_limit=1_000_000, account_time_zone="Europe/Berlin")
        running.generate(answers=250, people=40, accounts=5, days=30)
        yield running


def test_the_time_zone__is_checked_when_the_account_is_connected(
    stack: OperatorStack, source: FakeWootric, theirs: str
) -> None:
    options = ("--account", EU, "--api-url", source.url, "--secrets", theirs)
    wrong = run_json("connect", *options)["time_zone"]
    assert (wrong["check"], wrong["ok"]) == ("time_zone", False)
    assert wrong["fix"].startswith(f"`nps connect --account {EU} --time-zone ")
    right = run_json("connect", *options, "--time-zone", "Europe/Berlin")["time_zone"]
    assert (right["ok"], right["fix"]) == (True, None)
    assert right["detail"].startswith("Europe/Berlin, as Wootric counts the ")


@pytest.fixture
def working(stack: OperatorStack, source: FakeWootric, theirs: str) -> OperatorStack:
    """The added account is connected, and the real function answers."""
    settings = ("--time-zone", "Europe/Berlin", "--requests-per-minute", "60000")
    options = ("--account", EU, "--api-url", source.url, "--secrets", theirs)
    run_json("connect", *options, *settings)
    os.environ |= {"SECRET_ARN": stack.secret_arn, "POWERTOOLS_METRICS_DISABLED": "true"}
    os.environ |= {"RESPONSES_TABLE": stack.responses, "STATE_TABLE": stack.state}
    stack.endpoint.functions["test-sync"] = lambda event: app.handler(event, context())
    return stack


def test_an_added_account__is_read_and_proven_by_the_real_function(
    working: OperatorStack,
) -> None:
    only = ("--connection", EU)
    assert run_json("sync", "now", *only)["status"] == "complete"
    (status,) = run_json("sync", "status", *only)
    assert (status["phase"], status["people"]) == ("live", True)
    (dry,) = run_json("sync", "audit", "--dry-run", *only)
    (audit,) = run_json("sync", "audit", *only)
    assert audit["holds"] is dry["holds"] is True
    assert audit["source"] == audit["stored"] == dry["source"]
    (more,) = run_json("sync", "backfill", "--since", "2026-02-20", *only)
    assert (more["status"], more["created"]) == ("complete", 0)
    store = DynamoAnswerStore(clients.dynamodb(), working.responses)
    assert {answer.key.account_token for answer in store.everything()} == {EU}


def test_a_change_that_counting_shows__is_read_again_by_an_audit(
    working: OperatorStack, source: FakeWootric
) -> None:
    only = ("--connection", EU)
    run_json("sync", "now", *only)
    before_s = (NOW - timedelta(days=9)).timestamp()
    with source.store.lock:
        answer = next(
            one
            for one in source.store.answers.values()
            if one.created_ms < before_s * 1000 and not one.excluded
        )
        source.actions.flag(answer, excluded=True, completed=None)
    dry = run("sync", "audit", "--dry-run", "--json", *only, *ON_STACK)
    assert dry.exit_code == 1
    (found,) = json.loads(dry.output)
    assert found["holds"] is False
    (audit,) = run_json("sync", "audit", *only)
    assert audit["holds"] is True


# --------------------------------------------------------------- credentials of another account


@pytest.fixture
def other(source: FakeWootric) -> Iterator[FakeWootric]:
    """Another account at another address, with other answers."""
    known = Credentials(client_id="other-id", client_secret="other-secret")
    with FakeWootric(now=NOW.timestamp, seed=9, account_token=EU, credentials=known) as running:
        running.switch(rate_limit=1_000_000, account_time_zone="Europe/Berlin")
        running.generate(answers=50, people=9, accounts=3, days=20)
        yield running


def to_other(other: FakeWootric, folder: Path, *more: str) -> tuple[str, ...]:
    mixed_up = {**THEIRS, "client_id": "other-id", "client_secret": "other-secret"}
    file = file_of(folder, mixed_up)
    return ("connect", "--account", EU, "--api-url", other.url, "--secrets", file, *more)


def test_credentials_of_another_account__are_not_stored(
    working: OperatorStack, other: FakeWootric, tmp_path: Path
) -> None:
    run_json("sync", "now", "--connection", EU)
    before = secret_of(working), added(working)
    result = run(*to_other(other, tmp_path), *ON_STACK)
    assert result.exit_code == 1
    reason = f"nothing was stored: the credentials are those of another Wootric account than {EU}"
    assert reason in result.output
    assert "other-secret" not in result.output
    assert (secret_of(working), added(working)) == before


def test_another_account__that_an_operator_accepts_is_read_from_then_on(
    working: OperatorStack, other: FakeWootric, tmp_path: Path
) -> None:
    run_json("sync", "now", "--connection", EU)
    run_json(*to_other(other, tmp_path, "--another-account"))
    profiles = DynamoProfiles(clients.dynamodb(), working.state)
    assert profiles.account_accepted_at(EU) == NOW.replace(microsecond=0)
    app.deps.cache_clear()
    assert run_json("sync", "now", "--connection", EU)["status"] != "failed"


def test_a_repeat__records_what_was_allowed_and_cut_short(
    working: OperatorStack, other: FakeWootric, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_json("sync", "now", "--connection", EU)
    real = DynamoProfiles.accept_account

    def killed(*_: object) -> None:
        monkeypatch.setattr(DynamoProfiles, "accept_account", real)
        raise Killed

    monkeypatch.setattr(DynamoProfiles, "accept_account", killed)
    with suppress(Killed):
        run(*to_other(other, tmp_path, "--another-account"), *ON_STACK)
    profiles = DynamoProfiles(clients.dynamodb(), working.state)
    assert profiles.account_accepted_at(EU) is None
    run_json(*to_other(other, tmp_path, "--another-account"))
    assert profiles.account_accepted_at(EU) is not None


def test_the_same_account__with_new_credentials_is_stored(
    working: OperatorStack, tmp_path: Path
) -> None:
    run_json("sync", "now", "--connection", EU)
    again = Credentials(client_id="eu-id-2", client_secret="eu-secret-2")
    with FakeWootric(now=NOW.timestamp, account_token=EU, credentials=again) as rotated:
        rotated.switch(rate_limit=1_000_000, account_time_zone="Europe/Berlin")
        rotated.generate(answers=250, people=40, accounts=5, days=30)
        new = {**THEIRS, "client_id": "eu-id-2", "client_secret": "eu-secret-2"}
        file = file_of(tmp_path, new)
        run_json("connect", "--account", EU, "--api-url", rotated.url, "--secrets", file)
    assert secret_of(working)["connections"][EU]["client_id"] == "eu-id-2"
    assert DynamoProfiles(clients.dynamodb(), working.state).account_accepted_at(EU) is None
