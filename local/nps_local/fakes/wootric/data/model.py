"""The data of the fake Wootric. All times are UTC milliseconds since the epoch."""

from dataclasses import dataclass, field
from typing import Literal

Properties = dict[str, str | int]
Kind = Literal["response", "decline"]

DEFAULT_SETTINGS: dict[str, bool | None] = {
    "email_nps": True,
    "mobile_nps": True,
    "web_nps": True,
    "force_mobile_survey": None,
    "force_web_survey": None,
    "surveys_disabled_by_end_user": None,
}


@dataclass(slots=True, kw_only=True)
class EndUser:
    """A surveyed person. `email` may be None or the literal `Unknown` that SDKs send."""

    id: int
    email: str | None = None
    external_id: str | None = None
    phone_number: str | None = None
    properties: Properties = field(default_factory=dict)
    settings: dict[str, bool | None] = field(default_factory=lambda: dict(DEFAULT_SETTINGS))
    created_ms: int
    updated_ms: int
    last_surveyed_ms: int | None = None
    external_created_s: int | None = None
    purge_at_ms: int | None = None
    deleted: bool = False
    version: int = 0


@dataclass(slots=True, kw_only=True)
class Row:
    """The common fields of answers and declines.

    `properties` is the snapshot at the row's creation, not the person's current properties.
    Lists show the row from `visible_ms` on; `version` counts changes.
    """

    id: int
    end_user_id: int
    survey_id: int
    ip_address: str | None = None
    origin_url: str | None = "https://app.example.com/home"
    created_ms: int
    updated_ms: int
    properties: Properties = field(default_factory=dict)
    visible_ms: int = 0
    deleted: bool = False
    version: int = 0


@dataclass(slots=True, kw_only=True)
class Note:
    """A colleague's note on an answer. Lists show only `text`."""

    id: int
    text: str
    user_email: str
    created_ms: int


@dataclass(slots=True, kw_only=True)
class Answer(Row):
    """A survey answer. `score` is None only when a test adds a broken row."""

    score: int | None
    text: str | None = None
    completed: bool = False
    excluded: bool = False
    channel: str = "web"
    tags: list[str] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Decline(Row):
    """A dismissed survey."""
