"""A progress bar with rate and time left, on a terminal only."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

T = TypeVar("T")


class RateColumn(ProgressColumn):
    """Steps per second."""

    def render(self, task: Task) -> Text:
        """Return the rate as far as it is known."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed else "", style="cyan")


def is_shown() -> bool:
    """Whether somebody sees the bar, and it does not get into what is read by a program."""
    return sys.stdout.isatty() and sys.stderr.isatty()


@contextmanager
def bar(*, counts_steps: bool = True) -> Iterator[Progress]:
    """Show a bar on standard error while the block runs; nothing when not on a terminal.

    Without `counts_steps` the steps are not worth a number, the description tells more.
    """
    counts = (MofNCompleteColumn(), RateColumn()) if counts_steps else ()
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        *counts,
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    shown = Progress(*columns, console=Console(stderr=True), transient=True, disable=not is_shown())
    with shown:
        yield shown


def track(steps: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
    """Yield the steps and show how far they are."""
    with bar() as shown:
        yield from shown.track(steps, total=total, description=label)
