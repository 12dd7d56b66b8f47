"""End users of the source, as far as follow-up needs them. Pure.

Who somebody is now: name, e-mail, external id and current properties. A telephone number is not
kept; nobody is called by this system.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from nps_core.formats import AS_TEXT, IN_KEY, Stored


class Person(NamedTuple):
    """What an end user adds to an answer."""

    email: str | None
    external_id: str | None


@dataclass(frozen=True, slots=True)
class Profile(Stored):
    """One end user as last read."""

    id: str = field(metadata=IN_KEY)
    email: str | None
    external_id: str | None
    name: str | None
    properties: Mapping[str, Any] = field(default_factory=dict, metadata=AS_TEXT)
    updated_at: datetime | None = None

    @property
    def person(self) -> Person:
        """What the end user adds to an answer."""
        return Person(self.email, self.external_id)

    def keeping(self, stored: "Profile | None") -> "Profile":
        """Return this person with what another version has added to the stored one."""
        return self if stored is None else replace(self, unknown=stored.unknown)

    def tells_more_than(self, known: "Profile | None") -> bool:
        """Whether this person has an address or external id now that was not known before."""
        if known is None:
            return False
        new_email = self.email is not None and self.email != known.email
        return new_email or (self.external_id is not None and self.external_id != known.external_id)
