"""Decide what follows from changed answers: tasks and outbox mails. Nothing is sent here.

A stream record is only a trigger. The answer is read as it is now, pure rules decide, and one
transaction writes the decision under deterministic keys. So a duplicate, a replay or a crash after
any call ends in the same state.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from nps_core.answers.models import Answer, Change
from nps_core.answers.ports import AnswerStore
from nps_core.connections.ports import Profiles
from nps_core.customers.owners import Owner, OwnerPolicy
from nps_core.errors import Contended
from nps_core.follow_up.effects import Context
from nps_core.follow_up.models import (
    Action,
    Decision,
    Standing,
    former_scope_of,
    scope_of,
)
from nps_core.follow_up.ports import FollowUpStore
from nps_core.follow_up.rules import decide, why_history
from nps_core.keys import AnswerKey

_TRIES = 5
_MAX_PAUSE_S = 0.1


@dataclass(frozen=True, slots=True)
class Report:
    changes: int
    relevant: int
    actions: Counter[Action]

    @property
    def opened(self) -> int:
        return self.actions["open"]

    @property
    def suppressed(self) -> int:
        """Low scores that opened no alert, or whose alert was withdrawn."""
        return self.actions["skip"] + self.actions["withdraw"]

    def as_log(self) -> dict[str, int]:
        """Return only counts: nothing personal goes to the log."""
        actions = {str(action): count for action, count in self.actions.items()}
        return {"changes": self.changes, "relevant": self.relevant, **actions}


def total(reports: Iterable[Report]) -> Report:
    """Sum the reports of the parts of a batch."""
    parts = list(reports)
    actions: Counter[Action] = sum((part.actions for part in parts), Counter())
    return Report(sum(one.changes for one in parts), sum(one.relevant for one in parts), actions)


@dataclass(frozen=True, slots=True)
class Notify:
    answers: AnswerStore
    follow_up: FollowUpStore
    profiles: Profiles
    owner_of: Callable[[str], str | None]
    """Looks up the owner of an account id in the directory."""
    owners: OwnerPolicy
    settle: timedelta
    sleep: Callable[[float], None] = time.sleep
    _activated: dict[str, datetime] = field(default_factory=dict)

    def apply(self, changes: Collection[Change], now: datetime) -> Report:
        """Decide about every changed answer that is or was a detractor, or is erased, in order.

        Raises:
            StoreUnavailable: retry the whole batch; everything written so far stays valid.
            Contended: other writers won five times in a row; retry the batch.
        """
        keys = relevant_keys(changes)
        current = self.answers.get_many(keys)
        alerted = self.follow_up.alerts(keys)
        actions: Counter[Action] = Counter()
        for key in keys:
            answer = current.get(key)
            if key not in alerted and self._needs_nothing(answer):
                actions["skip" if answer and answer.is_detractor else "none"] += 1
            else:
                actions[self._decide(key, answer, now).action] += 1
        return Report(len(changes), len(keys), actions)

    def _needs_nothing(self, answer: Answer | None) -> bool:
        """Whether an answer without an alert needs none: true for most of a backfill."""
        if answer is None or not answer.is_detractor or answer.erased or answer.is_put_back:
            return True
        return why_history(answer, self._activated_at(answer.key)) is not None

    def _decide(self, key: AnswerKey, answer: Answer | None, now: datetime) -> Decision:
        """Decide and write; decide again from a fresh read whenever another writer was faster."""
        for attempt in range(_TRIES):
            before = self._standing(key, answer)
            decision = decide(key, answer, before, self._context(key, answer, now))
            done = self.follow_up.commit(before, decision)
            latest = self.answers.get(key) if decision.writes or not done else answer
            if done and _rev(latest) == _rev(answer):
                return decision
            answer = latest
            self.sleep(random.uniform(0, _MAX_PAUSE_S * 2**attempt))  # noqa: S311  not a secret
        raise Contended(f"{key} was decided by others {_TRIES} times in a row")

    def _standing(self, key: AnswerKey, answer: Answer | None) -> Standing:
        """Read what the decision depends on, with a task that an earlier version opened."""
        before = self.follow_up.standing(key, scope_of(answer) if answer else None)
        former = former_scope_of(answer) if answer else None
        if former is None or before.open_task is not None:
            return before
        return replace(before, open_task=self.follow_up.standing(key, former).open_task)

    def _context(self, key: AnswerKey, answer: Answer | None, now: datetime) -> Context:
        activated_at = self._activated_at(key)
        return Context(now, activated_at, self.settle, self._owner(answer))

    def _owner(self, answer: Answer | None) -> Owner:
        if answer is None:
            return self.owners.choose(None, lambda: None)
        account = answer.account_id
        return self.owners.choose(answer.owner, lambda: self.owner_of(account) if account else None)

    def _activated_at(self, key: AnswerKey) -> datetime | None:
        """Return the activation time. Cached once it exists: it never changes afterwards."""
        token = key.account_token
        if token not in self._activated:
            activated_at = self.profiles.activated_at(token)
            if activated_at is None:
                return None
            self._activated[token] = activated_at
        return self._activated[token]


def relevant_keys(changes: Iterable[Change]) -> list[AnswerKey]:
    """Return the answers that are or were detractors, once each, in the order of the stream.

    Erased answers are included whatever their score: an old alert, task or mail may still name the
    person.
    """
    images = (image for change in changes for image in change)
    return list(dict.fromkeys(image.key for image in images if image and _concerns(image)))


def _concerns(image: Answer) -> bool:
    return image.is_detractor or (image.erased and image.key.kind == "response")


def _rev(answer: Answer | None) -> int | None:
    return answer.rev if answer else None
