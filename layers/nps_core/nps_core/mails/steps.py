"""What the reader should do next, and why the mail came."""

import re
from dataclasses import dataclass
from urllib.parse import quote

from nps_core.mails.model import AccountNumbers, DetractorMail
from nps_core.mails.sanitize import clean_line
from nps_core.mails.wording import FIRM_ANSWERS, MIN_ANSWERS, account_of, plural, window_of

# Only what is plainly an address becomes a link; everything in it but "@" is percent-encoded, so
# that an address cannot bring its own copy recipients or text along.
_ADDRESS = re.compile(r"[^\s@<>\"'(),:;\\\[\]]+@[^\s@<>\"'(),:;\\\[\]]+\.[^\s@<>\"'(),:;\\\[\]]+")


@dataclass(frozen=True)
class Step:
    """The one thing to do: our words, then whom (from outside), then a link to write to them."""

    lead: str
    target: str | None
    mailto: str | None

    def __str__(self) -> str:
        return f"{self.lead} {self.target}" if self.target else self.lead


def next_step(mail: DetractorMail) -> Step:
    """Choose the one thing to do for a low score."""
    address = clean_line(mail.contact_email, 254)
    if address:
        return Step("Call or write to", address, mailto(address))
    if account := account_of(mail.account):
        return Step("Call your contact at", account, None)
    if identifier := clean_line(mail.contact_id, 80):
        return Step("Find out who answered: Wootric contact", identifier, None)
    return Step("Find out in Wootric who answered", None, None)


def mailto(address: str) -> str | None:
    """Return a link that opens a new mail to the address, None for what is no address."""
    return f"mailto:{quote(address, safe='@')}" if _ADDRESS.fullmatch(address) else None


def why_detractor(mail: DetractorMail) -> tuple[tuple[str, str], ...]:
    """Explain the mail as (question, answer) pairs."""
    return (
        why_you(mail.owner, mail.owner_reason),
        ("Why now", _why_now(mail)),
        *why_numbers(mail.account),
    )


def why_you(owner: str, owner_reason: str) -> tuple[str, str]:
    """Explain the choice of the recipient."""
    return "Why you", f"Sent to {clean_line(owner, 254)}: {clean_line(owner_reason)}."


def why_numbers(account: AccountNumbers) -> tuple[tuple[str, str], ...]:
    """Explain the account's NPS and its class."""
    if account.account_id is None:
        text = "The answer counts for the whole company until it is matched to an account."
        return (("Account", text),)
    nps = (
        f"Share of promoters (9 and 10) minus share of detractors (0 to 6) in {window_of(account)}."
        f" No score below {MIN_ANSWERS} answers; below {FIRM_ANSWERS} it is marked low confidence."
    )
    if not account.account_class:
        return (("Account NPS", nps),)
    reason = clean_line(account.class_reason)
    name = clean_line(account.account_class).replace("_", " ")
    return ("Account NPS", nps), ("Account class", f"{name}: {reason}" if reason else name)


def _why_now(mail: DetractorMail) -> str:
    if mail.effect == "comment":
        return (
            "You were mailed about this score when it had no comment. The comment came later; "
            "this is the only follow-up about it."
        )
    rule = "A score of 0 to 6 is a detractor"
    if mail.other_answers:
        others = plural(mail.other_answers, "other answer")
        return f"{rule}. The account already has an open task; it now holds this and {others}."
    return f"{rule}, and every live one gets a task with an owner."
