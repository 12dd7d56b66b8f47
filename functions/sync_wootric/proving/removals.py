"""Finds out what the source has deleted: nobody tells, so it is concluded with care.

A stored answer that a complete listing of its second lacks is under suspicion. After a day a
second listing that lacks it as well, and a 404 for its id, prove it: the answer becomes a
tombstone. If its person is gone too, it was an erasure: who they are and what they wrote goes, the
vote stays. Whatever the source lists again is under no suspicion any more.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from nps_core.answers.models import Listed
from nps_core.customers.ports import People
from nps_core.keys import AnswerKey
from nps_core.observability import logger
from nps_core.sync.lists import KINDS, STREAMS, Stream
from nps_core.sync.proof.ports import ProofStore
from nps_core.sync.proof.suspects import SETTLED, Suspect
from nps_core.sync.reading.cursor import Covered
from sync_wootric.reading.pages import RowStore
from sync_wootric.run import Run


@dataclass(slots=True)
class Removals:
    """Suspicions of a connection as a run knows them: read once, written through."""

    run: Run
    rows: RowStore
    proof_store: ProofStore
    people: People
    suspects: dict[AnswerKey, Suspect] = field(default_factory=dict)
    looked_at: set[AnswerKey] = field(default_factory=set)
    """Those that this run has looked at again; once a run is enough."""

    @classmethod
    def read(cls, run: Run, rows: RowStore, proof_store: ProofStore, people: People) -> "Removals":
        """Read the suspicions of the connection."""
        return cls(run, rows, proof_store, people, {one.key: one for one in proof_store.suspects()})

    def due(self) -> tuple[Stream, int] | None:
        """Return a stream and second to list again because of a suspicion that is a day old."""
        for one in self.suspects.values():
            if one.is_due(self.run.clock.at()) and one.key not in self.looked_at:
                self.looked_at.add(one.key)
                return _stream(one.key), one.second
        return None

    def compare(self, stream: Stream, covered: Covered, asked_at: datetime) -> None:
        """Compare what is stored with a stretch that was listed in full at `asked_at`."""
        start = datetime.fromtimestamp(covered.from_s, UTC)
        end = asked_at - SETTLED
        if covered.to_s is not None:
            end = min(end, datetime.fromtimestamp(covered.to_s, UTC))
        if start >= end:
            return
        store, token = self.rows.ingest.store, self.rows.account_token
        for one in store.between(token, KINDS[stream], start, end):
            known = self.suspects.get(one.key)
            if one.key.id in covered.ids:
                if known is not None:
                    self._settle(known, "listed again")
            elif not one.deleted and not one.erased:
                self._missing(one, known, asked_at)

    def _missing(self, one: Listed, known: Suspect | None, asked_at: datetime) -> None:
        if known is None:
            second = int(one.answered_at.timestamp())
            suspect = Suspect(one.key, second, one.end_user_id, asked_at)
            self.proof_store.put_suspect(suspect)
            self.suspects[one.key] = suspect
        elif known.is_due(asked_at):
            self._confirm(known, asked_at)

    def _confirm(self, suspect: Suspect, now: datetime) -> None:
        """Ask for the id; without its person there is no way to ask, and the suspicion stays."""
        user, stream = suspect.end_user_id, _stream(suspect.key)
        stored = self.rows.ingest.store.get(suspect.key)
        if user is None or stored is None:
            return
        row = self.run.source.one(f"end_users/{user}/{stream}/{suspect.key.id}")
        if row is not None:
            self.run.count(1, self.rows.take(stream, [row], now), is_response=stream == "responses")
            self._settle(suspect, "listed again")
        elif self.run.source.one(f"end_users/{user}") is None:
            self.rows.ingest.remove(stored, now, "erased")
            self.people.erase(user)
            self._settle(suspect, "erased")
        else:
            self.rows.ingest.remove(stored, now, "deleted")
            self._settle(suspect, "deleted")

    def _settle(self, suspect: Suspect, outcome: str) -> None:
        self.proof_store.settle(suspect, outcome, self.run.clock.at())
        del self.suspects[suspect.key]
        if outcome != "listed again":
            self.run.record.deleted += 1
            logger.info("answer removed", extra={"answer": str(suspect.key), "how": outcome})


def _stream(key: AnswerKey) -> Stream:
    return next(stream for stream in STREAMS if KINDS[stream] == key.kind)
