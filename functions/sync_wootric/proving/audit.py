"""Proves completeness by comparing counts: a proof and an alarm, never a search.

Every hour all days are counted, today included, by two requests. A difference is no alarm yet: the
round finds its cause. After a round has re-read a month, the month is counted; if it differs then,
it is re-read once more, and a difference that is left is a gap. Repeating is harmless.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from nps_core.sync.proof.audit import AuditState, Proof
from nps_core.sync.proof.gaps import Gap
from nps_core.sync.reading.sweeps import Sweep
from sync_wootric.proving.counts import CountCheck
from sync_wootric.proving.gaps import Gaps
from sync_wootric.reading.lists import StreamReader
from sync_wootric.run import Run

_NAME = "audit"


@dataclass(slots=True)
class Auditor:
    """The audit of a run, with its state as last saved. `reader` reads the responses."""

    run: Run
    reader: StreamReader
    gaps: Gaps
    counts: CountCheck
    state: AuditState

    def probe(self) -> None:
        """Check, once a day, whether the source can list answers by the time of change."""
        now = self.run.clock.at()
        if self.state.needs_probe(now) and self.reader.checkpoint.backfill.rows:
            lists_changes = self.reader.probe_changes()
            self._save(replace(self.state, lists_changes=lists_changes, probed_at=now))

    def forget_probe(self) -> None:
        """Discard a probe that a live pass has disproved; the next probe asks again."""
        if self.state.lists_changes and not self.reader.lists_changes:
            self._save(replace(self.state, lists_changes=False))

    def compare_if_due(self, asked_at: str) -> bool:
        """Count if it is due or an operator asked. Returns whether a request found a difference.

        A difference of today is looked at in every tick: an answer may have come between its list
        and the count, and one day costs next to nothing.
        """
        is_asked = asked_at > self.state.asked_at
        if is_asked or self.state.is_due(self.run.clock.at()):
            self._compare(max(asked_at, self.state.asked_at))
            return is_asked and not self.state.holds
        self._look_at_today()
        return False

    def compare_again(self, *, has_read_months: bool) -> None:
        """Count again what differed and has been re-read since: the cause may be found."""
        if has_read_months and not self.state.holds:
            self._compare(self.state.asked_at)
        else:
            self._look_at_today()

    def month_is_read(self, month: Sweep) -> bool:
        """Count a month that the round has re-read. Returns whether to re-read it once more."""
        zone = self.run.settings.zone
        from_s, to_s = month.month(self.reader.checkpoint.backfill.from_s, zone)
        days = self.counts.days_of(from_s, to_s)
        if days is None:
            return False
        self.run.time.require()
        proof = self.counts.compare_listed(days)
        if not proof.holds and not month.is_repeat:
            return True
        known = [
            gap for gap in self.gaps.open_gaps("responses", "counts") if from_s <= gap.from_s < to_s
        ]
        self._conclude(proof, known)
        return False

    def preview(self) -> Mapping[str, Any]:
        """Compare all whole days. Stores nothing."""
        days = self.counts.days()
        if days is None:
            return {"days": None}
        proof = self.counts.compare(days)
        return {
            "days": [day.isoformat() for day in days],
            "source": proof.source._asdict(),
            "stored": proof.stored._asdict(),
        }

    def _compare(self, asked_at: str) -> None:
        now, days = self.run.clock.at(), self.counts.days()
        proof, today = self.counts.compare(days) if days else None, self._of_today()
        self._save(replace(self.state, proof=proof, today=today, begun_at=now, asked_at=asked_at))

    def _look_at_today(self) -> None:
        if self.state.today is not None and not self.state.today.holds:
            self._save(replace(self.state, today=self._of_today()))

    def _of_today(self) -> Proof | None:
        today = self.counts.today()
        return self.counts.compare(today) if today else None

    def _conclude(self, proof: Proof, known: list[Gap]) -> None:
        """Open, keep or close the gaps of a month that has been re-read and counted."""
        left = proof.source.minus(proof.stored)
        from_s, to_s = proof.days.seconds(self.run.settings.zone)
        for gap in known:
            if proof.holds or gap.from_s != from_s:
                self.gaps.close(gap)
        if proof.holds:
            return
        reason = (
            f"{_name(proof)}: the source counts {left.promoters:+d} promoters,"
            f" {left.passives:+d} passives, {left.detractors:+d} detractors"
            " beside what is stored, also after reading again"
        )
        same = self.gaps.find("responses", "counts", from_s)
        if same is None:
            new = Gap("responses", "counts", from_s, to_s, reason, proof.at, self.run.grant.run_id)
            self.gaps.open(replace(new, difference=left))
        elif (same.difference, same.to_s) != (left, to_s):
            self.gaps.put(replace(same, to_s=to_s, difference=left, reason=reason))

    def _save(self, state: AuditState) -> None:
        self.run.state.save_checkpoint(self.run.grant, _NAME, state.to_json())
        self.state = state


def _name(proof: Proof) -> str:
    first, last = proof.days
    return str(first) if first == last else f"{first} to {last}"


def open_audit(run: Run) -> AuditState:
    """Claim and read the state of the audit. Raises LeaseLost."""
    text = run.state.open_checkpoint(run.grant, _NAME)
    return AuditState.from_json(text) if text else AuditState()
