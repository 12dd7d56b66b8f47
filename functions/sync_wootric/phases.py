"""The phases of a run; `tick` sets their order.

After the first live read, all work is done page by page, with live reads in between.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nps_core.customers.ports import People
from nps_core.sync.lists import STREAMS, Stream
from nps_core.sync.proof.counting import whole_days
from nps_core.sync.proof.ports import ProofStore
from nps_core.sync.reading.checkpoint import Backfill
from nps_core.sync.reading.cursor import Position
from nps_core.sync.reading.sweeps import Sweep
from nps_core.sync.requests import OperatorRequests
from sync_wootric.live_reads import LiveReads
from sync_wootric.proving.audit import Auditor, open_audit
from sync_wootric.proving.counts import CountCheck
from sync_wootric.proving.evidence import Evidence
from sync_wootric.proving.gap_retry import GapRetry
from sync_wootric.proving.gaps import Gaps
from sync_wootric.proving.removals import Removals
from sync_wootric.reading.lists import FirstSyncBill, StreamReader
from sync_wootric.reading.pages import PageStore
from sync_wootric.reading.people import PeopleReader
from sync_wootric.run import Run


@dataclass(frozen=True, slots=True)
class Phases:
    """The phases, bound to the state that `open` has read."""

    run: Run
    readers: Mapping[Stream, StreamReader]
    people: PeopleReader
    live_reads: LiveReads
    removals: Removals
    auditor: Auditor
    gap_retry: GapRetry

    @classmethod
    def open(
        cls, run: Run, pages: PageStore, proof_store: ProofStore, people_store: People
    ) -> "Phases":
        """Claim and read every checkpoint of the connection. Raises LeaseLost."""
        gaps = Gaps.read(run, proof_store)
        removals = Removals.read(run, gaps, pages, people_store)
        audit = open_audit(run)
        evidence, bill = Evidence(run.grant.run_id, gaps, removals), FirstSyncBill(run)
        readers = {
            stream: StreamReader.open(
                run,
                stream,
                pages,
                evidence,
                bill,
                lists_changes=audit.lists_changes and stream == "responses",
            )
            for stream in STREAMS
        }
        people = PeopleReader.open(run, pages, people_store)
        live_reads = LiveReads(run, readers, gaps)
        between_pages = live_reads.run_if_due
        counts = CountCheck(run, readers["responses"], gaps, removals)
        auditor = Auditor(run, readers["responses"], gaps, counts, audit)
        gap_retry = GapRetry(run, gaps, readers, people, counts, between_pages)
        return cls(run, readers, people, live_reads, removals, auditor, gap_retry)

    @property
    def backfills(self) -> list[Backfill]:
        return [reader.checkpoint.backfill for reader in self.readers.values()]

    def accept_requests(self, requests: OperatorRequests) -> None:
        """Accept an operator's requests for history; each request only once."""
        if requests.backfill_at:
            for reader in self.readers.values():
                reader.accept_extension(requests.backfill_at, requests.since_s)

    def log_begin(self) -> None:
        """Log the start of the run, as a first sync until the backfill has reached the present."""
        is_filling = not all(reader.backfilled for reader in self.readers.values())
        self.run.journal.enter("backfill" if is_filling else "live")
        self.run.state.put_run(self.run.record.as_dict(), self.run.clock.at())

    def read_live(self) -> None:
        self.live_reads.start()

    def read_history(self) -> None:
        for reader in self.readers.values():
            while not reader.backfilled:
                self.live_reads.run_if_due()
                reader.read_backfill_page()

    def read_requested_history(self) -> None:
        for reader in self.readers.values():
            while reader.checkpoint.extension is not None:
                self.live_reads.run_if_due()
                reader.read_extension_page()

    def read_people(self) -> None:
        """Read the end users whose profile changed; once, all of them."""
        self.people.read_live_if_due()
        while not self.people.backfilled:
            self.live_reads.run_if_due()
            self.people.read_backfill_page()

    def retry_gaps(self) -> None:
        self.gap_retry.retry_due()

    def verify(self, asked_at: str) -> None:
        """Compare counts with the source.

        `asked_at`: the time of an operator's last request for an audit. If that finds a difference,
        a round begins at once.
        """
        self.auditor.forget_probe()
        self.auditor.probe()
        if self.auditor.compare_if_due(asked_at):
            for reader in self.readers.values():
                reader.begin_round()

    def recheck_suspects(self) -> None:
        """List again the seconds of suspects that are a day old."""
        self.removals.tell()  # an operator may have accepted them
        self.removals.forget_old()
        while (due := self.removals.take_due()) is not None:
            stream, second = due
            position = Position(second, end=second + 1)
            while not position.done:
                self.live_reads.run_if_due()
                position = self.readers[stream].read(position, compares=True).step.position

    def sweep(self) -> None:
        """Re-read what live reads no longer reach: the last two days, then the months of the round.

        Both lists take turns by the start of their rounds: a list of a million answers must not
        keep the other from being read. Between two pages the last two days may be due again. Counts
        that differed are compared once more afterwards.
        """
        has_read = has_read_months = False
        while (due := self._sweep_due()) is not None:
            reader, sweep = due
            self.run.journal.enter("sweep")
            self.live_reads.run_if_due()
            is_read = reader.read_sweep_page(sweep)
            is_month = is_read and not sweep.is_recent and reader is self.auditor.reader
            has_read, has_read_months = True, has_read_months or is_month
            if is_month and self.auditor.month_is_read(sweep):
                reader.repeat(sweep)
        if has_read:
            self.auditor.compare_again(has_read_months=has_read_months)

    def preview_backfill(self, since_s: int) -> Mapping[str, Any]:
        """Return how many answers a backfill would read, as counted by the source."""
        oldest_s = self.readers["responses"].checkpoint.backfill.from_s
        until_s = oldest_s if since_s < oldest_s else int(self.run.clock.at().timestamp())
        days = whole_days(since_s, until_s, self.run.settings.zone)
        count = self.run.source.count(days).n if days else 0
        return {"since_s": since_s, "until_s": until_s, "responses": count}

    def _sweep_due(self) -> tuple[StreamReader, Sweep] | None:
        readers = list(self.readers.values())
        for reader in readers:
            if (recent := reader.recent_due()) is not None:
                return reader, recent
        for reader in sorted(readers, key=lambda one: one.checkpoint.swept_at().round_at):
            if (month := reader.month_due()) is not None:
                return reader, month
        return None
