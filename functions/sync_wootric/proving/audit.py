"""Proves completeness by comparing counts, and re-reads only the days that differ.

One request compares half a year. Counts cannot show a changed text, tag or note; sweeps find those.
Repeating is harmless; the next run continues an audit that was cut short.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from nps_core.sync.proof.audit import AuditState, Proof
from nps_core.sync.proof.counting import Days, differing, each_day, joined
from nps_core.sync.proof.gaps import Gap
from nps_core.sync.reading.cursor import Position
from sync_wootric.proving.counts import CountCheck, SourceCounter
from sync_wootric.proving.gaps import Gaps
from sync_wootric.reading.lists import StreamReader
from sync_wootric.run import Run

_NAME = "audit"
_SAVED_EVERY = 10
_MANY = 5
"""If this many days still differ after a re-read, the cause is common, such as a wrong time
zone."""


@dataclass(slots=True)
class Auditor:
    """The audit of a run, with its state as last saved.

    `reader` reads the responses. `let_live_reads_run` is called between pages.
    """

    run: Run
    reader: StreamReader
    gaps: Gaps
    counts: CountCheck
    state: AuditState
    let_live_reads_run: Callable[[], None]

    @property
    def has_to_reread(self) -> bool:
        """Whether a comparison left ranges to re-read."""
        return bool(self.state.todo)

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

    def compare_if_due(self, asked_at: str, now: datetime) -> None:
        """Compare the whole range if it is due or an operator asked, but not during an audit."""
        is_asked = asked_at > self.state.asked_at
        if not self.has_to_reread and (is_asked or self.state.is_due(now)):
            self._compare(now, thoroughly=is_asked)
            self._save(replace(self.state, asked_at=max(asked_at, self.state.asked_at)))

    def compare_by_day_if_due(self, now: datetime) -> None:
        """Compare day by day, once a night."""
        if self.state.is_by_day_due(now, self.reader.checkpoint.backfill.started_at):
            self._compare_by_day(now)

    def reread(self) -> None:
        """Re-read the ranges that differ, then compare them once more."""
        while self.has_to_reread:
            self.let_live_reads_run()
            self._read_page()
        self._prove(self.run.clock.at())

    def preview(self) -> Mapping[str, Any]:
        """Compare, and return the days that an audit would re-read. Stores nothing."""
        days = self.counts.days()
        if days is None:
            return {"days": None, "differing": []}
        stored, ask = self.counts.stored(days), SourceCounter(self.run)
        todo = differing(stored, ask, thoroughly=True)
        return {
            "days": [day.isoformat() for day in days],
            "source": ask.whole_range._asdict(),
            "stored": stored.of(days)._asdict(),
            "differing": [[day.isoformat() for day in ends] for ends in todo],
            "requests": sum(stored.pages(ends) for ends in todo),
        }

    def _compare_by_day(self, now: datetime) -> None:
        """Compare day by day: changes that cancel out over a longer range show up here.

        The nightly sweep reads the last days anyway. Where reading takes no more requests than
        counting, re-read everything instead. The state is saved on the way, because the comparison
        takes long.
        """
        days = self.counts.older_days(now)
        if days is None:
            return
        stored = self.counts.stored(days)
        if not stored.by_day_is_cheaper():
            self._save(replace(self.state, by_day_at=now, next_day=None, is_small=True))
            return
        next_day = self.state.next_day or days.first
        began_at = self.state.by_day_at if self.state.next_day else now
        todo = self.state.todo
        for day in each_day(Days(max(next_day, days.first), days.last)):
            self.let_live_reads_run()
            self.run.time.require()
            single = Days(day, day)
            if self.run.source.count(single) != stored.of(single):
                todo = (*todo, single)
            if day.toordinal() % _SAVED_EVERY == 0:
                self._save(replace(self.state, by_day_at=began_at, next_day=day, todo=todo))
        ended = replace(self.state, by_day_at=began_at, next_day=None, reread=(), is_small=False)
        self._save(replace(ended, todo=tuple(joined(todo))))

    def _compare(self, now: datetime, *, thoroughly: bool) -> None:
        """Find the ranges to re-read. The caller saves them, so a crash repeats the comparison."""
        self.state = replace(self.state, begun_at=now, reread=())
        days = self.counts.days()
        if days is None:
            return
        stored, ask = self.counts.stored(days), SourceCounter(self.run)
        todo = differing(stored, ask, thoroughly=thoroughly)
        proof = Proof(now, days, ask.whole_range, stored.of(days))
        self.state = replace(self.state, proof=proof, todo=tuple(todo), position=None)

    def _read_page(self) -> None:
        """Read one page of the first range to re-read."""
        position = self.state.position
        if position is None:
            from_s, to_s = self.state.todo[0].seconds(self.run.settings.zone)
            position = Position(from_s, end=to_s)
        after = self.reader.read(position, compares=True).step.position
        self._save(self.state.after_range() if after.done else replace(self.state, position=after))

    def _prove(self, now: datetime) -> None:
        """Compare once more; days that still differ after the re-read become gaps."""
        days = self.counts.days()
        if days is None:
            return
        stored, ask = self.counts.stored(days), SourceCounter(self.run)
        # Differences outside these ranges are changes since then, left to the next audit.
        still = [
            day
            for day in differing(stored, ask, to_the_day=True)
            if any(again.first <= day.first <= again.last for again in self.state.reread)
        ]
        if len(still) > _MANY:
            self._open_gap(Days(still[0].first, still[-1].last), f"{len(still)} days", now)
        else:
            for day in still:
                self._open_gap(day, str(day.first), now)
        reread = sum(again.length for again in self.state.reread)
        proof = Proof(now, days, ask.whole_range, stored.of(days), reread)
        self._save(replace(self.state, proof=proof))

    def _open_gap(self, days: Days, name: str, now: datetime) -> None:
        source, stored = self.counts.both_sides(days)
        extra = source.minus(stored)
        from_s, to_s = days.seconds(self.run.settings.zone)
        known = self.gaps.find("responses", "counts", from_s)
        difference = known.difference.plus(extra) if known else extra
        hint = "; check the account's time zone" if days.length > 1 else ""
        reason = (
            f"{name}: the source counts {difference.promoters:+d} promoters,"
            f" {difference.passives:+d} passives, {difference.detractors:+d} detractors"
            f" beside what is stored, also after reading again{hint}"
        )
        gap = Gap(
            "responses",
            "counts",
            from_s,
            to_s,
            reason,
            found_at=now,
            run_id=self.run.grant.run_id,
            difference=difference,
            tries=1,
            tried_at=now,
        )
        if known:
            self.gaps.put(replace(known, difference=difference, reason=reason))
        else:
            self.gaps.open(gap)

    def _save(self, state: AuditState) -> None:
        self.run.state.save_checkpoint(self.run.grant, _NAME, state.to_json())
        self.state = state


def open_audit(run: Run) -> AuditState:
    """Claim and read the state of the audit. Raises LeaseLost."""
    text = run.state.open_checkpoint(run.grant, _NAME)
    return AuditState.from_json(text) if text else AuditState()
