"""What a backfill mail reports: the facts and the steps after it, for both parts."""

from nps_core.mails.model import BackfillMail
from nps_core.mails.sanitize import clean_line
from nps_core.mails.wording import day, moment, plural

WHAT_HAPPENS_NOW = (
    "New answers now arrive by themselves. A live score of 0 to 6 opens a task for the owner "
    "of its account, who gets a mail within minutes."
)


def backfill_facts(mail: BackfillMail) -> tuple[tuple[str, str], ...]:
    """List what was brought in as (name, value) pairs."""
    minutes = max(1, round((mail.ended_at - mail.started_at).total_seconds() / 60))
    aside = (
        "none"
        if mail.quarantined == 0
        else f"{plural(mail.quarantined, 'record')} that could not be read; kept, not counted"
    )
    return (
        ("Wootric account", clean_line(mail.account_token)),
        ("Period", f"{day(mail.window_from)} to {day(mail.window_to)}"),
        ("Answers", f"{mail.responses:,}"),
        ("Declined surveys", f"{mail.declines:,}"),
        ("Accounts", f"{mail.accounts:,}"),
        ("Answers without account", f"{mail.unmatched:,}"),
        ("Set aside", aside),
        ("Finished", f"{moment(mail.ended_at)}, after {plural(minutes, 'minute')}"),
        ("Requests to Wootric", f"{mail.requests:,}"),
    )


def backfill_steps(mail: BackfillMail) -> tuple[str, str, str]:
    """List the three things worth doing once history is in, the most useful first."""
    match = (
        f"Match the {plural(mail.unmatched, 'answer')} without an account: nps directory import "
        "takes a list of who belongs where. The account numbers follow by themselves."
        if mail.unmatched
        else "Compare three accounts you know well with Wootric. Every number should agree."
    )
    owners = (
        "Check the owners. Alerts of an account without one go to the fallback owner, "
        "who has to pass them on."
    )
    doctor = (
        "Have nps doctor check the webhook, the mail sender and the schedules, "
        "so that the next unhappy customer reaches you within minutes."
    )
    return match, owners, doctor
