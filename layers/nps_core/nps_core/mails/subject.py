"""Build subjects: one line, the most important first, safe to put into a mail header."""

from typing import assert_never

from nps_core.mails.graphemes import cut
from nps_core.mails.model import BackfillMail, CredentialsMail, DetractorMail, Mail, ScoreRaisedMail
from nps_core.mails.sanitize import clean_line
from nps_core.mails.wording import account_of, contact_of, headline_of, plural, short_due

SUBJECT_LIMIT = 120
_WHO_LIMIT = 38
_ACCOUNT_LIMIT = 28
_WORTH_QUOTING = 12  # less room than this for the comment says nothing


def build_subject(mail: Mail) -> str:
    """Return the subject, at most 120 characters, without control or direction characters."""
    match mail:
        case DetractorMail():
            return _detractor(mail)
        case ScoreRaisedMail():
            return _raised(mail)
        case BackfillMail():
            return _backfill(mail)
        case CredentialsMail():
            return _credentials(mail)
        case _:
            assert_never(mail)


def _detractor(mail: DetractorMail) -> str:
    score = f"{mail.score}/10"
    if mail.changed_from is not None:
        score += f" (was {mail.changed_from})"
    if mail.effect == "comment":
        score = f"Comment on {score}"
    account = account_of(mail.account)
    who = _who(mail.contact_email, mail.contact_id)
    head = f"{score} from {who}, {cut(account, _ACCOUNT_LIMIT) if account else 'no account yet'}"
    tail = f" - call by {short_due(mail.due_at, mail.answered_at)}"
    return head + _quoted(mail.comment, SUBJECT_LIMIT - len(head) - len(tail)) + tail


def _quoted(comment: str | None, room: int) -> str:
    room -= len(': ""')
    if room < _WORTH_QUOTING:
        return ""
    words = clean_line(comment, room)
    return f': "{words}"' if words else ", no comment yet"


def _raised(mail: ScoreRaisedMail) -> str:
    account = account_of(mail.account)
    where = f", {cut(account, _ACCOUNT_LIMIT)}" if account else ""
    who = _who(mail.contact_email, mail.contact_id)
    return f"Nothing to do: {mail.old_score}/10 is now {mail.new_score}/10 from {who}{where}"


def _backfill(mail: BackfillMail) -> str:
    n = mail.promoters + mail.passives + mail.detractors
    headline = headline_of(n, mail.nps_rounded)
    score = f", NPS {headline}" if headline else ""
    answers, accounts = plural(mail.responses, "answer"), plural(mail.accounts, "account")
    return f"History is in: {answers}, {accounts}{score} - nobody was alerted"


def _credentials(mail: CredentialsMail) -> str:
    account = clean_line(mail.account_token, 64)
    return f"Wootric refuses the credentials of {account} - run nps connect"


def _who(email: str | None, contact_id: str | None) -> str:
    return cut(contact_of(email, contact_id), _WHO_LIMIT)
