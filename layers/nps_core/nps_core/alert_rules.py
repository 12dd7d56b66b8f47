"""The rules that decide what follows from an answer: pure, in order, each with its reason.

Level-triggered: `decide` looks at the answer as it is now and at what has been written about it,
never at how it changed. So duplicates, reorder and replays end in the same state. Numbers in
the names of rules are those of docs/follow-up.md; rules still to come have their place in RULES.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from nps_core.due_times import due_after, tier_of
from nps_core.follow_up import Action, Alert, Decision, Standing, Task, scope_of, task_id_of
from nps_core.models import Answer, AnswerKey
from nps_core.outbox import MailKind, OutboxMail, digest_of, mail_key, revived, withdrawn
from nps_core.owners import Owner
from nps_core.times import from_epoch_ms

LIVE_FOR = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class Context:
    """What a decision depends on besides the answer and what is written about it."""

    now: datetime
    activated_at: datetime | None
    settle: timedelta
    owner: Owner


@dataclass(frozen=True, slots=True)
class Case:
    """One answer to decide about."""

    key: AnswerKey
    current: Answer | None
    before: Standing
    context: Context

    @property
    def on_task(self) -> bool:
        """Whether the answer has been alerted and not been withdrawn since."""
        return self.before.alert is not None and self.before.alert.status == "on_task"

    def mails(self, *kinds: MailKind) -> list[OutboxMail]:
        """Return the mails about the answer of these kinds."""
        return [mail for mail in self.before.mails if mail.kind in kinds]


Rule = Callable[[Case], Decision | None]


def decide(
    key: AnswerKey, current: Answer | None, before: Standing, context: Context
) -> Decision:
    """Return what to write for the answer `key`, whose stored version is `current`."""
    case = Case(key, current, before, context)
    for rule in RULES:
        if (decision := rule(case)) is not None:
            return decision
    return Decision("unchanged", "none", "nothing that matters has changed")


def why_history(answer: Answer, activated_at: datetime | None) -> str | None:
    """Say why an answer is history, which pages nobody; None when it is live.

    Its age is taken when this version was stored, so a stream that lags behind loses no alert.
    """
    if activated_at is None:
        return "given before the connection was activated"  # it would be recorded by now
    if answer.answered_at < activated_at:
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


def never_alerted(case: Case) -> Decision | None:
    """Stop at an answer that has no alert and needs none."""
    if case.on_task or (case.current is not None and case.current.is_detractor):
        return None
    return Decision("not_a_detractor", "none", "no alert was made and none is due")


def rule_1_history(case: Case) -> Decision | None:
    """History opens no task and sends no mail."""
    if case.on_task or case.current is None:
        return None
    why = why_history(case.current, case.context.activated_at)
    if why is None:
        return None
    if case.before.alert is None:
        return Decision("history", "skip", why)
    return _decision(case, "history", "record", why, status="withdrawn")


def rule_2_not_counted(case: Case) -> Decision | None:
    """Excluded, deleted or no NPS answer any more: the alert is withdrawn."""
    if case.current is not None and case.current.is_counted:
        return None
    if case.current is None or case.current.deleted:
        why = "deleted"
    else:
        why = "excluded" if case.current.excluded else "not_an_nps_answer"
    mails = _cancel_pending(case, why)
    task, fate = _leave_task(case, why)
    reason = f"{why}; {_fate_of(mails)}; {fate}"
    return _decision(case, why, "withdraw", reason, "withdrawn", task, mails)


def rule_3_new_detractor(case: Case) -> Decision | None:
    """A live detractor joins the open task of its account, or opens one, and its owner is told."""
    if case.on_task or case.current is None:
        return None
    previous = case.current.previous_score
    if previous is not None and previous >= 7:
        return None
    return _alert(case, case.current, "new_detractor", f"score {case.current.score}")


def rule_4_edited_down(case: Case) -> Decision | None:
    """A promoter or passive who lowers the score is a new detractor, marked as changed."""
    if case.on_task or case.current is None:
        return None
    answer = case.current
    reason = f"changed from {answer.previous_score} to {answer.score}"
    return _alert(case, answer, "edited_down", reason)


def rule_6_raised(case: Case) -> Decision | None:
    """Raised to 7 or more: a mail that has not left is cancelled, else a note follows it."""
    if case.current is None or case.current.score is None or case.current.score < 7:
        return None
    told = {mail.to for mail in case.mails("detractor") if mail.has_left}
    mails = _cancel_pending(case, "score_raised")
    task, fate = _leave_task(case, "score_raised")
    if task is not None and task.status == "closed":
        notes = [_post(case, "score_raised", to, task.task_id) for to in sorted(told)]
        mails += [note for note in notes if note is not None]
    when = "after the mail" if told else "before the mail left"
    reason = f"raised to {case.current.score} {when}; {fate}"
    return _decision(case, "score_raised", "withdraw", reason, "withdrawn", task, mails)


def rule_7_comment(case: Case) -> Decision | None:
    """A comment that misses the first mail gets one follow-up mail; later edits are recorded."""
    current, told = case.current, case.mails("detractor", "comment")
    digest = digest_of(current.text) if current else None
    if digest is None or any(mail.state == "PENDING" for mail in told):
        return None  # a pending mail shows the comment as it is when it is sent
    shown = {mail.comment_digest for mail in told} - {None}
    if digest in shown:
        return None
    first = [mail for mail in told if mail.kind == "detractor" and mail.state != "CANCELLED"]
    mail = _post(case, "comment", first[-1].to, first[-1].task_id or "") if first else None
    if shown or mail is None:
        reason = "comment changed after it was mailed; not mailed again"
        return _decision(case, "comment_changed", "record", reason, task=_tightened(case))
    reason = "comment came after the mail"
    return _decision(case, "comment", "comment", reason, task=_tightened(case), mails=[mail])


def still_a_detractor(case: Case) -> Decision | None:
    """Another score of 0 to 6 while on a task: due sooner if it got worse, no mail."""
    alert, current = case.before.alert, case.current
    if alert is None or current is None or alert.score == current.score:
        return None
    reason = f"changed from {alert.score} to {current.score} while on a task"
    return _decision(case, "still_a_detractor", "record", reason, task=_tightened(case))


RULES: tuple[Rule, ...] = (
    already_decided,
    never_alerted,
    rule_1_history,
    rule_2_not_counted,
    rule_3_new_detractor,
    rule_4_edited_down,
    rule_6_raised,
    rule_7_comment,
    still_a_detractor,
)


def _alert(case: Case, answer: Answer, rule: str, reason: str) -> Decision:
    """Put the answer on the one open task of its scope, and mail the task's owner."""
    joined, old = case.before.open_task, case.before.alert
    task = _join(joined, case, answer) if joined else _open(case, answer, reason)
    mail = _post(case, "detractor", task.owner, task.task_id)
    if mail is None:
        reason += "; its owner has been mailed about this answer before"
    action: Action = "join" if joined else "open"
    decision = _decision(case, rule, action, reason, "on_task", task, [mail] if mail else [])
    assert decision.alert is not None
    again = 0 if old is None else old.round + 1
    alert = replace(decision.alert, score=answer.score, task_id=task.task_id, round=again)
    return replace(decision, alert=alert)
