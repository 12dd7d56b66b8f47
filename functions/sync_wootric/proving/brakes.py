"""The brakes on removals: neither lists nor a 404 are believed on their own, nor many at once."""

from collections.abc import Collection, Container
from dataclasses import dataclass, field, replace

from nps_core.answers.ports import AnswerStore
from nps_core.connectors.wootric.protocol import row_ref
from nps_core.keys import AnswerKey
from nps_core.sync.identity import known_answers
from nps_core.sync.lists import STREAMS
from nps_core.sync.proof.audit import AuditState
from nps_core.sync.proof.brake import LEAST, most_in_a_day
from nps_core.sync.proof.gaps import Gap, GapKind
from nps_core.sync.proof.suspects import Suspect
from nps_core.sync.proof.witnesses import FEWEST
from nps_core.sync.reading.checkpoint import StreamCheckpoint
from sync_wootric.proving.gaps import Gaps
from sync_wootric.run import Run

_NO_WITNESS = (
    "an answer is gone at the source, and so is every other that was looked up, so nothing is"
    " removed. Check that the credentials are those of this account; if no other answer is left"
    " there, `nps sync removals accept` removes them"
)


@dataclass(slots=True)
class Brakes:
    """The brakes of a run."""

    run: Run
    gaps: Gaps
    store: AnswerStore
    weight: int
    """Answers suspected, or removed in the last day, that no operator has accepted."""
    _most: int | None = field(default=None, init=False)
    _is_witnessed: bool | None = field(default=None, init=False)
    """Whether another answer was found; None before the run has looked."""

    @property
    def are_on(self) -> bool:
        """Whether so many answers are suspected that an operator must confirm their removal."""
        if self.weight <= LEAST:
            return False
        if self._most is None:
            self._most = most_in_a_day(self._stored())
        return self.weight > self._most

    def hold(self, suspect: Suspect) -> bool:
        """Whether the suspect waits for an operator."""
        return suspect.accepted_at is None and self.are_on

    def tell(self, suspects: Collection[Suspect]) -> None:
        """Keep one gap open while the brake is on; its range and number follow the suspects."""
        known = next(iter(self.gaps.open_gaps(kind="brake")), None)
        waiting = [suspect.second for suspect in suspects if suspect.accepted_at is None]
        if not self.are_on or not waiting:
            self._close("brake")
            return
        reason = (
            f"{self.weight:,} answers seem to be deleted, more than {self._most:,} a day are not"
            " removed without an operator. `nps sync removals list` shows them. If they are"
            " wanted: `nps sync removals accept`; if not, check the account and the credentials"
        )
        if known is None:
            self._open("brake", min(waiting), max(waiting) + 1, reason)
        elif (known.to_s, known.reason) != (max(waiting) + 1, reason):
            self.gaps.put(replace(known, to_s=max(waiting) + 1, reason=reason))

    def _stored(self) -> int:
        """Return how many answers are stored, at least: as read at first, or as last counted."""
        read_checkpoint = self.run.state.read_checkpoint
        texts = [read_checkpoint(stream) for stream in STREAMS]
        read = sum(StreamCheckpoint.from_json(text).backfill.rows for text in texts if text)
        audit = read_checkpoint("audit")
        proof = AuditState.from_json(audit).proof if audit else None
        return max(read, proof.stored.n if proof else 0)

    def has_no_witness_for(self, suspect: Suspect) -> bool:
        """Whether the suspect needs a witness and this run has looked and found none."""
        return self._is_witnessed is False and suspect.accepted_at is None

    def is_witnessed(self, suspect: Suspect, doubtful: Container[AnswerKey]) -> bool:
        """Whether the source still shows some other stored answer by its id.

        Once per run: the look-up stands directly before the first removal. Without a witness a gap
        is open until a later run finds one. Where too few others are stored, none is needed.
        """
        if self._is_witnessed is None:
            self._is_witnessed = self._is_any_shown(doubtful)
            if self._is_witnessed:
                self._close("witness")
            elif not self.gaps.open_gaps(kind="witness"):
                self._open("witness", suspect.second, suspect.second + 1, _NO_WITNESS)
        return self._is_witnessed

    def _is_any_shown(self, doubtful: Container[AnswerKey]) -> bool:
        run = self.run
        look_up = known_answers(self.store, run.state, run.settings.account_token)
        missed = 0
        for witness in look_up(run.clock.at(), doubtful):
            row = run.source.one(witness.path)
            if row is not None and witness.is_shown_by(row_ref(row)):
                return True
            missed += 1
        return missed < FEWEST

    def _open(self, kind: GapKind, from_s: int, to_s: int, reason: str) -> None:
        now, run_id = self.run.clock.at(), self.run.grant.run_id
        self.gaps.open(Gap("responses", kind, from_s, to_s, reason, now, run_id))

    def _close(self, kind: GapKind) -> None:
        for gap in self.gaps.open_gaps(kind=kind):
            self.gaps.close(gap)
