"""Checks the claims of the sync after every tick, except for changes that it cannot know of.

This is the definition of `complete_to`:

* It is never later than now. Everything before it is covered, and so are the intervals between the
  gaps after it. The following holds for all covered intervals.
* An answer that was created in a covered interval and listed in time (at most the overlap after its
  creation) is stored. There is no excuse, whatever happened to the run.
* A later change at the source (an insert dated back or listed late, an edit, an exclusion, a note,
  a deletion) may be unknown until a live pass or a sweep that began after it has read that second.
  A live pass finds no deletions, because it does not compare. A sweep finds the deletion of an
  answer that is at least an hour old when it begins. After that read the stored answer equals the
  source's, or it is a suspect, which is told beside `complete_to`.
* Counts are equal when the last comparison says so.
* Live answers that could not be read for over 15 minutes are recorded as a gap.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from nps_core.answers.models import Listed
from nps_core.keys import Kind
from nps_core.sync.lists import STREAMS, Stream
from nps_core.sync.proof.counting import count
from nps_core.sync.proof.gaps import UNREAD_FOR
from nps_core.sync.proof.suspects import SETTLED
from nps_core.sync.reading.checkpoint import StreamCheckpoint
from nps_core.sync.reading.sweeps import RECENT
from nps_core.sync.runlog import RunRecord
from nps_testing.worlds.sync_account import OVERLAP, ZONE, SyncAccount
from nps_testing.worlds.sync_truth import (
    KINDS,
    SourceRow,
    difference,
    rows,
    second_of,
    source_counts,
)

STREAM_OF: dict[Kind, Stream] = {"response": "responses", "decline": "declines"}
_GONE = "gone at the source, still stored"


@dataclass(frozen=True)
class Look:
    """A read of from_s <= second < to_s of a stream, and its start."""

    began: float
    from_s: float
    to_s: float
    compares: bool


class Claims:
    """Call `touch` at every change of the source, `before` and `after` around every tick."""

    def __init__(self, account: SyncAccount) -> None:
        self.account = account
        self.checked = 0
        self.excused: dict[str, int] = defaultdict(int)
        self._touched: dict[tuple[Kind, int], float] = {}
        self._open: set[tuple[Kind, int]] = set()
        self.looks: dict[Stream, list[Look]] = {stream: [] for stream in STREAMS}
        self._stored = 0
        self._began = 0.0
        self._known: dict[Stream, StreamCheckpoint] = {}
        for kind in KINDS:
            for row in rows(account, kind):
                self.touch(kind, row.id)

    def touch(self, kind: Kind, row_id: int) -> None:
        """Record that the source has just added, changed or deleted a row."""
        self._touched[kind, row_id] = self.account.time()
        self._open.add((kind, row_id))

    def before(self) -> None:
        """Record the start of a tick."""
        self._began = self.account.time()

    def after(self, record: RunRecord | None) -> None:
        """Check everything; `record` is None for a run that was killed."""
        self._note_looks()
        self._follow_the_store()
        now, coverage = self.account.time.now(), self.account.coverage()
        assert coverage.complete_to is None or coverage.complete_to <= now
        assert all(begin < end <= now for begin, end in coverage.intervals)
        claimed = [(begin.timestamp(), end.timestamp()) for begin, end in coverage.intervals]
        for kind in KINDS:
            self._rows(kind, claimed)
        if record is not None:
            self._counts()
        self.checked += 1

    def _rows(self, kind: Kind, claimed: list[tuple[float, float]]) -> None:
        store = self.account.source.store
        store.advance(self.account.source.context.now_ms())
        known = self._known.get(STREAM_OF[kind])
        oldest = known.backfill.from_s if known else 0
        for key in [key for key in self._open if key[0] == kind]:
            row: SourceRow = (store.answers if kind == "response" else store.declines)[key[1]]
            if second_of(row) < oldest:  # older than the history to read
                self._open.discard(key)
                continue
            problems = list(difference(self.account, kind, row))
            if not problems:
                is_final = row.deleted or row.visible_ms <= self.account.source.context.now_ms()
                if is_final:
                    self._open.discard(key)
                continue
            if not any(begin <= second_of(row) < end for begin, end in claimed):
                continue
            excuse = self._excuse(kind, row, problems)
            assert excuse, f"{kind} {row.id} {problems}, {self._facts(row)}"
            self.excused[excuse] += 1

    def _excuse(self, kind: Kind, row: SourceRow, problems: list[str]) -> str:
        """Return why the sync could not know of the change, empty when it could."""
        if "not stored" in problems and self._was_in_time(row):
            return ""
        if any(problem.startswith(("stored as", "its person")) for problem in problems):
            return ""
        second, since = second_of(row), self._touched[kind, row.id]
        since = max(since, row.visible_ms / 1000)
        for look in self.looks[STREAM_OF[kind]]:
            if not (look.from_s <= second < look.to_s and look.began > since + 1):
                continue
            if problems != [_GONE]:
                return ""
            if self._is_suspected(kind, row):
                return "suspected"
            if look.compares and second + SETTLED.total_seconds() < look.began:
                return ""
        return problems[0]

    def _is_suspected(self, kind: Kind, row: SourceRow) -> bool:
        suspects = self.account.proof_store.suspects()
        return any((one.key.kind, one.key.id) == (kind, str(row.id)) for one in suspects)

    def _was_in_time(self, row: SourceRow) -> bool:
        return row.visible_ms - row.created_ms <= OVERLAP.total_seconds() * 1000

    def _facts(self, row: SourceRow) -> object:
        return row, self.looks["responses"][-3:], self.looks["declines"][-3:]

    def _note_looks(self) -> None:
        for name, text in self.account.state.saved:
            stream = next((one for one in STREAMS if one == name), None)
            if stream is not None:
                now = StreamCheckpoint.from_json(text)
                before = self._known.get(stream)
                self._known[stream] = now
                if before is not None:
                    self._note(stream, before, now)
        self.account.state.saved.clear()

    def _note(self, stream: Stream, before: StreamCheckpoint, now: StreamCheckpoint) -> None:
        if now.proven_at > before.proven_at:
            self._live(stream, before, now)
        old, new = before.swept_at(), now.swept_at()
        if new.recent_at > old.recent_at:
            since = (new.recent_at - RECENT).timestamp()
            self._look(stream, new.recent_at.timestamp(), since, now.saved_at.timestamp())
        if new != old._replace(recent_at=new.recent_at):
            is_newest = new.round_at > old.round_at
            to_s = new.round_at.timestamp() if is_newest else old.down_to_s
            self._look(stream, new.round_at.timestamp(), new.down_to_s, to_s)

    def _live(self, stream: Stream, before: StreamCheckpoint, now: StreamCheckpoint) -> None:
        began = now.proven_at.timestamp()
        known = before.source_at
        last_s = before.watermark_s if known is None else int(known.timestamp())
        from_s = min(last_s, began) - OVERLAP.total_seconds()
        self.looks[stream].append(Look(began, from_s, began, compares=False))
        if now.proven_at - before.proven_at > UNREAD_FOR + timedelta(seconds=1):
            gaps = self.account.proof_store.kept
            assert (stream, "window", int(before.proven_at.timestamp())) in gaps, (
                f"{stream} were not read since {before.proven_at}, and no gap says so"
            )

    def _look(self, stream: Stream, began: float, from_s: float, to_s: float) -> None:
        self.looks[stream].append(Look(began, from_s, to_s, compares=True))

    def _follow_the_store(self) -> None:
        """Compare every written answer again: the sync itself may be wrong."""
        changes = self.account.answers.changes
        for _, answer in changes[self._stored :]:
            if answer is not None:
                key = (answer.key.kind, int(answer.key.id))
                if key in self._touched:
                    self._open.add(key)
        self._stored = len(changes)

    def _counts(self) -> None:
        """Check the counts compared in this tick, unless the source has changed meanwhile."""
        proof = self.account.audit().proof
        if proof is None or proof.at.timestamp() < self._began:
            return
        if max(self._touched.values()) >= self._began or self._is_held():
            return
        suspects = {one.key for one in self.account.proof_store.suspects()}
        from_s, to_s = proof.days.seconds(ZONE)
        stored = count(
            Listed(
                a.key, a.answered_at, a.score if a.is_counted else None, None, a.deleted, a.erased
            )
            for a in self.account.answers
            if a.key.kind == "response"
            and a.key not in suspects
            and from_s <= a.answered_at.timestamp() < to_s
        )
        if proof.holds:
            assert stored == source_counts(self.account, proof.days), proof
        assert proof.source == source_counts(self.account, proof.days)

    def _is_held(self) -> bool:
        return any(gap.is_open and gap.kind != "window" for gap in self.account.proof_store.gaps())
