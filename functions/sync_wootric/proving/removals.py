"""Concludes, with care, which answers the source has deleted: it never reports a deletion.

A stored answer becomes a suspect when a complete listing of its second lacks it. A second such
listing a day later and a 404 for its id prove the removal, if the source still shows some other
stored answer by its id: the answer becomes a tombstone. If its
person is gone too, it was an erasure: identity and comment are dropped, the vote stays, and what
else is missing of this person waits for no second listing. An answer that the source lists again is
no longer a suspect. The content of a deleted answer stays in its tombstone for 30 days, so that an
operator can undo the removal.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from nps_core.answers.models import Answer, Listed
from nps_core.answers.removal import Removal
from nps_core.connectors.wootric.protocol import row_ref
from nps_core.customers.ports import People
from nps_core.errors import SourceRejected
from nps_core.keys import AnswerKey
from nps_core.observability import logger
from nps_core.sync.lists import KINDS, STREAMS, Stream
from nps_core.sync.proof.brake import REMOVED, weigh
from nps_core.sync.proof.ports import ProofStore
from nps_core.sync.proof.suspects import SETTLED, Suspect
from nps_core.sync.reading.cursor import Covered
from sync_wootric.proving.brakes import Brakes
from sync_wootric.proving.gaps import Gaps
from sync_wootric.reading.pages import PageStore
from sync_wootric.run import Run

_FORGOTTEN_AT_ONCE = 200
"""Less than the lease allows without a renewal."""


@dataclass(frozen=True, slots=True)
class Removals:
    """The suspects of a connection during a run: read once, written through."""

    run: Run
    pages: PageStore
    proof_store: ProofStore
    people: People
    suspects: dict[AnswerKey, Suspect]
    brakes: Brakes
    tombstones: dict[AnswerKey, Suspect]
    """Deleted answers whose content is still there."""
    erased_people: set[str]
    """Persons who were gone at the source when an answer of theirs was proven to be."""
    _rechecked: set[AnswerKey] = field(default_factory=set, init=False)
    """Suspects whose second this run has listed again; once per run is enough."""

    @classmethod
    def read(cls, run: Run, gaps: Gaps, pages: PageStore, people: People) -> "Removals":
        proof_store = gaps.proof_store
        every = proof_store.suspicions()
        suspects = {one.key: one for one in every if one.is_open}
        brakes = Brakes(run, gaps, pages.ingest.store, weigh(every, run.clock.at()))
        erased = {one.end_user_id for one in every if one.outcome == "erased" and one.end_user_id}
        tombstones = {one.key: one for one in every if one.is_undoable}
        return cls(run, pages, proof_store, people, suspects, brakes, tombstones, erased)

    @property
    def left_out(self) -> Container[AnswerKey]:
        """Stored answers that the source is not expected to count.

        Those under the brake stay in: else the counts agree with whatever the lists show.
        """
        return () if self.brakes.are_on else self.suspects

    def take_due(self) -> tuple[Stream, int] | None:
        """Return the stream and second of a suspect that is due; each suspect only once.

        Those that wait for a witness or an operator are left to the sweeps, which list everything
        again.
        """
        for suspect in list(self.suspects.values()):
            waits = self.brakes.hold(suspect) or self.brakes.has_no_witness_for(suspect)
            is_new = suspect.key not in self._rechecked and not waits
            if is_new and self._is_due(suspect, self.run.clock.at()):
                self._rechecked.add(suspect.key)
                if not self._ends_here(suspect):
                    return _stream(suspect.key), suspect.second
        return None

    def compare(self, stream: Stream, covered: Covered, asked_at: datetime) -> None:
        """Compare the stored answers with a stretch that was listed in full at `asked_at`."""
        start = datetime.fromtimestamp(covered.from_s, UTC)
        end = asked_at - SETTLED
        if covered.to_s is not None:
            end = min(end, datetime.fromtimestamp(covered.to_s, UTC))
        if start >= end:
            return
        store, token = self.pages.ingest.store, self.pages.account_token
        weight = self.brakes.weight
        for answer in store.between(token, KINDS[stream], start, end):
            suspect = self.suspects.get(answer.key)
            if answer.key.id in covered.ids:
                if suspect is not None:
                    self._settle(suspect, "listed again")
            elif not answer.deleted and not answer.erased:
                self._not_listed(answer, suspect, asked_at)
            elif suspect is not None:
                self._finish(suspect, "erased" if answer.erased else "deleted")
        if self.brakes.weight != weight:
            self.tell()

    def tell(self) -> None:
        """Open, update or close the gap of the brake."""
        self.brakes.tell(self.suspects.values())

    def _not_listed(self, answer: Listed, suspect: Suspect | None, asked_at: datetime) -> None:
        if suspect is None:
            self.run.time.require()
            second = int(answer.answered_at.timestamp())
            suspect = Suspect(answer.key, second, answer.end_user_id, asked_at)
            self.proof_store.put_suspect(suspect)
            self.suspects[answer.key] = suspect
            self.brakes.weight += 1
        if self._is_due(suspect, asked_at) and not self.brakes.hold(suspect):
            self._confirm(suspect, asked_at)

    def _is_due(self, suspect: Suspect, at: datetime) -> bool:
        return suspect.is_due(at) or suspect.end_user_id in self.erased_people

    def _ends_here(self, suspect: Suspect) -> bool:
        """Settle a suspect that no listing of its second can: it is not stored, or not there."""
        stored = self.pages.ingest.store.get(suspect.key)
        if stored is None:
            self._settle(suspect, "not stored")
        elif int(stored.answered_at.timestamp()) != suspect.second:
            self._settle(suspect, "listed again")  # a row has moved it since
        return suspect.key not in self.suspects

    def _confirm(self, suspect: Suspect, now: datetime) -> None:
        """Look up the id, then a witness, then the person."""
        user, stream = suspect.end_user_id, _stream(suspect.key)
        stored = self.pages.ingest.store.get(suspect.key)
        if stored is None:
            self._settle(suspect, "not stored")
            return
        if stored.rest_at is not None and stored.rest_at > suspect.missed_at:
            self._settle(suspect, "listed again")  # read, or restored by an operator, since
            return
        row = self._look_up(suspect)
        if row is not None:
            self.run.journal.add_rows(stream, 1, self.pages.store(stream, [row], now))
            self._settle(suspect, "listed again")
        elif suspect.accepted_at is None and not self.brakes.is_witnessed(suspect, self.suspects):
            return
        elif user is not None and self.run.source.one(f"end_users/{user}") is None:
            # The person first: a run that dies in between finds the suspect and repeats the rest.
            self._erase_person(user)
            self._remove(suspect, stored, now, "erased")
        elif suspect.is_due(now):  # else the person is back, and only a second look proves it
            self._remove(suspect, stored, now, "deleted")

    def _remove(self, suspect: Suspect, stored: Answer, now: datetime, how: Removal) -> None:
        """Remove the answer, unless a row that was read after `now` shows it."""
        is_removed = self.pages.ingest.remove(stored, now, how) == "updated"
        self._settle(suspect, how if is_removed else "listed again")

    def _erase_person(self, user: str) -> None:
        """Drop the profile, and what tombstones keep of the person."""
        self.people.erase(user)
        self._forget([one for one in self.tombstones.values() if one.end_user_id == user])
        self.erased_people.add(user)

    def forget_old(self) -> None:
        """Drop the content of tombstones that have kept it for 30 days, some in each run."""
        now = self.run.clock.at()
        old = (one for one in self.tombstones.values() if one.is_to_forget(now))
        self._forget(list(islice(old, _FORGOTTEN_AT_ONCE)))

    def _forget(self, tombstones: Iterable[Suspect]) -> None:
        """Drop the content of deleted answers, the answer first: a run that dies repeats it."""
        for tombstone in tombstones:
            now = self.run.clock.at()
            stored = self.pages.ingest.store.get(tombstone.key)
            if stored is not None and stored.deleted:
                self.pages.ingest.remove(stored, now, "erased")
            self.proof_store.forget(tombstone, now)
            del self.tombstones[tombstone.key]

    def _look_up(self, suspect: Suspect) -> dict[str, Any] | None:
        """Return the source's record of the answer; None if it has none.

        Without a person there is no documented address for it. A refusal then proves nothing, and
        the two listings and the witness decide.
        """
        user, listing, row_id = suspect.end_user_id, _stream(suspect.key), suspect.key.id
        if user is not None:
            return self.run.source.one(f"end_users/{user}/{listing}/{row_id}")
        try:
            row = self.run.source.one(f"{listing}/{row_id}")
        except SourceRejected:
            return None
        return row if row is not None and row_ref(row).id == row_id else None

    def _finish(self, suspect: Suspect, how: Removal) -> None:
        """Finish the removal of an answer that is a tombstone already: a run died before the rest.

        An earlier version wrote the tombstone before it erased the profile.
        """
        if how == "erased" and suspect.end_user_id is not None:
            self._erase_person(suspect.end_user_id)
        self._settle(suspect, how)

    def _settle(self, suspect: Suspect, outcome: str) -> None:
        at = self.run.clock.at()
        self.proof_store.settle(suspect, outcome, at)
        del self.suspects[suspect.key]
        if outcome == "deleted":
            self.tombstones[suspect.key] = replace(suspect, outcome=outcome, settled_at=at)
        if outcome not in REMOVED:
            self.brakes.weight -= suspect.accepted_at is None
        else:
            self.run.journal.add_removal()
            logger.info("answer removed", extra={"answer": str(suspect.key), "how": outcome})


def _stream(key: AnswerKey) -> Stream:
    return next(stream for stream in STREAMS if KINDS[stream] == key.kind)
