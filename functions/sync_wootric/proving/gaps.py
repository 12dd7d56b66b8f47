"""The gaps of a connection during a run: read once, written through."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from nps_core.observability import logger
from nps_core.sync.lists import Stream
from nps_core.sync.proof.gaps import UNREAD_FOR, Gap, GapKind
from nps_core.sync.proof.ports import ProofStore
from sync_wootric.run import Run

_Name = tuple[Stream, GapKind, int]


@dataclass(frozen=True, slots=True)
class Gaps:
    """All gaps, closed ones too, by stream, kind and start."""

    run: Run
    proof_store: ProofStore
    by_name: dict[_Name, Gap]

    @classmethod
    def read(cls, run: Run, proof_store: ProofStore) -> "Gaps":
        gaps = cls(run, proof_store, {_name(gap): gap for gap in proof_store.gaps()})
        gaps._count()
        return gaps

    def open(self, gap: Gap) -> None:
        """Record a gap and warn about it, unless it is open already.

        A second that was too full stays too full. Once it has been proven in another way, every
        sweep reports it again, and the counts of its day verify it.
        """
        is_settled = gap.kind == "second" and _name(gap) in self.by_name
        if not is_settled and self.find(*_name(gap)) is None:
            self.put(gap)
            self.run.journal.add_gap()
            logger.warning("gap found", extra=_as_log(gap))

    def find(self, stream: Stream, kind: GapKind, from_s: int) -> Gap | None:
        """Return the open gap that begins there."""
        gap = self.by_name.get((stream, kind, from_s))
        return gap if gap is not None and gap.is_open else None

    def put(self, gap: Gap) -> None:
        self.proof_store.put_gap(gap)
        self.by_name[_name(gap)] = gap
        self._count()

    def close(self, gap: Gap) -> None:
        at = self.run.clock.at()
        self.proof_store.close_gap(gap, at)
        self.by_name[_name(gap)] = replace(gap, closed_at=at)
        self._count()
        self.run.journal.add_closed_gap()
        logger.info("gap closed", extra=_as_log(gap))

    def open_gaps(self, stream: Stream | None = None, kind: GapKind | None = None) -> list[Gap]:
        """Return the open gaps, optionally of one stream and kind."""
        return [
            gap
            for gap in self.by_name.values()
            if gap.is_open and stream in (None, gap.stream) and kind in (None, gap.kind)
        ]

    def _count(self) -> None:
        self.run.journal.open_gaps = len(self.open_gaps())

    def record_outage(
        self, proven_at: Iterable[tuple[Stream, datetime]], why: str | None = None
    ) -> None:
        """Record a gap for each stream that has been unread for more than a few ticks.

        `why` is None when no run could record the cause: no run took place, or leases were lost.
        The next run then records the outage.
        """
        now = self.run.clock.at()
        for stream, since in proven_at:
            if now - since <= UNREAD_FOR:
                continue
            from_s, to_s = int(since.timestamp()), int(now.timestamp()) + 1
            known = self.find(stream, "window", from_s)
            if known is not None:
                self.put(replace(known, to_s=to_s, reason=why or known.reason))
            else:
                reason = why or "no run has read the source"
                run_id = self.run.grant.run_id
                self.open(Gap(stream, "window", from_s, to_s, reason, now, run_id))


def _name(gap: Gap) -> _Name:
    return gap.stream, gap.kind, gap.from_s


def _as_log(gap: Gap) -> dict[str, object]:
    return {"gap": {name: gap.to_item()[name] for name in ("stream", "kind", "from_s", "to_s")}}
