"""Undoes removals: the answer counts again, as it was."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from nps_core.answers.ingest import Ingest
from nps_core.sync.proof.brake import REMOVED
from nps_core.sync.proof.ports import ProofStore
from nps_core.sync.proof.suspects import Suspect
from nps_core.views.sync.removals import RemovalUndone, key_of


@dataclass(frozen=True, slots=True)
class Undo:
    """Bound to a connection. `since`: removals from then on; else those with these keys."""

    account_token: str
    proof_store: ProofStore
    ingest: Ingest
    keys: Sequence[str]
    since: datetime | None

    def chosen(self) -> list[Suspect]:
        """Return the removals that are meant, by the time of the answer."""
        removed = [one for one in self.proof_store.suspicions() if one.outcome in REMOVED]
        meant = [one for one in removed if self._is_meant(one)]
        return sorted(meant, key=lambda one: (one.second, one.key))

    def carry_out(
        self, removals: Iterable[Suspect], now: Callable[[], datetime], *, dry_run: bool
    ) -> list[RemovalUndone]:
        return [self._undo(one, now(), dry_run=dry_run) for one in removals]

    def _undo(self, one: Suspect, now: datetime, *, dry_run: bool) -> RemovalUndone:
        why = self._why_not(one)
        if why is None and not dry_run:
            stored = self.ingest.store.get(one.key)
            if stored is None:
                why = "the answer is not stored"
            else:
                # The answer first: a repeat finds the record as it was and finishes.
                self.ingest.restore(stored, now)
                self.proof_store.settle(one, "undone", now)
        return RemovalUndone(
            account_token=self.account_token,
            key=key_of(one),
            undone=why is None and not dry_run,
            why=why,
        )

    def _why_not(self, one: Suspect) -> str | None:
        if one.outcome == "erased":
            return "the person was erased in Wootric"
        return None if one.is_undoable else "its content was dropped after 30 days"

    def _is_meant(self, one: Suspect) -> bool:
        if self.since is not None:
            return one.settled_at is not None and one.settled_at >= self.since
        return key_of(one) in self.keys
