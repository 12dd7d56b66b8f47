"""The next step that a mail about a person suggests to its reader."""

import re
from dataclasses import dataclass
from urllib.parse import quote

from nps_core.mails.parts.sanitize import clean_line

# Only a plain address becomes a link. All of it but "@" is percent-encoded, so that an address
# cannot add copy recipients or text.
_ADDRESS = re.compile(r"[^\s@<>\"'(),:;\\\[\]]+@[^\s@<>\"'(),:;\\\[\]]+\.[^\s@<>\"'(),:;\\\[\]]+")


@dataclass(frozen=True)
class Step:
    """The step: our words, then its target (untrusted), then a link to write to them."""

    lead: str
    target: str | None
    mailto: str | None

    def __str__(self) -> str:
        return f"{self.lead} {self.target}" if self.target else self.lead


def next_step(email: str | None, contact_id: str | None, account: str | None) -> Step:
    """Choose whom to call or write to; `account` is its clean name, if the account is known."""
    if address := clean_line(email, 254):
        return Step("Call or write to", address, mailto(address))
    if account:
        return Step("Call your contact at", account, None)
    if identifier := clean_line(contact_id, 80):
        return Step("Find out who answered: Wootric contact", identifier, None)
    return Step("Find out in Wootric who answered", None, None)


def mailto(address: str) -> str | None:
    """Return a link that opens a new mail to the address; None if it is no address."""
    return f"mailto:{quote(address, safe='@')}" if _ADDRESS.fullmatch(address) else None
