"""What becomes of an item of a backup that the table of the stack lacks. Pure.

The backup shows an earlier moment. What time has overtaken does not come back: mails that were
waiting, locks, positions, suspicions, persons who were erased since. What follows from the answers
is computed again from the answers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from nps_core import keys
from nps_core.answers.dynamo import from_item, to_item
from nps_core.answers.models import Answer
from nps_core.answers.removal import REMOVALS, Removal, put_back
from nps_core.aws.items import Item
from nps_core.errors import UnreadableItem
from nps_core.follow_up.items import task_item, to_task
from nps_core.follow_up.models import Task
from nps_core.keys import AnswerKey, parse_answer_key
from nps_core.outbox import mail_states
from nps_core.outbox.items import mail_item, to_mail
from nps_core.times import epoch_ms


class Fate(NamedTuple):
    """The item to write, None for none, and the reason if it differs from the backup."""

    item: Item | None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Removed:
    """What was removed in one Wootric account, as the tables of the stack tell it."""

    people: frozenset[str] = frozenset()
    """Ids of the erased end users."""
    erased: frozenset[AnswerKey] = frozenset()
    outcomes: Mapping[AnswerKey, tuple[Removal, datetime]] | None = None
    """Answers and declines by how their suspicion ended, and when."""

    def names(self, key: AnswerKey, end_user_id: str | None = None) -> bool:
        """Whether the person of this answer was erased."""
        how = (self.outcomes or {}).get(key)
        return key in self.erased or end_user_id in self.people or (how or ("",))[0] == "erased"


RemovedOf = Callable[[str], Removed]
"""By account token."""

UNREADABLE = "cannot be read by this version"
EXPIRED = "its time is over"
ERASED = "its person was erased since"
_DERIVED = "follows from the answers: `nps rebuild --all` counts them again"
_BEGINS_AGAIN = "the sync begins again without it, and reads more, not less"
_SKIPPED = {
    "CONN LEASE": "a lock of that time",
    "CONN CHECKPOINT": _BEGINS_AGAIN,
    "CONN WANTED": "a request of that time",
    "ACCT LEDGER": _DERIVED,
    "ACCT CONTACT": _DERIVED,
    "ACCOUNT": _DERIVED,
    "CONNECTION": "may have been removed since: `nps connect` adds it",
}
_COPIED = {"CONN PROFILE", "CONN GAP", keys.ALERT, keys.QUARANTINE, keys.DIRECTORY, keys.OPENTASK}


def kind_of(item: Mapping[str, object]) -> str:
    """Return the kind by the key, as in the table in keys.py."""
    head, *more = str(item["pk"]).split("#")
    if "sk" not in item:
        return more[0] if more and more[0] in ("response", "decline") else "unknown"
    first = str(item["sk"]).split("#")[0]
    return f"{head} {first}" if head in ("CONN", "ACCT") else head


def fate_of(item: Item, removed_of: RemovedOf, now: datetime) -> Fate:
    """Return what becomes of an item, except a task."""
    kind = kind_of(item)
    if _is_expired(item, now):
        return Fate(None, EXPIRED)
    if kind in _SKIPPED:
        return Fate(None, _SKIPPED[kind])
    if kind in _COPIED:
        return Fate(item)
    try:
        return _by_content(kind, item, removed_of, now)
    except (KeyError, TypeError, ValueError, UnreadableItem):
        return Fate(None, UNREADABLE)


def fate_of_task(item: Item, openers: tuple[AnswerKey, ...], removed_of: RemovedOf) -> Fate:
    """Return what becomes of a task; `openers` are the answers that may name its contact."""
    try:
        task: Task = to_task(item)
    except (KeyError, TypeError, ValueError, UnreadableItem):
        return Fate(None, UNREADABLE)
    about = openers or task.answers
    if task.contact is None or not any(removed_of(key.account_token).names(key) for key in about):
        return Fate(item)
    return Fate(task_item(replace(task, contact=None, unknown={})), ERASED)


def closed_for_another(item: Item, now: datetime) -> Fate:
    """Return an open task as closed: its account or contact has got another one since."""
    task = to_task(item)
    closed = replace(
        task, status="closed", close_reason="restored", closed_at=now, version=task.version + 1
    )
    return Fate(task_item(closed), "put back as closed: another task has been opened since")


def opened_by(item: Item) -> tuple[AnswerKey, tuple[str, ...]]:
    """Return the answer of an alert and the tasks that it opened. Raises ValueError."""
    return parse_answer_key(item["sk"]), tuple(item.get("opened", ()))


def _by_content(kind: str, item: Item, removed_of: RemovedOf, now: datetime) -> Fate:
    match kind:
        case "response" | "decline":
            return _answer(item, removed_of, now)
        case keys.MAIL:
            return _mail(item, removed_of, now)
        case "PEOPLE":
            return _person(item, removed_of)
        case "CONN MISSING" if "settled_at" not in item:
            return Fate(None, "a suspicion of that time")
        case keys.RUN if item.get("status") == "running":
            return Fate(None, "a run that was under way")
        case "CONN MISSING" | keys.RUN:
            return Fate(item)
    return Fate(None, UNREADABLE)


def _answer(item: Item, removed_of: RemovedOf, now: datetime) -> Fate:
    answer: Answer = from_item(item)
    removed = removed_of(answer.key.account_token)
    how, at = (removed.outcomes or {}).get(answer.key, (None, now))
    if removed.names(answer.key, answer.end_user_id):
        how = "erased"
    left = REMOVALS[how](answer, at) if how else answer
    why = None if left is answer else f"{how} since: put back without what that removes"
    return Fate(to_item(put_back(left, now)), why)


def _mail(item: Item, removed_of: RemovedOf, now: datetime) -> Fate:
    mail = to_mail(item)
    kept = mail_states.put_back(mail, now)
    why = None if kept == mail else f"was waiting; put back as {kept.state}, never to leave"
    if kept.answer and removed_of(kept.answer.account_token).names(kept.answer):
        kept, why = mail_states.forgotten(kept), ERASED
    return Fate(mail_item(kept) if why else item, why)


def _person(item: Item, removed_of: RemovedOf) -> Fate:
    token = str(item["pk"]).split("#", 1)[1]
    is_erased = item["sk"] in removed_of(token).people
    return Fate(None, ERASED) if is_erased and "erased" not in item else Fate(item)


def _is_expired(item: Item, now: datetime) -> bool:
    expires_at = item.get("expires_at")
    return isinstance(expires_at, int) and expires_at * 1000 <= epoch_ms(now)
