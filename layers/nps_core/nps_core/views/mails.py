"""Mails of the outbox; `MailRow.model_validate(mail)` takes the fields from a mail."""

from nps_core.outbox.mail_states import OutboxMail
from nps_core.views.view import Moment, SourceId, View


class MailRow(View):
    """A mail, sent or due; `subject` is null until it was sent."""

    key: str
    kind: str
    to: str
    state: str
    due_at: Moment
    sent_at: Moment | None
    response_ids: tuple[SourceId, ...]
    task_id: str | None
    subject: str | None


class MailDetail(MailRow):
    """A mail with its parts; both are null if its answer is gone or its person was erased."""

    text: str | None
    html: str | None


def mail_row(mail: OutboxMail, subject: str | None) -> MailRow:
    """`subject` is the one that the mail would get now; a sent mail shows its own."""
    row = MailRow.model_validate(mail)
    return row.model_copy(update={"subject": row.subject or subject})


def mail_detail(row: MailRow, text: str | None, html: str | None) -> MailDetail:
    return MailDetail(**dict(row), text=text, html=html)
