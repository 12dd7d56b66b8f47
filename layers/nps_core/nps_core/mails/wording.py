"""The words that the subject, the text and the HTML have in common.

Every function returns clean single lines; nothing here knows about HTML.
"""

from datetime import UTC, datetime, timedelta

from nps_core.mails.model import AccountNumbers, DetractorMail
from nps_core.mails.palette import Tone
from nps_core.mails.sanitize import clean_line
from nps_core.scoring import categorize

MIN_ANSWERS = 5
FIRM_ANSWERS = 30
NOT_MATCHED = "not matched to an account yet"
_WEEK = timedelta(days=6)


def tone_of(score: int) -> Tone:
    """Name the NPS category of a score of 0 to 10."""
    return categorize(score)


def day(when: datetime) -> str:
    """Write a date: `16 Mar 2026`."""
    local = when.astimezone(UTC)
    return f"{local.day} {local:%b %Y}"


def moment(when: datetime) -> str:
    """Write a moment with its weekday and zone: `Mon 16 Mar 2026, 16:00 UTC`."""
    local = when.astimezone(UTC)
    return f"{local:%a} {day(local)}, {local:%H:%M} UTC"


def short_due(due_at: datetime, answered_at: datetime) -> str:
    """Write a due time for a lock screen: the date only when the weekday alone would mislead."""
    local = due_at.astimezone(UTC)
    date = f" {local.day} {local:%b}" if due_at - answered_at > _WEEK else ""
    return f"{local:%a}{date} {local:%H:%M} UTC"


def month(value: str) -> str:
    """Write `2026-03` as `Mar 2026`."""
    return datetime.strptime(value, "%Y-%m").replace(tzinfo=UTC).strftime("%b %Y")


def signed(value: int) -> str:
    """Write a score with its sign and a true minus; zero has none."""
    return f"+{value}" if value > 0 else f"\u2212{-value}" if value < 0 else "0"


def plural(count: int, one: str, many: str | None = None) -> str:
    """Write a count with its noun: `1 answer`, `1,204 answers`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def contact_of(email: str | None, contact_id: str | None) -> str:
    """Name who answered as well as it is known."""
    if address := clean_line(email, 254):
        return address
    if identifier := clean_line(contact_id, 80):
        return f"contact {identifier}"
    return "unknown contact"


def account_of(account: AccountNumbers) -> str | None:
    """Name the account, or None while the answer is not matched to one."""
    if account.account_id is None:
        return None
    return clean_line(account.name, 120) or clean_line(account.account_id, 120) or "unnamed account"


def direction_of(mail: DetractorMail) -> tuple[str, str]:
    """Say how the score moved since the contact's answer before: an arrow and words."""
    if mail.direction == "first":
        return "\u25cf", "First answer from this contact"
    on = f" on {day(mail.previous_at)}" if mail.previous_at else ""
    before = f" ({mail.previous_score}/10{on})" if mail.previous_score is not None else ""
    arrow = {"up": "\u25b2", "down": "\u25bc", "same": "="}[mail.direction]
    words = {
        "up": "Up since last time",
        "down": "Down since last time",
        "same": "Same as last time",
    }
    return arrow, words[mail.direction] + before


def edit_of(mail: DetractorMail) -> str | None:
    """Say that this very answer was edited, or None."""
    if mail.changed_from is None:
        return None
    return f"Changed from {mail.changed_from} to {mail.score} in the same survey"


def window_of(account: AccountNumbers) -> str:
    """Name the time that the account's numbers cover."""
    return f"the last {plural(account.window_days, 'day')}"


def headline_of(n: int, nps_rounded: int | None) -> str | None:
    """Write the NPS for a headline, or None where there are too few answers to say one."""
    return signed(nps_rounded) if n >= MIN_ANSWERS and nps_rounded is not None else None


def basis_of(account: AccountNumbers) -> str:
    """Say what the account's NPS rests on, and how far to trust it."""
    if account.n == 0:
        return f"No counted answer in {window_of(account)} yet"
    basis = f"{plural(account.n, 'answer')} in {window_of(account)}"
    if headline_of(account.n, account.nps_rounded) is None:
        return f"{basis}: too few answers for a score"
    return basis if account.n >= FIRM_ANSWERS else f"{basis}, low confidence"
