"""What a run does, in order: live answers first, history next, then proofs and sweeps.

Everything after the first live pass is done page by page, and live answers are read again in
between as often as between two ticks.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from nps_core.customers.ports import People
from nps_core.sync.lists import STREAMS, Stream
from nps_core.sync.proof.counting import whole_days
from nps_core.sync.proof.ports import ProofStore
from nps_core.sync.reading.checkpoint import StreamCheckpoint
from nps_core.sync.reading.cursor import Position
from nps_core.sync.requests import OperatorRequests
from sync_wootric.proving.audit import Auditor, read_state
from sync_wootric.proving.counts import Counts
from sync_wootric.proving.gap_retry import GapRetry
from sync_wootric.proving.gaps import GapBook
from sync_wootric.proving.removals import Removals
from sync_wootric.reading.lists import StreamReader
from sync_wootric.reading.pages import RowStore
from sync_wootric.reading.people import PeopleReader
from sync_wootric.run import Run

_LIVE_AGAIN_S = 240.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What to sync, from the settings of a connection."""

    account_token: str
    backfill_days: int
    overlap: timedelta
    metric: str
    zone: ZoneInfo
    host: str
    """Address of the API."""
    report_to: str
    """Who gets the mails about the connection."""


@dataclass(slots=True)
class Work:
    """The parts of one run, as `begin` reads them."""

    run: Run
    readers: dict[Stream, StreamReader]
    people: PeopleReader
    live: "Live"
    gaps: GapBook
    removals: Removals
    auditor: Auditor
    retry: GapRetry

    @classmethod
    def begin(
        cls, run: Run, plan: Plan, rows: RowStore, proof_store: ProofStore, known: People
    ) -> "Work":
        """Claim and read every checkpoint of the connection. Raises LeaseLost."""
        gaps, removals = (
            GapBook.read(run, proof_store),
            Removals.read(run, rows, proof_store, known),
        )
        state = read_state(run)
        readers = {stream: _reader(run, plan, stream, rows, gaps, removals) for stream in STREAMS}
        readers["responses"].lists_changes = state.lists_changes
        readers["responses"].sweeps_all = state.is_small
        people = PeopleReader.read(run, rows, known, plan.overlap)
        live = Live(run, readers, people, gaps)
        responses = readers["responses"]
        counts = Counts(run, responses, gaps, removals, plan.metric, plan.zone)
        auditor = Auditor(run, responses, gaps, counts, state, live.if_due)
        retry = GapRetry(run, gaps, readers, people, counts, live.if_due)
        return cls(run, readers, people, live, gaps, removals, auditor, retry)

    @property
    def backfilled(self) -> bool:
        """Whether the first sync has reached the present."""
        return all(reader.backfilled for reader in self.readers.values())

    def take_up(self, wanted: OperatorRequests) -> None:
        """Take up what an operator asks for, once."""
        if wanted.backfill_at:
            for reader in self.readers.values():
                reader.extend(wanted.backfill_at, wanted.since_s)

    def fill(self) -> None:
        """Read what is new, then the history that is still missing."""
        self.live.at_start()
        for reader in self.readers.values():
            while not reader.backfilled:
                self.live.if_due()
                reader.backfill_page()

    def prove(self, wanted: OperatorRequests) -> None:
        """Read on with what is left of the budget, the most telling first."""
        live = self.live
        for reader in self.readers.values():
            while reader.checkpoint.extension is not None:
                live.if_due()
                reader.extension_page()
        while not self.people.listed:
            live.if_due()
            self.people.backfill_page()
        self.auditor.disproved()
        self.auditor.probe()
        self.retry.all_due()
        self.auditor.audit(wanted.audit_at)
        self._look_again(live.if_due)
        for reader in self.readers.values():
            while reader.begin_sweep():
                self.run.record.kind = "sweep"
                live.if_due()
                reader.sweep_page()

    def preview_backfill(self, since_s: int) -> Mapping[str, Any]:
        """Say how much a backfill would read: answers that count, requests, minutes."""
        reader, counts = self.readers["responses"], self.auditor.counts
        oldest_s = reader.checkpoint.backfill.from_s
        until_s = oldest_s if since_s < oldest_s else int(self.run.clock.at().timestamp())
        days = whole_days(since_s, until_s, counts.zone)
        count = self.run.source.count(days).n if days else 0
        return {"since_s": since_s, "until_s": until_s, "responses": count}

    def _look_again(self, breathe: Callable[[], None]) -> None:
        """List the seconds of answers again that were missing a day ago."""
        while (found := self.removals.due()) is not None:
            stream, second = found
            position = Position(second, end=second + 1)
            while not position.done:
                breathe()
                position = self.readers[stream].read(position, compares=True).step.position


@dataclass(slots=True)
class Live:
    """Live answers: both streams, and the people who have changed."""

    run: Run
    readers: dict[Stream, StreamReader]
    people: PeopleReader
    gaps: GapBook

    def at_start(self) -> None:
        """Read what is new; in the middle of a first sync only if that was not just done.

        So a first sync whose runs are cut short again and again still gets on.
        """
        readers = self.readers.values()
        proven_at = min(reader.checkpoint.proven_at for reader in readers)
        since = (self.run.clock.at() - proven_at).total_seconds()
        is_filling = not all(reader.backfilled or reader.is_new for reader in readers)
        if is_filling and since < _LIVE_AGAIN_S:
            self.run.live_done_s = self.run.clock.elapsed_s() - since
        else:
            self.read()

    def if_due(self) -> None:
        """Read live answers between pages of long work as often as between ticks."""
        if self.run.clock.elapsed_s() - self.run.live_done_s >= _LIVE_AGAIN_S:
            self.read()

    def note_unread(self, why: str | None = None) -> None:
        """Record it as a gap if live answers have been unread for long."""
        readers = self.readers.values()
        self.gaps.note_unread([(one.stream, one.checkpoint.proven_at) for one in readers], why)

    def read(self) -> None:
        """Read what is new, and who has changed."""
        readers = self.readers.values()
        for reader in readers:
            self.note_unread()  # each time anew: the stream before may have taken long
            reader.live()
        self.people.live_if_due()
        self.run.live_done_s = self.run.clock.elapsed_s()
        self.run.record.window_to = min(reader.checkpoint.proven_at for reader in readers)


def _reader(
    run: Run, plan: Plan, stream: Stream, rows: RowStore, gaps: GapBook, removals: Removals
) -> StreamReader:
    text = run.state.open_checkpoint(run.grant, stream)
    checkpoint = (
        StreamCheckpoint.from_json(text)
        if text
        else StreamCheckpoint.first(run.clock.now, plan.backfill_days, plan.overlap)
    )
    return StreamReader(
        run, stream, rows, checkpoint, plan.overlap, gaps, removals, is_new=text is None
    )
