"""Storing incoming answers: read, merge, find the account, write if anything changed.

Webhook, inbox and sync share it, so they follow one rule. Safe to repeat: equal content writes
nothing and so creates no stream record.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from nps_core.answers.bounds import fitted
from nps_core.answers.matching import AccountRules, Directory, resolve
from nps_core.answers.merge import content_hash, merge
from nps_core.answers.models import Answer, Incoming
from nps_core.answers.ports import AnswerStore
from nps_core.answers.removal import REMOVALS, Removal, restored
from nps_core.errors import Contended, StoreRefused, UnreadableItem
from nps_core.keys import AnswerKey
from nps_core.times import epoch_ms

Outcome = Literal["created", "updated", "unchanged", "refused"]
"""`refused`: DynamoDB never takes this answer, so the caller sets it aside."""
_TRIES = 5

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ingest:
    """Ingest of answers, bound to a table and to the account rules."""

    store: AnswerStore
    directory: Directory
    rules: AccountRules
    metric: str

    def one(self, incoming: Incoming, now: datetime) -> Outcome:
        """Store one answer.

        Raises:
            StoreUnavailable: the write may not have happened.
            Contended: other writers won five times in a row; nothing is written.
            StoreRefused: DynamoDB never takes it; nothing is written.
        """
        return self._store(incoming, self.store.get(incoming.key), now)

    def many(self, page: Sequence[Incoming], now: datetime) -> Mapping[AnswerKey, Outcome]:
        """Store a page: one batch read, then one write per changed answer, in the given order.

        An answer whose stored item cannot be read is logged and has no outcome; one that DynamoDB
        never takes is `refused`. Neither stops the others. Otherwise raises like `one`; earlier
        writes stay, and a repeat skips them.
        """
        stored = self.known([incoming.key for incoming in page])
        outcomes: dict[AnswerKey, Outcome] = {}
        for new in page:
            try:
                outcomes[new.key] = self._store(new, stored.get(new.key), now)
            except UnreadableItem as exc:
                _log.error("an answer stays as it is: %s", exc)
            except StoreRefused as exc:
                _log.error("the answer %s is set aside: %s", new.key, exc)
                outcomes[new.key] = "refused"
        return outcomes

    def known(self, keys: Collection[AnswerKey]) -> Mapping[AnswerKey, Answer]:
        """Return the stored answers, by key; an unreadable one is logged and left out.

        They may lag by a moment, which halves the cost of reading everything again: a write is
        conditional on the rev that was read, and a row that was left alone is read again.
        """
        try:
            return self.store.get_many(keys, may_lag=True)
        except UnreadableItem:
            return {key: answer for key in keys if (answer := self._readable(key)) is not None}

    def _readable(self, key: AnswerKey) -> Answer | None:
        try:
            return self.store.get(key)
        except UnreadableItem:
            return None

    def rematch(self, stored: Answer, now: datetime) -> Outcome:
        """Find the account of a stored answer again, after the directory has changed."""
        after = resolve(stored, self.rules, self.directory)
        if content_hash(after) == content_hash(stored):
            return "unchanged"
        written = self.store.put(self._fitted(_next(after, now)), stored.rev)
        return "updated" if written else "unchanged"

    def remove(self, stored: Answer, now: datetime, how: Removal) -> Outcome:
        """Mark an answer as deleted, or erase its person, because the source lacked it at `now`.

        Raises like `one`. A repeat finishes the work; once it is done, a repeat writes nothing.
        """
        return self._change(stored, lambda current: REMOVALS[how](current, now))

    def restore(self, stored: Answer, now: datetime) -> Outcome:
        """Count a deleted answer again, because an operator says so. Raises like `one`."""

        def again(current: Answer) -> Answer:
            after = restored(current, now)
            return after if after is current else resolve(after, self.rules, self.directory)

        return self._change(stored, again)

    def _change(self, stored: Answer, change: Callable[[Answer], Answer]) -> Outcome:
        """Write the changed answer, unless the change returns the same object."""
        current: Answer | None = stored
        for _ in range(_TRIES):
            if current is None:
                return "unchanged"
            after = change(current)
            if after is current:
                return "unchanged"
            if self.store.put(self._fitted(after), current.rev):
                return "updated"
            current = self.store.get(stored.key)
        raise Contended(f"{stored.key} was written by others {_TRIES} times in a row")

    def _store(self, incoming: Incoming, stored: Answer | None, now: datetime) -> Outcome:
        for _ in range(_TRIES):
            merged = merge(stored, incoming, self.metric, now)
            after = self._fitted(resolve(merged, self.rules, self.directory))
            if stored is not None and content_hash(after) == content_hash(stored):
                return "unchanged"
            if self.store.put(after, stored.rev if stored else None):
                return "updated" if stored else "created"
            stored = self.store.get(incoming.key)
        raise Contended(f"{incoming.key} was written by others {_TRIES} times in a row")

    def _fitted(self, answer: Answer) -> Answer:
        kept = fitted(answer, self.rules.names)
        if kept is not answer:
            _log.warning("the answer %s is too large, cut: %s", answer.key, ", ".join(kept.cut))
        return kept


def _next(answer: Answer, now: datetime) -> Answer:
    return replace(answer, rev=max(epoch_ms(now), answer.rev + 1))
