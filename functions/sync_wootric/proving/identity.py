"""The identity of a connection's account: the answers that it is known to have."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from nps_core.answers.ports import AnswerStore
from nps_core.sync.ports import SyncState
from nps_core.sync.proof.witnesses import Witness, witnesses
from nps_core.sync.reading.checkpoint import StreamCheckpoint


def known_answers(
    store: AnswerStore, state: SyncState, account_token: str
) -> Callable[[datetime], Iterable[Witness]]:
    """Return a look-up of the witnesses at a time; there are none before the first read."""

    def at(now: datetime) -> Iterable[Witness]:
        text = state.read_checkpoint("responses")
        if text is None:
            return ()
        from_s = StreamCheckpoint.from_json(text).backfill.from_s
        return witnesses(store, account_token, datetime.fromtimestamp(from_s, UTC), now)

    return at
