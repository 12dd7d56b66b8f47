"""What a mail about refused credentials says: the words and the facts, for both parts."""

from nps_core.mails.model import CredentialsMail
from nps_core.mails.sanitize import clean_line
from nps_core.mails.wording import moment

TITLE = "Wootric refuses the credentials"
STEP = ("Run", "nps connect", "with valid API credentials")
WHERE = "Wootric shows them under Settings > API. The command asks for them and stores them."
WHAT_IT_MEANS = (
    "No answer is lost: once the credentials work, the next run, at most five minutes later, reads "
    "on from where the last one stopped.",
    "Webhooks, if you have them, still arrive and still alert, because they are signed with "
    "another key. Everything else waits.",
    "A low score that is read more than 72 hours after it was given is counted, but alerts nobody.",
)


def what_happened(mail: CredentialsMail) -> str:
    """Say since when nothing is read."""
    account = clean_line(mail.account_token, 64)
    if mail.since is None:
        return f"Nothing can be read from the account {account}."
    return f"Nothing has been read from the account {account} since {moment(mail.since)}."


def by_when(mail: CredentialsMail) -> str | None:
    """Say until when it costs no alert; None when that is unknown or over."""
    if mail.alerts_until is None or mail.alerts_until <= mail.failed_at:
        return None
    return f"by {moment(mail.alerts_until)}"


def credentials_facts(mail: CredentialsMail) -> tuple[tuple[str, str], ...]:
    """List what is known as (name, value) pairs."""
    return (
        ("Wootric account", clean_line(mail.account_token, 64)),
        ("API", clean_line(mail.host)),
        ("Last read", moment(mail.since) if mail.since else "none yet"),
        ("Refused", moment(mail.failed_at)),
        ("Error", clean_line(mail.error, 500)),
    )


def why_this_mail(mail: CredentialsMail) -> str:
    """Explain the choice of the recipient, and that there are not many more."""
    return f"Sent to {clean_line(mail.owner, 254)}, at most once in 24 hours"
