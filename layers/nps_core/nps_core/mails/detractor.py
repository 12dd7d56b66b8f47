"""`detractor`: a live low score, for the owner of its task."""

from datetime import datetime

from nps_core.mails import low_score
from nps_core.mails.about_answer import AboutAnswer, look_up
from nps_core.mails.kind import Kind, Stores, Verdict
from nps_core.mails.low_score import LowScoreMail
from nps_core.outbox.mail_states import OutboxMail


def _verdict(_mail: OutboxMail, found: AboutAnswer) -> Verdict:
    return low_score.verdict(found)


def _compose(
    mail: OutboxMail, found: AboutAnswer, stores: Stores, now: datetime
) -> LowScoreMail | None:
    return low_score.compose(mail, found, stores, now, effect="detractor")


DETRACTOR = Kind("detractor", look_up, _verdict, _compose)
