"""Port to the end users; the adapter and the fake pass the same contract tests."""

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

from nps_core.customers.people import Profile


class People(Protocol):
    """Stored end users of one Wootric account; `dynamo_people.DynamoPeople`."""

    def get_many(self, ids: Collection[str]) -> Mapping[str, Profile]:
        """Return the known ones, by id."""
        ...

    def put(self, profile: Profile) -> None: ...

    def erase(self, user_id: str) -> None:
        """Forget a person whom the source has erased."""
        ...

    def ids(self, after: str) -> Iterable[str]:
        """Return the ids of all known end users, in order, from after `after` on."""
        ...
