"""The base of all documented JSON."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, PlainSerializer

from nps_core.times import iso


class View(BaseModel):
    """A documented JSON object: names, order and types of its fields are an interface.

    A stored word (a status, a kind) is a `str`, because another version may have more of them. A
    field whose documented name is not valid Python has it as an alias.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        from_attributes=True,
        serialize_by_alias=True,
        hide_input_in_errors=True,
    )

    def as_json(self) -> dict[str, Any]:
        """Return plain values under the documented names."""
        return self.model_dump(mode="json")


Moment = Annotated[AwareDatetime, PlainSerializer(iso, return_type=str, when_used="json")]
"""A time, printed as UTC ISO 8601."""


def source_id(value: int | str) -> int | str:
    """Return an id as the source shows it: a number if it is one."""
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        number = int(value)
        return number if str(number) == value else value
    return value


SourceId = Annotated[int | str, BeforeValidator(source_id)]


def moment_of(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
