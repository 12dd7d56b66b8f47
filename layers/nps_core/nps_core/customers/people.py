"""End users of the source, as far as follow-up needs them. Pure.

A profile is current: name, e-mail, external id and properties. Telephone numbers are not kept: this
system calls no one.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from nps_core.formats import AS_TEXT, IN_KEY, LEFT_OUT, Stored

_MAX_BYTES = 360_000
"""Of the properties; DynamoDB limits an item to 400 KB."""


class Person(NamedTuple):
    """The identity that an end user adds to an answer."""

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
    cut: int | None = field(default=None, metadata=LEFT_OUT)
    """Number of properties that were cut because the item would have been too large."""

    @property
    def person(self) -> Person:
        return Person(self.email, self.external_id)

    def fitted(self) -> "Profile":
        """Return the profile without its largest properties if it is too large for an item."""
        sizes = {
            name: len(json.dumps({name: value}, ensure_ascii=False).encode())
            for name, value in self.properties.items()
        }
        excess, gone = sum(sizes.values()) - _MAX_BYTES, set[str]()
        for name in sorted(sizes, key=lambda one: (-sizes[one], one)):
            if excess <= 0:
                break
            gone.add(name)
            excess -= sizes[name]
        if not gone:
            return self
        kept = {name: value for name, value in self.properties.items() if name not in gone}
        return replace(self, properties=kept, cut=len(gone))

    def keeping(self, stored: "Profile | None") -> "Profile":
        """Return this profile with the unknown fields of the stored one."""
        return self if stored is None else replace(self, unknown=stored.unknown)

    def tells_more_than(self, known: "Profile | None") -> bool:
        """Whether this profile has an address or external id that `known` lacks."""
        if known is None:
            return False
        new_email = self.email is not None and self.email != known.email
        return new_email or (self.external_id is not None and self.external_id != known.external_id)
