"""Typed facts of a mail: its writer and its reader share one class, so they cannot drift apart."""

from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, PlainSerializer

from nps_core.outbox.mail_states import OutboxMail
from nps_core.times import iso

Moment = Annotated[AwareDatetime, PlainSerializer(iso)]
"""A time, stored as text."""


class Facts(BaseModel):
    """Base of the facts that only one kind of mail needs, stored as attributes of its item."""

    model_config = ConfigDict(frozen=True)

    @classmethod
    def of(cls, mail: OutboxMail) -> Self:
        """Read the facts of a mail; attributes of other writers are ignored."""
        return cls.model_validate(mail.facts)

    def plain(self) -> dict[str, Any]:
        """Return plain values for the outbox: the inverse of `of`."""
        return self.model_dump()
