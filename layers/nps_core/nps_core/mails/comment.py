"""`comment`: the comment arrived after the mail about its low score had been sent."""

from datetime import datetime

from nps_core.mails import low_score
from nps_core.mails.about_answer import AboutAnswer, look_up_with_first
from nps_core.mails.kind import Cancel, Kind, Stores, Verdict, Wait
from nps_core.mails.low_score import LowScoreMail
from nps_core.outbox.mail_states import OutboxMail, digest_of


def _verdict(_mail: OutboxMail, found: AboutAnswer) -> Verdict:
    if (held := low_score.verdict(found)) is not None:
        return held
    if found.answer is None or digest_of(found.answer.text) is None:
        return Cancel("the comment is gone")
    if found.first is not None and found.first.waiting:
        return Wait("the first mail is not settled")
    if found.first is not None and found.first.comment_digest is not None:
        return Cancel("the first mail had the comment")
    return None


def _compose(
    mail: OutboxMail, found: AboutAnswer, stores: Stores, now: datetime
) -> LowScoreMail | None:
    return low_score.compose(mail, found, stores, now, effect="comment")


COMMENT = Kind("comment", look_up_with_first, _verdict, _compose)
