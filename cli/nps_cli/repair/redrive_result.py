"""The result of a redrive of one kind."""

from collections import Counter
from dataclasses import dataclass, field

from nps_core.views.repair import RedriveRow


@dataclass(slots=True)
class RedriveResult:
    """Counts, and reasons for what stayed. found = redriven + left + failed."""

    what: str
    redriven: int = 0
    left: Counter[str] = field(default_factory=Counter)
    """Number by reason. They stay until the software or a person changes something."""
    failed: Counter[str] = field(default_factory=Counter)
    """Number by reason. A later redrive may succeed."""

    def row(self, *, dry_run: bool) -> RedriveRow:
        left, failed = self.left.total(), self.failed.total()
        return RedriveRow(
            what=self.what,
            found=self.redriven + left + failed,
            redriven=self.redriven,
            left=left,
            failed=failed,
            dry_run=dry_run,
        )

    def remarks(self) -> list[str]:
        """Return one line per reason, without content of payloads."""
        return [
            f"{self.what}: {count:,} {fate}, {reason}"
            for fate, reasons in (("left", self.left), ("failed", self.failed))
            for reason, count in reasons.most_common()
        ]
