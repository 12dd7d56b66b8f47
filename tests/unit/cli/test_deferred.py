import pytest

from nps_cli.main import COMMANDS
from nps_cli.shell.deferred import Deferred
from nps_cli.shell.errors import Failure


@pytest.mark.parametrize(("name", "path", "summary"), COMMANDS)
def test_the_list_of_commands__says_of_each_what_its_own_help_says(
    name: str, path: str, summary: str
) -> None:
    listed = Deferred(name, path, summary)

    assert listed.get_short_help_str(500) == listed.load().get_short_help_str(500)


def test_a_command_whose_module_is_missing__fails_with_the_fix() -> None:
    with pytest.raises(Failure, match=r"^`nps local` needs nps_nowhere: run `make install`"):
        Deferred("local", "nps_nowhere.commands:app", "").load()
