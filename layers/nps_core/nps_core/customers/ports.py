"""Where end users are kept; the adapter and the fake pass the same contract tests."""

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

from nps_core.customers.people import Profile


class People(Protocol):
    """End users as stored; `adapters.people.DynamoPeople`."""

    def get_many(self, ids: Collection[str]) -> Mapping[str, Profile]:
        """Return those that are known, by id."""
        ...

    def put(self, profile: Profile) -> None:
        """Write a person."""
        ...

    def erase(self, user_id: str) -> None:
        """Forget a person whom the source has erased."""
        ...

    def ids(self, after: str) -> Iterable[str]:
        """Return the ids of everybody known, in order, beginning after `after`."""
        ...
