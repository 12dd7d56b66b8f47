"""What the sync needs from the outside. Each Protocol has a real adapter and a fake."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from nps_core.customers.people import Person
from nps_core.sync.proof.counting import ClassCounts, Days
from nps_core.sync.reading.cursor import PageQuery


class Source(Protocol):
    """The survey tool's API; `WootricClient`."""

    requests: int
    throttled: int

    def begin(
        self, now: Callable[[], datetime], deadline: float, heartbeat: Callable[[], None]
    ) -> None:
        """Start a run: count from zero, never wait past `deadline`, call `heartbeat` meanwhile."""
        ...

    def connect(self) -> None:
        """Log in. Raises Unauthorized."""
        ...

    def page(self, listing: str, query: PageQuery) -> list[Any]:
        """Return one page of rows; `listing` is a stream, `end_users`, or a stream of one user."""
        ...

    def one(self, path: str) -> dict[str, Any] | None:
        """Return one record, None when the source does not know it."""
        ...

    def count(self, days: Days) -> ClassCounts:
        """Return the source's own counts of whole days."""
        ...

    def lists_changes(self) -> bool:
        """Whether answers can be filtered by the time of their change."""
        ...


class PeopleCache(Protocol):
    """The source's end users, cached; `EndUsers`."""

    def learn(self, rows: Iterable[object]) -> None:
        """Remember whoever these rows name."""
        ...

    def find(self, ids: Iterable[str], since_s: int) -> Mapping[str, Person]:
        """Return these people."""
        ...
