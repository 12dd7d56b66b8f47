"""Port to the mail service, and the outcome of one attempt."""

from dataclasses import dataclass
from typing import Literal, Protocol

Outcome = Literal["SENT", "RETRY", "HOLD", "FAILED", "UNKNOWN"]


@dataclass(frozen=True, slots=True)
class SendResult:
    """SENT: accepted, `detail` is the message id. Otherwise `detail` is a short code.

    RETRY: surely not sent, try soon. HOLD: surely not sent, the account cannot send now. FAILED:
    refused permanently. UNKNOWN: it may have been sent or not.
    """

    outcome: Outcome
    detail: str


class Mailer(Protocol):
    """Passes one mail to a mail service, with one attempt."""

    def send(self, to: str, subject: str, html: str, text: str, key: str) -> SendResult:
        """Send to one recipient; `key` is the same on every attempt for the same mail."""
        ...
