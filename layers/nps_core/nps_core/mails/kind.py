"""What every kind of mail provides. `registry` lists the kinds."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from nps_core.answers.ports import AnswerStore
from nps_core.connections.ports import Profiles
from nps_core.follow_up.ports import FollowUpStore
from nps_core.numbers.account_numbers import AccountView
from nps_core.numbers.ports import LedgerStore
from nps_core.outbox.mail_states import OutboxMail

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Cancel:
    """Do not send it, ever."""

    reason: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Not yet: look again in a minute."""

    reason: str


Verdict = Cancel | Wait | None
"""Why a mail must not go now; None when it may."""


@dataclass(frozen=True, slots=True)
class Stores:
    """Where a mail is looked up. Nothing is written."""

    answers: AnswerStore
    follow_up: FollowUpStore
    profiles: Profiles
    ledgers: LedgerStore
    summaries: Callable[[], Iterable[AccountView]]
    window_days: int


class Mail(Protocol):
    """What one mail says. Both parts state the same facts in the same order."""

    @property
    def template(self) -> str:
        """File name of the HTML template."""
        ...

    @property
    def comment(self) -> str | None:
        """The customer's comment that the mail quotes, None if it quotes none."""
        ...

    def subject(self) -> str:
        """Return one line of at most 120 characters, the most important first."""
        ...

    def preheader(self) -> str:
        """Return the line that mail programs show after the subject."""
        ...

    def html_values(self) -> dict[str, Any]:
        """Return what the template shows, clean of control characters but not yet escaped."""
        ...

    def text_lines(self) -> list[str]:
        """Return the plain-text part."""
        ...


@dataclass(frozen=True)
class Kind(Generic[Found]):
    """One kind of mail: how to find what it is about, judge whether it still holds, and write it.

    `compose` returns None when too little is left to write about.
    """

    name: str
    look_up: Callable[[OutboxMail, Stores], Found]
    verdict: Callable[[OutboxMail, Found], Verdict]
    compose: Callable[[OutboxMail, Found, Stores, datetime], Mail | None]
