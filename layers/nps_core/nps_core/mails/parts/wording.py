"""Words that the mails and their parts have in common.

Every function returns clean single lines without any HTML.
"""

from datetime import UTC, datetime, timedelta

from nps_core.mails.parts.graphemes import cut
from nps_core.mails.parts.sanitize import clean_line

MIN_ANSWERS = 5
FIRM_ANSWERS = 30
SUBJECT_LIMIT = 120
_WEEK = timedelta(days=6)
_WHO_LIMIT = 38


def day(when: datetime) -> str:
    """Print a date: `16 Mar 2026`."""
    local = when.astimezone(UTC)
    return f"{local.day} {local:%b %Y}"


def moment(when: datetime) -> str:
    """Print a time with its weekday and zone: `Mon 16 Mar 2026, 16:00 UTC`."""
    local = when.astimezone(UTC)
    return f"{local:%a} {day(local)}, {local:%H:%M} UTC"


def short_due(due_at: datetime, answered_at: datetime) -> str:
    """Print a due time for a lock screen: the date only if the weekday alone would mislead."""
    local = due_at.astimezone(UTC)
    date = f" {local.day} {local:%b}" if due_at - answered_at > _WEEK else ""
    return f"{local:%a}{date} {local:%H:%M} UTC"


def month(value: str) -> str:
    """Print `2026-03` as `Mar 2026`."""
    return datetime.strptime(value, "%Y-%m").replace(tzinfo=UTC).strftime("%b %Y")


def signed(value: int) -> str:
    """Print a score with its sign and a typographic minus; zero has none."""
    return f"+{value}" if value > 0 else f"\u2212{-value}" if value < 0 else "0"


def plural(count: int, one: str, many: str | None = None) -> str:
    """Print a count with its noun: `1 answer`, `1,204 answers`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def contact_of(email: str | None, contact_id: str | None) -> str:
    """Return the best known name of the contact."""
    if address := clean_line(email, 254):
        return address
    if identifier := clean_line(contact_id, 80):
        return f"contact {identifier}"
    return "unknown contact"


def short_contact_of(email: str | None, contact_id: str | None) -> str:
    """Return the best known name of the contact, shortened for a subject."""
    return cut(contact_of(email, contact_id), _WHO_LIMIT)


def why_you(owner: str, owner_reason: str) -> tuple[str, str]:
    """Explain the choice of the recipient, as (question, answer)."""
    return "Why you", f"Sent to {clean_line(owner, 254)}: {clean_line(owner_reason)}."
