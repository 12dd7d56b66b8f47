"""Deliver due mails: claim behind a fence, check again, send, record the outcome.

Only a lost reply of SES can cause a second copy. Such a mail is marked UNKNOWN and sent once more
after five minutes. A process that dies between asking SES and the record leaves the same state; one
that dies while it prepares a mail has sent nothing.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from nps_core.errors import NpsError, PermanentError, TransientError
from nps_core.follow_up.ports import FollowUpStore
from nps_core.mails.kind import Cancel, Stores, Wait
from nps_core.mails.prepare import prepare
from nps_core.mails.render import RenderedMail
from nps_core.outbox import mail_states
from nps_core.outbox.mail_states import OutboxMail
from nps_core.outbox.mailer import Mailer, SendResult

LIMIT = 200
"""Mails handled in one tick; the rest stay due for the next."""
SOON = timedelta(minutes=1)
HELD_FOR = timedelta(minutes=15)
_MAX_THROTTLED = 5
_THROTTLE_PAUSE_S = 1.0
_TRIES = 5

_log = logging.getLogger(__name__)

Result = Literal[
    "sent", "failed", "unknown", "throttled", "held", "cancelled", "waiting", "skipped"
]


@dataclass(frozen=True, slots=True)
class Deliver:
    stores: Stores
    mailer: Mailer
    sleep: Callable[[float], None] = time.sleep

    @property
    def follow_up(self) -> FollowUpStore:
        return self.stores.follow_up

    def tick(self, now: datetime, has_time: Callable[[], bool]) -> Counter[Result]:
        """Handle due mails, oldest first, while there is time. Returns the number of each result.

        Raises StoreUnavailable; a mail claimed before the error is retried when its lease ends.
        """
        results: Counter[Result] = Counter()
        for key in self.follow_up.due(now, LIMIT):
            if not has_time() or results["held"] or results["throttled"] >= _MAX_THROTTLED:
                break
            try:
                result = self._one(key, now)
            except PermanentError as exc:
                _log.error("a mail stays as it is: %s", exc)
                result = "failed"
            results[result] += 1
            if result == "throttled":
                self.sleep(_THROTTLE_PAUSE_S)
        return results

    def _one(self, key: str, now: datetime) -> Result:
        mail = self.follow_up.mail(key)
        if mail is None or not mail.waiting or mail.due_at > now:
            return "skipped"  # the index lags behind the item
        if mail.state == "SENDING" and mail.preparing:
            after = mail_states.died(mail, now)
            return self._end(mail, after, "waiting" if after.waiting else "failed")
        if mail.state == "SENDING":
            lost = mail_states.unknown(mail, now, "the sender stopped before recording the outcome")
            return self._end(mail, lost, "unknown")
        claim = self.follow_up.move(mail, mail_states.claimed(mail, now))
        if claim is None:
            return "skipped"  # another tick has it, or it was cancelled
        try:
            ready = prepare(claim, self.stores, now)
        except TransientError as exc:
            return self._end(
                claim, mail_states.released(claim, now + SOON, type(exc).__name__), "waiting"
            )
        except Exception as exc:  # kept on the mail: one bad mail must not stop the others
            reason = f"cannot be rendered: {type(exc).__name__}"
            return self._end(claim, mail_states.failed(claim, reason), "failed")
        return self._go(claim, ready, now)

    def _go(self, claim: OutboxMail, ready: RenderedMail | Cancel | Wait, now: datetime) -> Result:
        if isinstance(ready, Cancel):
            return self._end(claim, mail_states.withdrawn(claim, ready.reason), "cancelled")
        if isinstance(ready, Wait):
            return self._end(
                claim, mail_states.released(claim, now + SOON, ready.reason), "waiting"
            )
        asked = self._ask(claim)
        if asked is None:
            return self._let_go(claim, now)
        result = self.mailer.send(asked.to, ready.subject, ready.html, ready.text, asked.key)
        named = replace(asked, subject=ready.subject)
        return self._record(asked, *_after(named, result, ready.comment, now))

    def _ask(self, claim: OutboxMail) -> OutboxMail | None:
        """Count the attempt. None if another write overtook the claim."""
        asking = mail_states.asking(claim)
        asked = self.follow_up.move(claim, asking)
        if asked is None:
            stored = self.follow_up.mail(claim.key)
            is_ours = stored is not None and mail_states.is_same_claim(stored, asking)
            # The write whose reply was lost, and which the client has repeated.
            asked = stored if stored and is_ours and stored.fence == claim.fence + 1 else None
        return asked

    def _let_go(self, claim: OutboxMail, now: datetime) -> Result:
        """Give up a claim that another write overtook: what was prepared may no longer be true."""
        stored = self.follow_up.mail(claim.key)
        if stored is None or not mail_states.is_same_claim(stored, claim):
            return "skipped"
        return self._end(stored, mail_states.released(stored, now, "it changed"), "waiting")

    def _end(self, claim: OutboxMail, after: OutboxMail, result: Result) -> Result:
        """Record the outcome. If the claim was lost meanwhile, its new holder's record stands."""
        for _ in range(_TRIES):
            if self.follow_up.move(claim, after) is not None:
                return result
            stored = self.follow_up.mail(claim.key)
            if stored is None or not mail_states.is_same_claim(stored, claim):
                return "skipped"
            if stored.fence != claim.fence:
                # The claim still holds, so this was an erasure while the mail was on its way.
                claim, after = stored, mail_states.forgotten(after)
        return "skipped"  # the lease ends, and the mail is then as after a crash

    def _record(self, claim: OutboxMail, after: OutboxMail, result: Result) -> Result:
        """Record what SES said. A failing store must not stop the mails behind this one.

        The mail then stays SENDING until its lease ends, as after a crash.
        """
        try:
            recorded = self._end(claim, after, result)
        except NpsError as exc:
            _log.error("the outcome of a mail could not be recorded: %s", exc)
            return "unknown"
        return "unknown" if recorded == "skipped" and result == "sent" else recorded


def _after(
    claim: OutboxMail, result: SendResult, comment: str | None, now: datetime
) -> tuple[OutboxMail, Result]:
    match result.outcome:
        case "SENT":
            return mail_states.sent(claim, now, result.detail, comment), "sent"
        case "RETRY":
            return mail_states.released(claim, now + SOON, result.detail), "throttled"
        case "HOLD":
            return mail_states.released(claim, now + HELD_FOR, result.detail), "held"
        case "FAILED":
            return mail_states.failed(claim, result.detail), "failed"
        case "UNKNOWN":
            return mail_states.unknown(claim, now, result.detail, comment), "unknown"
