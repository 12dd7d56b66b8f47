"""The identity of a connection's account: the answers that it is known to have."""

from collections.abc import Callable, Container, Iterable
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


def known_answers(
    store: AnswerStore,
    state: SyncState,
    account_token: str,
    since: Callable[[], datetime | None] = lambda: None,
) -> KnownAnswers:
    """Return a look-up of the witnesses at a time; there are none before the first read.

    `since`: when an operator accepted that the account lacks all earlier answers.
    """

    def at(now: datetime, apart_from: Container[AnswerKey] = frozenset(), /) -> Iterable[Witness]:
        text = state.read_checkpoint("responses")
        if text is None:
            return ()
        first = datetime.fromtimestamp(StreamCheckpoint.from_json(text).backfill.from_s, UTC)
        accepted_at = since()
        found = witnesses(store, account_token, max(first, accepted_at or first), now, apart_from)
        return (
            found
            if accepted_at is None
            else (one for one in found if one.second >= accepted_at.timestamp())
        )

    return at
