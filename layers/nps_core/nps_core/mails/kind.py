"""The interface of every kind of mail. `registry` lists the kinds."""

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
    """Never send the mail."""

    reason: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Do not send the mail yet; check again in a minute."""

    reason: str


Verdict = Cancel | Wait | None
"""Why a mail must not go now; None if it may."""


@dataclass(frozen=True, slots=True)
class Stores:
    """The stores from which a mail is composed. Nothing is written."""

    answers: AnswerStore
    follow_up: FollowUpStore
    profiles: Profiles
    ledgers: LedgerStore
    summaries: Callable[[], Iterable[AccountView]]
    window_days: int


class Mail(Protocol):
    """The content of one mail. Both parts state the same facts in the same order."""

    @property
    def template(self) -> str:
        """File name of the HTML template."""
        ...

    @property
    def comment(self) -> str | None:
        """The customer's comment that the mail quotes; None if it quotes none."""
        ...

    def subject(self) -> str:
        """Return one line of at most 120 characters, the most important words first."""
        ...

    def preheader(self) -> str:
        """Return the line that mail programs show after the subject."""
        ...

    def html_values(self) -> dict[str, Any]:
        """Return the template's values, free of control characters but not yet escaped."""
        ...

    def text_lines(self) -> list[str]: ...


@dataclass(frozen=True)
class Kind(Generic[Found]):
    """One kind of mail: look up its data, decide whether it still holds, compose it.

    `compose` returns None when too much of its data is gone.
    """

    name: str
    look_up: Callable[[OutboxMail, Stores], Found]
    verdict: Callable[[OutboxMail, Found], Verdict]
    compose: Callable[[OutboxMail, Found, Stores, datetime], Mail | None]
