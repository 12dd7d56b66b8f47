"""Progress of a command with rate and time left, on a terminal only."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def is_shown() -> bool:
    """Both streams must be terminals: the bar must not reach a program that reads either."""
    return sys.stdout.isatty() and sys.stderr.isatty()


def track(steps: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
    """Yield the steps and show the progress."""
    if not is_shown():
        yield from steps
        return
    from nps_cli.shell.progress_bar import bar

    with bar() as progress:
        yield from progress.track(steps, total=total, description=label)
