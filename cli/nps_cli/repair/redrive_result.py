"""What a redrive did with one kind of thing."""

from collections import Counter
from dataclasses import dataclass, field

from nps_core.views.repair import RedriveRow


@dataclass(slots=True)
class RedriveResult:
    """Counts, and why things stayed. found = redriven + left + failed."""

    what: str
    redriven: int = 0
    left: Counter[str] = field(default_factory=Counter)
    """Stay until the software or a person changes something, by reason."""
    failed: Counter[str] = field(default_factory=Counter)
    """Could have gone, and did not, by reason."""

    def row(self, *, dry_run: bool) -> RedriveRow:
        """Return the counts."""
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
        """Return a line per reason. No content of anything."""
        return [
            f"{self.what}: {count:,} {fate}, {reason}"
            for fate, reasons in (("left", self.left), ("failed", self.failed))
            for reason, count in reasons.most_common()
        ]
