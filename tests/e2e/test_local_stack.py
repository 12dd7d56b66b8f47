"""The local stack: deploys the whole template, keeps its data, and has a movable clock."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from nps_local import checkout
from nps_local.machine import ministack
from nps_testing.stacks.local import LocalStack


def nps_local(stack: LocalStack, *arguments: str) -> subprocess.CompletedProcess[str]:
    sources = ("local", "layers/nps_core")
    path = os.pathsep.join(str(checkout.ROOT / source) for source in sources)
    return subprocess.run(
        [sys.executable, "-m", "nps_local", *arguments, "--data", str(stack.data)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def last_deployment(stack: LocalStack) -> object:
    client = ministack.session().client("cloudformation", endpoint_url=stack.running.aws_endpoint)
    (deployed,) = client.describe_stacks(StackName=stack.running.stack_name)["Stacks"]
    return deployed.get("LastUpdatedTime") or deployed["CreationTime"]


def test_up__says_where_everything_is(local_stack: LocalStack) -> None:
    assert set(local_stack.announced) == {
        "webhook_url",
        "aws_endpoint",
        "wootric_url",
        "region",
        "stack_name",
    }
    assert local_stack.announced["webhook_url"].startswith("http://127.0.0.1:")


def test_webhook__is_the_only_route(local_stack: LocalStack) -> None:
    url = local_stack.running.webhook_url
    assert requests.get(url, timeout=10).status_code == 404
    assert requests.post(f"{url}/other", timeout=10).status_code == 404
    assert requests.post(url, data=b"{}", timeout=30).status_code == 401


def test_connection__is_activated_when_the_stack_starts(local_stack: LocalStack) -> None:
    key = {"pk": {"S": f"CONN#{local_stack.running.account_token}"}, "sk": {"S": "PROFILE"}}
    profile = local_stack.dynamodb().get_item(
        TableName=local_stack.running.outputs["StateTableName"], Key=key
    )["Item"]
    activated = profile["activated_at"]["S"]
    earliest = (local_stack.now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S")
    assert earliest < activated < local_stack.now().strftime("%Y-%m-%dT%H:%M:%S~")


@pytest.mark.parametrize("schedule", ["sync", "deliver"])
def test_fire__prints_the_result_as_json(local_stack: LocalStack, schedule: str) -> None:
    result = nps_local(local_stack, "fire", schedule)
    assert result.returncode == 0, result.stderr
    assert isinstance(json.loads(result.stdout), dict)


def test_fire__of_an_unknown_schedule__names_those_that_there_are(local_stack: LocalStack) -> None:
    result = nps_local(local_stack, "fire", "weekly")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "no schedule 'weekly'; there are deliver, sync\n"


def test_kill__of_an_unknown_function__names_those_that_there_are(local_stack: LocalStack) -> None:
    result = nps_local(local_stack, "kill", "synk")
    assert result.returncode == 1
    assert "deliver, inbox, notify, rollup, sync, webhook" in result.stderr


@pytest.mark.parametrize("name", ["rollup", "RollupFunction"])
def test_kill__takes_short_names_and_logical_ids(local_stack: LocalStack, name: str) -> None:
    result = nps_local(local_stack, "kill", name)
    assert "RollupFunction" in json.loads(result.stdout)["function"]


def test_restart__deploys_again_only_what_changed(
    start_stack: Callable[..., LocalStack],
) -> None:
    stack = start_stack("--answers", "0", "--now", "2026-03-01T09:00:00Z")
    first = last_deployment(stack)
    assert stack.now().year == 2026
    assert stack.stop() == 0
    stack.start()
    assert last_deployment(stack) == first
    assert stack.now().strftime("%Y-%m-%d") == "2026-03-01"
    stack.stop()
    changed = start_stack("--answers", "0", "--set", "WindowDays=90", data=stack.data)
    client = ministack.session().client("lambda", endpoint_url=changed.running.aws_endpoint)
    settings = client.get_function_configuration(FunctionName=changed.running.functions["rollup"])
    assert settings["Environment"]["Variables"]["WINDOW_DAYS"] == "90"


def test_up__of_a_stack_that_runs__is_refused_and_leaves_it_alone(local_stack: LocalStack) -> None:
    result = nps_local(local_stack, "up")
    assert result.returncode == 1
    assert "runs in" in result.stderr
    assert nps_local(local_stack, "wait").returncode == 0


def test_secrets_and_server_of_a_person__reach_the_functions(
    start_stack: Callable[..., LocalStack], tmp_path: Path
) -> None:
    given = {
        "client_id": "an-id",
        "client_secret": "a-secret",
        "account_token": "NPS-0a0b0c0d",
        "webhook_keys": {"active": ["new"], "retired": ["old"]},
    }
    file = tmp_path / "given.json"
    file.write_text(json.dumps(given))
    stack = start_stack("--secrets", str(file), "--wootric-url", "http://127.0.0.1:9/")
    client = ministack.session().client("secretsmanager", endpoint_url=stack.running.aws_endpoint)
    stored = client.get_secret_value(SecretId=stack.running.outputs["SecretArn"])["SecretString"]
    assert {**json.loads(stored), "account_token": "NPS-0a0b0c0d"} == given
    functions = ministack.session().client("lambda", endpoint_url=stack.running.aws_endpoint)
    settings = functions.get_function_configuration(FunctionName=stack.running.functions["sync"])
    variables = settings["Environment"]["Variables"]
    assert variables["WOOTRIC_ACCOUNT_TOKEN"] == "NPS-0a0b0c0d"
    assert variables["WOOTRIC_API_URL"] == stack.announced["wootric_url"] == "http://127.0.0.1:9"
