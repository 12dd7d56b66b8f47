"""The rules that decide what follows from an answer: pure, each with its reason.

Level-triggered: `decide` looks at the current answer and at its alert, tasks and mails, never at
how the answer changed. So duplicates, reordering and replays end in the same state. The first rule
that applies decides:

    rule               applies to                                      effect
    already_decided    a version that was decided before               none
    person_erased      an answer whose person was erased               off its task, mails cancelled
    put_back           a version that came from a backup               none
    never_alerted      no detractor, and on no task                    none
    history            given before activation, or seen 72 hours late  none, on record
    not_counted        excluded, deleted or no longer an NPS answer    off its task, mails cancelled
    new_detractor      a low score on no task                          task and mail
    edited_down        the same, edited down from 7 or more            task and mail
    raised             on a task, raised to 7 or more                  off its task, owner mailed
    comment            on a task, comment after the first mail         one follow-up mail
    still_a_detractor  on a task, another low score                    due sooner if worse
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from nps_core.answers.models import Answer
from nps_core.follow_up.effects import (
    Case,
    Context,
    alert_owner,
    cancel_pending,
    forget_contact,
    forget_mails,
    leave_task,
    post,
    tightened,
    write,
)
from nps_core.follow_up.models import Decision, ScoreRaisedFacts, Standing
from nps_core.keys import AnswerKey
from nps_core.outbox.mail_states import digest_of
from nps_core.scoring import is_detractor
from nps_core.times import from_epoch_ms

LIVE_FOR = timedelta(hours=72)
Rule = Callable[[Case], Decision | None]


def decide(key: AnswerKey, current: Answer | None, before: Standing, context: Context) -> Decision:
    """Return the writes for the answer `key`, whose stored version is `current`."""
    case = Case(key, current, before, context)
    for rule in RULES:
        if (decision := rule(case)) is not None:
            return decision
    return Decision("unchanged", "none", "nothing that matters has changed")


def why_history(answer: Answer, activated_at: datetime | None) -> str | None:
    """Return why an answer is history, which alerts no one; None if it is live.

    Its age is measured when this version was stored, so a lagging stream loses no alert. A
    connection without activation has no history yet: the activation is recorded before any answer
    can be live.
    """
    if activated_at is None or answer.answered_at < activated_at:
        return "given before the connection was activated"
    if from_epoch_ms(answer.rev) - answer.answered_at > LIVE_FOR:
        return "given more than 72 hours before it was seen"
    return None


def already_decided(case: Case) -> Decision | None:
    """Stop at a version that has been decided: a duplicate or a replay."""
    alert, current = case.before.alert, case.current
    if alert is None or current is None or alert.rev != current.rev:
        return None
    return Decision("already_decided", "none", "this version has been decided")


def person_erased(case: Case) -> Decision | None:
    """Erased at the source: no one to call, and no personal data stays on task or mail."""
    if case.current is None or not case.current.erased:
        return None
    if case.before.alert is None:
        return Decision("erased", "skip", "its person was erased before it was alerted")
    left, fate = leave_task(case, "erased") if case.on_task else (None, "it was on no task")
    task, cleared = forget_contact(case, left)
    mails = forget_mails(case, "erased")
    decision = write(case, "erased", "withdraw", f"erased; {fate}", "withdrawn", task, mails)
    return replace(decision, cleared=cleared)


def put_back(case: Case) -> Decision | None:
    """Stop at a version from a backup: only the next one, which the source reports, is news."""
    if case.current is None or not case.current.is_put_back:
        return None
    return Decision("put_back", "none", "this version came from a backup")


def never_alerted(case: Case) -> Decision | None:
    """Stop at an answer that is on no task and needs none."""
    if case.on_task or (case.current is not None and case.current.is_detractor):
        return None
    return Decision("not_a_detractor", "none", "it is on no task and needs none")


def history(case: Case) -> Decision | None:
    if case.on_task or case.current is None:
        return None
    why = why_history(case.current, case.context.activated_at)
    if why is None:
        return None
    if case.before.alert is None:
        return Decision("history", "skip", why)
    return write(case, "history", "skip", why, status="withdrawn")


def not_counted(case: Case) -> Decision | None:
    """Excluded, deleted or no longer an NPS answer: the alert is withdrawn."""
    if case.current is not None and case.current.is_counted:
        return None
    if case.current is None or case.current.deleted:
        why = "deleted"
    else:
        why = "excluded" if case.current.excluded else "not_an_nps_answer"
    mails = cancel_pending(case, why, "detractor", "comment", "score_raised")
    task, fate = leave_task(case, why)
    return write(case, why, "withdraw", f"{why}; {fate}", "withdrawn", task, mails)


def new_detractor(case: Case) -> Decision | None:
    """A live detractor joins the open task of its account or opens one; its owner gets a mail."""
    answer = case.current
    if case.on_task or answer is None or _came_down(answer):
        return None
    return alert_owner(case, answer, "new_detractor", f"score {answer.score}")


def edited_down(case: Case) -> Decision | None:
    """A promoter or passive who lowers the score is a new detractor, marked as changed."""
    answer = case.current
    if case.on_task or answer is None:
        return None
    reason = f"changed from {answer.previous_score} to {answer.score}"
    return alert_owner(case, answer, "edited_down", reason)


def raised(case: Case) -> Decision | None:
    """Raised to 7 or more: an unsent mail is cancelled; after a sent one, a short note follows."""
    if case.current is None or case.current.score is None or is_detractor(case.current.score):
        return None
    alert = case.before.alert
    told = {mail.to for mail in case.mails("detractor") if mail.has_left}
    mails = cancel_pending(case, "score_raised", "detractor", "comment")
    task, fate = leave_task(case, "score_raised")
    if task is not None and task.status == "closed":
        # The note states that the task is closed, so it needs a closed task.
        facts = ScoreRaisedFacts(old_score=alert.score if alert else None)
        notes = [post(case, "score_raised", to, task.task_id, facts) for to in sorted(told)]
        mails += [note for note in notes if note is not None]
    when = "after the mail had left" if told else "before the mail left"
    reason = f"raised to {case.current.score} {when}; {fate}"
    return write(case, "score_raised", "withdraw", reason, "withdrawn", task, mails)


def comment(case: Case) -> Decision | None:
    """A comment that misses the first mail gets one follow-up mail; later edits only a record."""
    told = case.mails("detractor", "comment")
    digest = digest_of(case.current.text) if case.current else None
    if digest is None or any(mail.state == "PENDING" for mail in told):
        return None  # a pending mail quotes the comment at the time of sending
    shown = {mail.comment_digest for mail in told} - {None}
    if digest in shown:
        return None
    # A failed first mail is followed too: someone should read the comment.
    first = [mail for mail in told if mail.kind == "detractor" and mail.state != "CANCELLED"]
    mail = post(case, "comment", first[-1].to, first[-1].task_id) if first else None
    if shown or mail is None:
        reason = "comment changed after it was mailed; not mailed again"
        return write(case, "comment_changed", "record", reason, task=tightened(case))
    reason = "comment came after the mail had left"
    return write(case, "comment", "comment", reason, task=tightened(case), mails=[mail])


def still_a_detractor(case: Case) -> Decision | None:
    """Another score of 0 to 6 while on a task: due sooner if it got worse, and no mail."""
    alert, current = case.before.alert, case.current
    if alert is None or current is None or alert.score == current.score:
        return None
    reason = f"changed from {alert.score} to {current.score} while on a task"
    task, score = tightened(case), current.score
    return write(case, "still_a_detractor", "record", reason, task=task, score=score)


def _came_down(answer: Answer) -> bool:
    return answer.previous_score is not None and not is_detractor(answer.previous_score)


RULES: tuple[Rule, ...] = (
    already_decided,
    person_erased,
    put_back,
    never_alerted,
    history,
    not_counted,
    new_detractor,
    edited_down,
    raised,
    comment,
    still_a_detractor,
)
