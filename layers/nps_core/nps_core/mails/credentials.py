"""`credentials`: the source refuses credentials that it accepted before."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from nps_core.follow_up.rules import LIVE_FOR
from nps_core.mails.kind import Cancel, Kind, Stores, Verdict
from nps_core.mails.parts.layout import pairs, wrapped
from nps_core.mails.parts.sanitize import clean_line
from nps_core.mails.parts.wording import moment
from nps_core.outbox.facts import Facts, Moment
from nps_core.outbox.mail_states import OutboxMail, due_now

_TITLE = "Wootric refuses the credentials"
_STEP = ("Run", "nps connect", "with valid API credentials")
_WHERE = "Wootric shows them under Settings > API. The command asks for them and stores them."
_WHAT_IT_MEANS = (
    "No answer is lost: once the credentials work, the next run, at most five minutes later, reads "
    "on from where the last one stopped.",
    "Webhooks, if you have them, still arrive and still alert, because they are signed with "
    "another key. Everything else waits.",
    "A low score that is read more than 72 hours after it was given is counted, but alerts nobody.",
)


class CredentialsFacts(Facts):
    """The sync's record of the refusal. `since` is the latest read that worked."""

    account_token: str
    host: str
    failed_at: Moment
    since: Moment | None = None
    error: str


def credentials_mail(to: str, facts: CredentialsFacts) -> OutboxMail:
    """Return the mail about one refusal, due at once."""
    now = facts.failed_at
    key = f"credentials#{facts.account_token}#{now:%Y-%m-%dT%H:%M}"
    return due_now(key, CREDENTIALS.name, to, facts.plain(), now)


@dataclass(frozen=True)
class CredentialsMail:
    """The refusal, and the one command that fixes it."""

    template: ClassVar[str] = "credentials.html.j2"

    facts: CredentialsFacts
    owner: str

    @property
    def comment(self) -> None:
        """The mail quotes no comment."""

    def subject(self) -> str:
        account = clean_line(self.facts.account_token, 64)
        return f"Wootric refuses the credentials of {account} - run nps connect"

    def preheader(self) -> str:
        return f"{self._what_happened()} One command puts it right."

    def html_values(self) -> dict[str, Any]:
        return {
            "title": _TITLE,
            "what_happened": self._what_happened(),
            "step": _STEP,
            "by_when": self._by_when(),
            "where": _WHERE,
            "what_it_means": _WHAT_IT_MEANS,
            "facts": self._rows(),
            "why": self._why(),
        }

    def text_lines(self) -> list[str]:
        by = self._by_when()
        return [
            _TITLE.upper(),
            *wrapped(self._what_happened()),
            "",
            f"DO THIS NEXT{f', {by}' if by else ''}:",
            *wrapped(f"{' '.join(_STEP)}.", "  "),
            *wrapped(_WHERE, "  "),
            "",
            "WHAT IT MEANS",
            *(line for words in _WHAT_IT_MEANS for line in wrapped(words, "- ", "  ")),
            "",
            *pairs(self._rows()),
            "",
            *wrapped(f"NPS Loop. {self._why()}."),
        ]

    def _what_happened(self) -> str:
        account = clean_line(self.facts.account_token, 64)
        if self.facts.since is None:
            return f"Nothing can be read from the account {account}."
        return f"Nothing has been read from the account {account} since {moment(self.facts.since)}."

    def _by_when(self) -> str | None:
        """Return the time from which alerts are lost; None if it is unknown or over."""
        if self.facts.since is None:
            return None
        until = self.facts.since + LIVE_FOR  # the oldest unread low scores then become history
        return f"by {moment(until)}" if until > self.facts.failed_at else None

    def _rows(self) -> tuple[tuple[str, str], ...]:
        """List the known facts as (name, value) pairs."""
        facts = self.facts
        return (
            ("Wootric account", clean_line(facts.account_token, 64)),
            ("API", clean_line(facts.host)),
            ("Last read", moment(facts.since) if facts.since else "none yet"),
            ("Refused", moment(facts.failed_at)),
            ("Error", clean_line(facts.error, 500)),
        )

    def _why(self) -> str:
        return f"Sent to {clean_line(self.owner, 254)}, at most once in 24 hours"


def _look_up(mail: OutboxMail, stores: Stores) -> datetime | None:
    return stores.profiles.credentials_ok_at(CredentialsFacts.of(mail).account_token)


def _verdict(mail: OutboxMail, found: datetime | None) -> Verdict:
    if found is not None and found > CredentialsFacts.of(mail).failed_at:
        return Cancel("the credentials work again")
    return None


def _compose(
    mail: OutboxMail, _found: datetime | None, _stores: Stores, _now: datetime
) -> CredentialsMail:
    return CredentialsMail(CredentialsFacts.of(mail), mail.to)


CREDENTIALS = Kind("credentials", _look_up, _verdict, _compose)
