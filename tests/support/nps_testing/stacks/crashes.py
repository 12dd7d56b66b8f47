"""Stops a handler before or after any single AWS call, like a killed worker.

`Killed` is not an Exception, so no code between the SDK and the test catches it by accident.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

Moment = Literal["before", "after"]


class Killed(BaseException):
    """The process was killed."""


@dataclass
class Fuse:
    """Counts AWS calls; at call `at` (1-based, None: never) the process dies at `moment`."""

    at: int | None = None
    moment: Moment = "before"
    calls: int = 0
    operations: list[str] = field(default_factory=list)

    def before(self, event_name: str, **_: Any) -> None:
        self.calls += 1
        self.operations.append(event_name.rpartition(".")[2])
        if self.moment == "before" and self.calls == self.at:
            raise Killed

    def after(self, **_: Any) -> None:
        if self.moment == "after" and self.calls == self.at:
            raise Killed


@contextmanager
def fuse_on(clients: list[Any], at: int | None = None, moment: Moment = "before") -> Iterator[Fuse]:
    """Put a fuse on clients: it counts every request, retries included."""
    fuse = Fuse(at, moment)
    for client in clients:
        # First, because moto answers in the same event and would already have applied the call.
        client.meta.events.register_first("before-send", fuse.before)
        client.meta.events.register_last("response-received", fuse.after)
    try:
        yield fuse
    finally:
        for client in clients:
            client.meta.events.unregister("before-send", fuse.before)
            client.meta.events.unregister("response-received", fuse.after)


def count_calls(clients: list[Any], act: Callable[[], object]) -> int:
    """Run `act` without a kill; returns its number of AWS calls."""
    with fuse_on(clients) as fuse:
        act()
    return fuse.calls
