"""Options of the whole command, accepted anywhere on the command line and moved to the front."""

from collections.abc import Sequence

_FLAGS = frozenset({"--local", "--json"})
_WITH_VALUE = frozenset({"--stack", "--region", "--data"})
OWN_OPTIONS = "local"
"""`nps local ...` starts and drives the local stack and has its own `--data`."""


def normalise(args: Sequence[str]) -> list[str]:
    """Move `--local`, `--json`, `--stack`, `--region` and `--data` before the command.

    `nps accounts list --local --json` and `nps --local --json accounts list` are then the same.
    Arguments after `--` and after the command `local` stay where they are.
    """
    first: list[str] = []
    rest: list[str] = []
    left = list(args)
    while left:
        arg = left.pop(0)
        if arg == "--":
            rest += [arg, *left]
            break
        if arg in _FLAGS or arg.partition("=")[0] in _WITH_VALUE:
            first.append(arg)
            if arg in _WITH_VALUE and left:
                first.append(left.pop(0))
        else:
            rest.append(arg)
            if rest == [OWN_OPTIONS]:
                rest += left
                break
    return first + rest
