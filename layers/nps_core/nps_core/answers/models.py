"""Domain models. All times are aware and in UTC; ids are strings, whatever the wire sends."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

from nps_core.answers import contacts
from nps_core.keys import AnswerKey
from nps_core.scoring import NPS, is_detractor

Source = Literal["webhook", "sync", "import"]

UNMATCHED = "~unmatched"
"""Ledger name of answers without an account; they count for the whole company."""


class Stamp(NamedTuple):
    """What orders a version among all versions of an answer (`stamps.precedence`)."""

    updated_ms: int
    event_ms: int
    rank: int
    is_rest: bool
    is_typed: bool
    """False for a form, whose values are all text."""
    has_text: bool
    score: int
    """-1: none."""


Stamps = Mapping[str, Stamp | None]
"""By field; None: no version has had the field."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One version of an answer or decline from one source, parsed but not yet merged.

    A field is None when the source does not send it (a webhook has no tags, a REST row no metric).
    An empty value is different: the source sent it, so it overwrites. A comment is then "".
    """

    key: AnswerKey
    source: Source
    score: int | None
    text: str | None
    metric: str | None
    email: str | None
    external_id: str | None
    end_user_id: str | None
    is_unknown_user: bool
    survey_id: str | None
    origin_url: str | None
    properties: Mapping[str, Any] | None
    properties_typed: bool
    answered_at: datetime
    updated_at: datetime
    event_rank: int
    """Tie-break of `merge`: 0 for a `created` event, 1 for `updated` and for REST rows."""
    event_at: datetime
    """The event's own timestamp, or the time of the REST read."""
    excluded: bool | None = None
    tags: tuple[str, ...] | None = None
    notes: tuple[str, ...] | None = None
    completed: bool | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_rest(self) -> bool:
        """Whether this came from the API, the only source of tags, notes and completed."""
        return self.source == "sync"


class Listed(NamedTuple):
    """A stored answer or decline as the index by day has it."""

    key: AnswerKey
    answered_at: datetime
    score: int | None
    """None for a decline and for an answer that does not count."""
    end_user_id: str | None
    deleted: bool
    erased: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """One stored answer or decline: an item of ResponsesTable.

    `rev` orders all versions: milliseconds of the write, at least one more than before. `deleted`:
    gone at the source, no longer counted. `erased`: its person was erased at the source; identity
    and comment are gone here too, the vote stays. `rest_at`: the latest read at the source that
    showed the answer. `stamps`: where the values come from, unless it is the usual place.
    """

    key: AnswerKey
    score: int | None
    text: str | None
    metric: str
    metric_known: bool
    email: str | None
    external_id: str | None
    end_user_id: str | None
    is_unknown_user: bool
    account_id: str | None
    account_name: str | None
    account_rule: str
    owner: str | None
    survey_id: str | None
    origin_url: str | None
    properties: Mapping[str, Any]
    tags: tuple[str, ...]
    notes: tuple[str, ...]
    completed: bool | None
    excluded: bool
    deleted: bool
    erased: bool
    answered_at: datetime
    updated_at: datetime
    event_rank: int
    event_at: datetime
    rest_at: datetime | None
    source: Source
    first_source: Source
    first_seen_at: datetime
    previous_score: int | None
    extra: Mapping[str, Any]
    rev: int
    deleted_at: datetime | None = None
    """The read that showed it gone. Versions that wrote none put that time into `rest_at`."""
    erased_at: datetime | None = None
    """As `deleted_at`. It stays when a later read restores the answer."""
    finest_at: datetime | None = None
    """The latest `answered_at` with milliseconds of any version, if its second is another one."""
    is_form: bool = False
    """Whether the newest version was a form, whose values are all text."""
    contact: str | None = None
    """Of an erased answer without an end user id: its contact, without the token."""
    stamps: Stamps = field(default_factory=dict)
    typed: Mapping[str, Any] = field(default_factory=dict)
    """Values that a form shows as text, with their types."""
    cut: tuple[str, ...] = ()
    """Fields of which parts were cut because the item would have been too large."""
    restored_rev: int | None = None
    """The `rev` of the version that an operator put back from a backup."""
    unknown: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """Attributes of the stored item that another version has written."""

    @property
    def is_counted(self) -> bool:
        """Whether this answer counts towards NPS."""
        return (
            self.key.kind == "response"
            and self.metric == NPS
            and self.score is not None
            and not self.excluded
            and not self.deleted
        )

    @property
    def is_put_back(self) -> bool:
        """Whether this version came from a backup: it was decided about before it was lost."""
        return self.restored_rev == self.rev

    @property
    def is_detractor(self) -> bool:
        return self.is_counted and is_detractor(self.score)

    @property
    def contact_key(self) -> str:
        """Identity of the contact, unique across Wootric accounts.

        Wootric keeps one end user per e-mail address, so its id is the identity. All anonymous
        visitors share one end user called `Unknown`: each of their answers is its own contact.
        """
        token = self.key.account_token
        if self.contact:
            return f"{token}:{self.contact}"
        if self.end_user_id and not self.is_unknown_user:
            return contacts.of_end_user(token, self.end_user_id)
        if identity := self.external_id or self.email:
            return contacts.of_identity(token, identity)
        return contacts.of_nobody(token, self.key.id)

    @property
    def former_contact_key(self) -> str | None:
        """The key by which an earlier version kept this contact's ledger, if it was another one."""
        identity = self.external_id or self.email
        if self.contact or (self.end_user_id and not self.is_unknown_user) or not identity:
            return None
        return f"{self.key.account_token}:{identity}"

    @property
    def is_anonymous(self) -> bool:
        """Whether nothing identifies the contact, so that no other answer can be theirs."""
        return contacts.is_nobody(self.contact_key)

    @property
    def ledger_account(self) -> str:
        """The account whose ledgers hold this answer's vote."""
        return self.account_id or UNMATCHED


Change = tuple[Answer | None, Answer | None]
"""(old, new) image of one write to ResponsesTable; None for an insert or a removal."""
