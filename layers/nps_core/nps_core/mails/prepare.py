"""Turn an outbox mail into a rendered one, from the data stored now."""

from datetime import datetime

from nps_core.mails.kind import Cancel, Stores, Wait
from nps_core.mails.registry import KINDS
from nps_core.mails.render import RenderedMail, render
from nps_core.outbox.mail_states import OutboxMail


def prepare(mail: OutboxMail, stores: Stores, now: datetime) -> RenderedMail | Cancel | Wait:
    """Return the mail in its current form, or why it must not be sent.

    Prepare a mail only after its claim: a comment that is stored later then finds the mail sent,
    and gets a follow-up.
    """
    kind = KINDS.get(mail.kind)
    if kind is None:
        return Wait("a later version knows this kind of mail")
    found = kind.look_up(mail, stores)
    held = kind.verdict(mail, found)
    if held is not None:
        return held
    written = kind.compose(mail, found, stores, now)
    if written is None:
        raise ValueError("too little is left to write about")
    return render(written)


def preview(mail: OutboxMail, stores: Stores, now: datetime) -> RenderedMail | None:
    """Return the mail in its current form, even one that was sent or cancelled.

    None if its answer, person or task is gone.
    """
    kind = KINDS.get(mail.kind)
    if kind is None:
        return None
    written = kind.compose(mail, kind.look_up(mail, stores), stores, now)
    return None if written is None else render(written)
