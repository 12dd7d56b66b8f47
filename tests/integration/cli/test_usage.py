"""Options and failures of the operator's command: one line, never a traceback."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nps_core.aws import clients
from nps_testing.stacks.operator import ON_STACK, REGION, STACK, OperatorStack, deployed, run

_SOURCES = ("functions", "layers/nps_core", "local", "cli")
ROOT = Path(__file__).parents[3]


@pytest.fixture
def stack() -> Iterator[OperatorStack]:
    with deployed() as stack:
        yield stack


def test_help__documents_where_options_may_stand() -> None:
    result = run("--help")
    assert result.exit_code == 0
    assert "anywhere after it" in result.output
    for name in ("accounts", "company", "connect", "doctor", "local"):
        assert name in result.output


@pytest.mark.parametrize(
    "args",
    [
        ["--stack", STACK, "--region", REGION, "--json", "accounts", "list"],
        ["accounts", "list", "--json", f"--stack={STACK}", "--region", REGION],
        ["accounts", "--json", "--stack", STACK, "list", "--region", REGION],
    ],
)
def test_options__may_stand_before_and_after_the_command(
    stack: OperatorStack, args: list[str]
) -> None:
    result = run(*args)
    assert (result.exit_code, result.output) == (0, "[]\n")


@pytest.mark.parametrize(
    "args", [["accounts", "lst"], ["accounts", "show"], ["--nope"], ["runs", "list", "--stack"]]
)
def test_wrong_usage__ends_with_2(args: list[str]) -> None:
    result = run(*args)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_no_stack__says_which_options_to_give() -> None:
    result = run("accounts", "list")
    assert result.exit_code == 1
    assert "--local" in result.output
    assert "--stack NAME --region REGION" in result.output


def test_both_stacks__are_refused() -> None:
    assert "not both" in run("--local", "accounts", "list", *ON_STACK).output


def test_an_unknown_stack__is_named_with_its_region(stack: OperatorStack) -> None:
    result = run("accounts", "list", "--stack", "nope", "--region", REGION)
    assert result.exit_code == 1
    assert result.output.strip().splitlines() == [
        f"error: there is no stack nope in {REGION}: check --stack and --region"
    ]


def test_no_region__is_asked_for(stack: OperatorStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert "--region" in run("accounts", "list", "--stack", STACK).output


def test_no_local_stack__says_how_to_start_one(tmp_path: Path) -> None:
    result = run("accounts", "list", "--local", "--data", str(tmp_path))
    assert result.exit_code == 1
    assert "nps local up" in result.output


def test_a_table_that_is_gone__is_one_line_with_the_fix(stack: OperatorStack) -> None:
    clients.dynamodb().delete_table(TableName=stack.state)
    result = run("accounts", "list", *ON_STACK)
    assert result.exit_code == 1
    (line,) = result.output.strip().splitlines()
    assert line == (
        "error: Query: ResourceNotFoundException:"
        " a resource of the stack is gone; deploy the stack again"
    )


_WITHOUT_LOCAL_STACK = "import sys; sys.modules['nps_local'] = None; "
"""Makes `import nps_local` fail, as where only the CLI is installed."""


def started(*args: str, tmp_path: Path, before: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command as a process of its own, on a machine that is not signed in to AWS."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    env = {
        **kept,
        "PYTHONPATH": os.pathsep.join(str(ROOT / name) for name in _SOURCES),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
    }
    program = f"{before}from nps_cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *args],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_missing_credentials__are_one_line_with_the_fix(tmp_path: Path) -> None:
    result = started("accounts", "list", *ON_STACK, tmp_path=tmp_path)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith("error: NoCredentialsError: sign in to AWS again")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("args", [("local", "up", "--seed", "2"), ("--local", "runs", "list")])
def test_without_the_local_stack__its_commands_say_so_and_the_others_work(
    tmp_path: Path, args: tuple[str, ...]
) -> None:
    helped = started("--help", tmp_path=tmp_path, before=_WITHOUT_LOCAL_STACK)
    assert helped.returncode == 0
    result = started(*args, tmp_path=tmp_path, before=_WITHOUT_LOCAL_STACK)
    assert result.returncode == 1
    assert "make install" in result.stderr
    assert len(result.stderr.splitlines()) == 1
