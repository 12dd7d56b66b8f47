"""Port to gaps and suspects; the adapter and the fake pass the same contract tests."""

from datetime import datetime
from typing import Protocol

from nps_core.sync.proof.gaps import Gap
from nps_core.sync.proof.suspects import Suspect


class ProofStore(Protocol):
    """Gaps and suspects of one connection; `DynamoProofStore`."""

    def gaps(self) -> list[Gap]:
        """Return all gaps, closed ones included."""
        ...

    def put_gap(self, gap: Gap) -> None:
        """Write the gap, replacing its earlier state."""
        ...

    def close_gap(self, gap: Gap, at: datetime) -> None:
        """Record that the gap's range has been proven."""
        ...

    def suspects(self) -> list[Suspect]:
        """Return the suspects: answers that may be deleted."""
        ...

    def suspicions(self) -> list[Suspect]:
        """Return all suspicions, settled ones included."""
        ...

    def put_suspect(self, suspect: Suspect) -> None: ...

    def accept(self, suspect: Suspect, at: datetime) -> bool:
        """Record an operator's consent. Returns False if the suspicion is settled."""
        ...

    def settle(self, suspect: Suspect, outcome: str, at: datetime) -> None:
        """Record the outcome of a suspicion."""
        ...

    def forget(self, settled: Suspect, at: datetime) -> None:
        """Record that the content of a deleted answer was dropped."""
        ...
