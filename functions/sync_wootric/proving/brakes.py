"""The brakes on removals: no list and no single 404 is believed on its own."""

from collections.abc import Container
from dataclasses import dataclass, field

from nps_core.answers.ports import AnswerStore
from nps_core.connectors.wootric.protocol import row_ref
from nps_core.keys import AnswerKey
from nps_core.sync.proof.gaps import Gap
from nps_core.sync.proof.suspects import Suspect
from sync_wootric.proving.gaps import Gaps
from sync_wootric.proving.identity import known_answers
from sync_wootric.run import Run

_NO_WITNESS = (
    "an answer is gone at the source, and so is every other that was looked up, so nothing is"
    " removed. Check that the credentials are those of this account"
)


@dataclass(slots=True)
class Brakes:
    """The brakes of a run."""

    run: Run
    gaps: Gaps
    store: AnswerStore
    _is_witnessed: bool | None = field(default=None, init=False)
    """Whether another answer was found; None before the run has looked."""

    @property
    def has_no_witness(self) -> bool:
        """Whether this run has looked for another answer and found none."""
        return self._is_witnessed is False

    def is_witnessed(self, suspect: Suspect, doubtful: Container[AnswerKey]) -> bool:
        """Whether the source still shows some other stored answer by its id.

        Once per run: the look-up stands directly before the first removal. Without a witness a gap
        is open until a later run finds one.
        """
        if self._is_witnessed is None:
            self._is_witnessed = self._is_any_shown(doubtful)
            if self._is_witnessed:
                self._close()
            elif not self.gaps.open_gaps(kind="witness"):
                self._open(suspect)
        return self._is_witnessed

    def _is_any_shown(self, doubtful: Container[AnswerKey]) -> bool:
        run = self.run
        look_up = known_answers(self.store, run.state, run.settings.account_token)
        for witness in look_up(run.clock.at(), doubtful):
            row = run.source.one(witness.path)
            if row is not None and witness.is_shown_by(row_ref(row)):
                return True
        return False

    def _open(self, suspect: Suspect) -> None:
        second, now, run_id = suspect.second, self.run.clock.at(), self.run.grant.run_id
        gap = Gap("responses", "witness", second, second + 1, _NO_WITNESS, now, run_id)
        self.gaps.open(gap)

    def _close(self) -> None:
        for gap in self.gaps.open_gaps(kind="witness"):
            self.gaps.close(gap)
