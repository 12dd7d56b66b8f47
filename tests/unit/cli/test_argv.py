import pytest

from nps_cli.argv import normalise


@pytest.mark.parametrize(
    "args",
    [
        ["--local", "--json", "accounts", "list"],
        ["accounts", "list", "--local", "--json"],
        ["accounts", "--local", "list", "--json"],
    ],
)
def test_flags__may_stand_anywhere(args: list[str]) -> None:
    assert normalise(args) == ["--local", "--json", "accounts", "list"]


def test_options_with_a_value__move_with_it() -> None:
    args = ["contacts", "list", "--stack", "nps", "--account", "a", "--region=eu-west-1"]
    assert normalise(args) == [
        *("--stack", "nps", "--region=eu-west-1"),
        *("contacts", "list", "--account", "a"),
    ]


def test_an_option_without_its_value__is_left_to_the_parser() -> None:
    assert normalise(["runs", "list", "--stack"]) == ["--stack", "runs", "list"]


def test_a_double_dash__ends_the_search() -> None:
    assert normalise(["accounts", "show", "--", "--json"]) == ["accounts", "show", "--", "--json"]


def test_local_commands__keep_their_own_options() -> None:
    args = ["local", "up", "--data", "d", "--set", "WindowDays=90"]
    assert normalise(args) == args


def test_options_before_local__stay_before_it() -> None:
    assert normalise(["--data", "d", "local", "wait"]) == ["--data", "d", "local", "wait"]


def test_an_account_called_local__does_not_end_the_search() -> None:
    assert normalise(["accounts", "show", "local", "--json"]) == [
        *("--json", "accounts", "show", "local")
    ]
