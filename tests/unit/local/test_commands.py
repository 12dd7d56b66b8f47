from pathlib import Path

import pytest
from typer.testing import CliRunner

from nps_local.commands import app


@pytest.mark.parametrize(
    "command", [["fire", "sync"], ["wait"], ["kill", "sync"], ["mails"], ["clock", "show"]]
)
def test_command__without_a_running_stack__says_how_to_start_one(
    command: list[str], tmp_path: Path
) -> None:
    result = CliRunner().invoke(app, [*command, "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert f"no local stack runs in {tmp_path}: start one with `nps local up`" in result.output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--set", "Windows=30"], "unknown parameter 'Windows'; the template has SenderAddress"),
        (["--set", "WindowDays"], "expected PARAMETER=VALUE"),
        (["--now", "yesterday"], "is no ISO 8601 time"),
    ],
)
def test_up__with_a_wrong_option__says_so_before_anything_runs(
    options: list[str], message: str, tmp_path: Path
) -> None:
    result = CliRunner().invoke(app, ["up", "--data", str(tmp_path / "data"), *options])
    assert result.exit_code == 1
    assert message in result.output
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("port", ["0", "-1", "65536"])
@pytest.mark.parametrize("option", ["--http-port", "--aws-port"])
def test_up__with_what_is_no_port__is_wrong_usage(option: str, port: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["up", "--data", str(tmp_path / "data"), option, port])
    assert result.exit_code == 2
    assert not (tmp_path / "data").exists()
