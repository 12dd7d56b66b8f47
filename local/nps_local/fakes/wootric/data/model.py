"""What the fake Wootric keeps. All times are UTC milliseconds since the epoch."""

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
    """A surveyed person. `email` may be None or the literal `Unknown`, as SDKs send it."""

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
    """What answers and declines share.

    `properties` is the snapshot taken when the row was made, not the person's current ones.
    `visible_ms` is when the row starts to appear in lists; `version` counts changes.
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
    """One note a colleague wrote on an answer. Lists show only `text`."""

    id: int
    text: str
    user_email: str
    created_ms: int


@dataclass(slots=True, kw_only=True)
class Answer(Row):
    """One survey answer. `score` is None only when a test plants a broken row."""

    score: int | None
    text: str | None = None
    completed: bool = False
    excluded: bool = False
    channel: str = "web"
    tags: list[str] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Decline(Row):
    """One dismissed survey."""
