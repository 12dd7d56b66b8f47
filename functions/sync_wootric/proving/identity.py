"""The identity of a connection's account: the answers that it is known to have."""

from collections.abc import Container, Iterable
from datetime import UTC, datetime
from typing import Protocol

from nps_core.answers.ports import AnswerStore
from nps_core.keys import AnswerKey
from nps_core.sync.ports import SyncState
from nps_core.sync.proof.witnesses import Witness, witnesses
from nps_core.sync.reading.checkpoint import StreamCheckpoint


class KnownAnswers(Protocol):
    """A look-up of the witnesses at a time, apart from answers that are themselves in doubt."""

    def __call__(
        self, now: datetime, apart_from: Container[AnswerKey] = frozenset(), /
    ) -> Iterable[Witness]: ...


def known_answers(store: AnswerStore, state: SyncState, account_token: str) -> KnownAnswers:
    """Return a look-up of the witnesses at a time; there are none before the first read."""

    def at(now: datetime, apart_from: Container[AnswerKey] = frozenset(), /) -> Iterable[Witness]:
        text = state.read_checkpoint("responses")
        if text is None:
            return ()
        from_s = StreamCheckpoint.from_json(text).backfill.from_s
        return witnesses(store, account_token, datetime.fromtimestamp(from_s, UTC), now, apart_from)

    return at
