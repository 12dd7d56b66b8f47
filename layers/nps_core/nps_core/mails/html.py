"""The HTML part. Values arrive clean of control characters, the templates escape all of them."""

from typing import Any, assert_never

from nps_core.mails.account_view import account_view, counts_of
from nps_core.mails.backfill_facts import WHAT_HAPPENS_NOW, backfill_facts, backfill_steps
from nps_core.mails.credentials_facts import (
    STEP,
    TITLE,
    WHAT_IT_MEANS,
    WHERE,
    by_when,
    credentials_facts,
    what_happened,
    why_this_mail,
)
from nps_core.mails.environment import environment
from nps_core.mails.model import BackfillMail, CredentialsMail, DetractorMail, Mail, ScoreRaisedMail
from nps_core.mails.sanitize import clean_line, clean_text, has_long_word, reads_right_to_left
from nps_core.mails.steps import next_step, why_detractor, why_you
from nps_core.mails.wording import (
    account_of,
    basis_of,
    contact_of,
    direction_of,
    edit_of,
    headline_of,
    moment,
    plural,
    tone_of,
)


def build_html(mail: Mail, subject: str) -> str:
    """Return a complete document that loads nothing from anywhere, below 100 KB."""
    match mail:
        case DetractorMail():
            name, values = "detractor.html.j2", _detractor(mail)
        case ScoreRaisedMail():
            name, values = "score_raised.html.j2", _raised(mail)
        case BackfillMail():
            name, values = "backfill.html.j2", _backfill(mail)
        case CredentialsMail():
            name, values = "credentials.html.j2", _credentials(mail)
        case _:
            assert_never(mail)
    return environment().get_template(name).render(subject=subject, **values)


def preheader(mail: DetractorMail) -> str:
    """Continue the subject in the list of mails: when to act, and what the subject left out."""
    account = account_of(mail.account)
    where = f"{account}: {_numbers(mail)}" if account else "Not matched to an account yet"
    return f"By {moment(mail.due_at)}. {direction_of(mail)[1]}. {where}."


def _numbers(mail: DetractorMail) -> str:
    headline = headline_of(mail.account.n, mail.account.nps_rounded)
    return (f"NPS {headline}, " if headline else "") + basis_of(mail.account)


def _detractor(mail: DetractorMail) -> dict[str, Any]:
    arrow, direction = direction_of(mail)
    comment = clean_text(mail.comment)
    return {
        "preheader": preheader(mail),
        "score": mail.score,
        "tone": tone_of(mail.score),
        "contact": contact_of(mail.contact_email, mail.contact_id),
        "account": account_view(mail.account),
        "answered": moment(mail.answered_at),
        "arrow": arrow,
        "direction": direction,
        "edit": edit_of(mail),
        "is_follow_up": mail.effect == "comment",
        "step": next_step(mail),
        "due": moment(mail.due_at),
        "paragraphs": [part.split("\n") for part in comment.split("\n\n")] if comment else [],
        "comment_dir": "rtl" if reads_right_to_left(comment) else "ltr",
        "has_long_word": has_long_word(comment),
        "why": why_detractor(mail),
        "task_id": clean_line(mail.task_id),
    }


def _raised(mail: ScoreRaisedMail) -> dict[str, Any]:
    contact = contact_of(mail.contact_email, mail.contact_id)
    return {
        "preheader": "The task is closed as score_raised. There is nothing to do.",
        "score": mail.new_score,
        "old_score": mail.old_score,
        "tone": tone_of(mail.new_score),
        "contact": contact,
        "account": account_view(mail.account),
        "answered": moment(mail.answered_at),
        "why": (why_you(mail.owner, mail.owner_reason),),
        "task_id": clean_line(mail.task_id),
    }


def _backfill(mail: BackfillMail) -> dict[str, Any]:
    n = mail.promoters + mail.passives + mail.detractors
    return {
        "preheader": "Nobody was alerted about history. Three steps come next.",
        "headline": headline_of(n, mail.nps_rounded),
        "basis": plural(n, "counted answer"),
        "counts": counts_of(mail.promoters, mail.passives, mail.detractors),
        "facts": backfill_facts(mail),
        "steps": backfill_steps(mail),
        "owner": clean_line(mail.owner, 254),
        "what_happens_now": WHAT_HAPPENS_NOW,
    }


def _credentials(mail: CredentialsMail) -> dict[str, Any]:
    return {
        "preheader": f"{what_happened(mail)} One command puts it right.",
        "title": TITLE,
        "what_happened": what_happened(mail),
        "step": STEP,
        "by_when": by_when(mail),
        "where": WHERE,
        "what_it_means": WHAT_IT_MEANS,
        "facts": credentials_facts(mail),
        "why": why_this_mail(mail),
    }
