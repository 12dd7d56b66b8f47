import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nps_local import checkout
from nps_local.machine import discovery


@pytest.fixture
def admin() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.fixture
def stack(
    tmp_path: Path, admin: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> discovery.RunningStack:
    monkeypatch.setattr(checkout, "LAST_STACK", tmp_path / "pointer" / "last-stack")
    monkeypatch.setattr(checkout, "DEFAULT_DATA", tmp_path / "default")
    data = tmp_path / "data"
    data.mkdir()
    return discovery.RunningStack(
        pid=1,
        data=data,
        webhook_url="http://127.0.0.1:1/webhook",
        aws_endpoint="http://127.0.0.1:2",
        admin_url=f"http://127.0.0.1:{admin.getsockname()[1]}",
        wootric_url="http://127.0.0.1:3",
        region="us-east-1",
        stack_name="nps-loop-local",
        account_token="NPS-1a2b3c4d",
        clock_file=data / "clock.json",
        outputs={"StateTableName": "state"},
        functions={"sync": "sync-1"},
    )


def test_find__in_the_folder__gives_what_was_announced(stack: discovery.RunningStack) -> None:
    discovery.announce(stack)
    assert discovery.find(stack.data) == stack


def test_find__without_a_folder__gives_the_one_started_last(
    stack: discovery.RunningStack, tmp_path: Path
) -> None:
    other = replace(stack, data=tmp_path / "other", account_token="NPS-99999999")
    other.data.mkdir()
    discovery.announce(stack)
    discovery.announce(other)
    assert discovery.find().account_token == "NPS-99999999"


def test_find__without_a_folder__prefers_the_environment(
    stack: discovery.RunningStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = replace(stack, data=tmp_path / "other")
    other.data.mkdir()
    discovery.announce(stack)
    discovery.announce(other)
    monkeypatch.setenv("NPS_LOCAL_DATA", str(stack.data))
    assert discovery.find().data == stack.data


def test_find__when_the_one_started_last_has_ended__gives_the_usual_one(
    stack: discovery.RunningStack, tmp_path: Path
) -> None:
    usual = replace(stack, data=checkout.DEFAULT_DATA)
    usual.data.mkdir()
    discovery.announce(usual)
    discovery.announce(stack)
    discovery.withdraw(stack.data)
    assert discovery.find().data == usual.data


def test_find__after_the_stack_has_ended__says_how_to_start_one(
    stack: discovery.RunningStack,
) -> None:
    discovery.announce(stack)
    discovery.withdraw(stack.data)
    with pytest.raises(discovery.NoRunningStackError, match="nps local up"):
        discovery.find(stack.data)


def test_find__after_the_stack_was_killed__finds_none(
    stack: discovery.RunningStack, admin: socket.socket
) -> None:
    discovery.announce(stack)
    admin.close()
    with pytest.raises(discovery.NoRunningStackError):
        discovery.find(stack.data)
