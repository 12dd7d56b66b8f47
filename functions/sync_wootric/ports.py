"""Ports of the sync to the source. Each Protocol has a real adapter and a fake."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from nps_core.customers.people import Person
from nps_core.sync.proof.counting import ClassCounts, Days
from nps_core.sync.reading.cursor import Page, PageQuery


class Source(Protocol):
    """The survey tool's API; `WootricClient`."""

    requests: int
    throttled: int

    def begin(
        self, now: Callable[[], datetime], deadline: float, heartbeat: Callable[[], None]
    ) -> None:
        """Start a run: reset the request count and never wait past `deadline` (monotonic).

        `heartbeat` is called between and during waits.
        """
        ...

    def connect(self) -> None:
        """Log in. Raises Unauthorized."""
        ...

    def page(self, listing: str, query: PageQuery) -> Page:
        """Return one page of rows; `listing` is a stream, `end_users`, or a user's stream."""
        ...

    def one(self, path: str) -> dict[str, Any] | None:
        """Return one record; None when the source has none."""
        ...

    def count(self, days: Days) -> ClassCounts:
        """Return the source's own counts of whole days."""
        ...

    def lists_changes(self) -> bool:
        """Whether the source can filter answers by the time of their last change."""
        ...


class PeopleCache(Protocol):
    """The source's end users, cached; `EndUsers`."""

    def learn(self, rows: Iterable[object]) -> None:
        """Cache the end users named in these rows."""
        ...

    def find(self, ids: Iterable[str], since_s: int) -> Mapping[str, Person]:
        """Return the end users that exist; `since_s` is the second of the first answer."""
        ...
