from pathlib import Path

from nps_cli.shell.options import Options


def test_options__are_named_as_they_would_be_typed() -> None:
    assert Options(stack="a", region="r", json=True).words() == ["--stack", "a", "--region", "r"]
    assert Options(local=True, data=Path("d")).words() == ["--local", "--data", "d"]
    assert Options(stack="a").words() == ["--stack", "a"]
