"""Where gaps and suspects are kept; the adapter and the fake pass the same contract tests."""

from datetime import datetime
from typing import Protocol

from nps_core.sync.proof.gaps import Gap
from nps_core.sync.proof.suspects import Suspect


class ProofStore(Protocol):
    """What is not proven; `DynamoProofStore`."""

    def gaps(self) -> list[Gap]:
        """Return all gaps, closed ones too."""
        ...

    def put_gap(self, gap: Gap) -> None:
        """Write a gap as it is now."""
        ...

    def close_gap(self, gap: Gap, at: datetime) -> None:
        """Close a gap."""
        ...

    def suspects(self) -> list[Suspect]:
        """Return the suspects: answers that may be deleted."""
        ...

    def put_suspect(self, suspect: Suspect) -> None:
        """Note that an answer is missing at the source."""
        ...

    def settle(self, suspect: Suspect, outcome: str, at: datetime) -> None:
        """Note what became of it."""
        ...
