"""What a run has done so far: its run log record, written here and nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from nps_core.sync.lists import Stream
from nps_core.sync.runlog import RunKind, RunRecord, RunStatus


@dataclass(frozen=True, slots=True)
class PageResult:
    """What became of the rows of a page, or of many."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    quarantined: int = 0
    """Quarantined for the first time."""

    @property
    def stored(self) -> int:
        """Rows that were understood, whether they brought news or not."""
        return self.created + self.updated + self.unchanged

    def plus(self, other: "PageResult") -> "PageResult":
        """Return the sum."""
        return PageResult(
            self.created + other.created,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.quarantined + other.quarantined,
        )


@dataclass(slots=True)
class Journal:
    """Keeps the record of one run. `responses` leaves declines out, as the metrics do."""

    record: RunRecord
    responses: PageResult = PageResult()

    def enter(self, kind: RunKind) -> None:
        """Note what sort of work the run begins; the record keeps the last sort."""
        self.record = replace(self.record, kind=kind)

    def add_page(self, stream: Stream, fetched: int, result: PageResult) -> None:
        """Count a page of a stream's list."""
        self.record = replace(self.record, pages=self.record.pages + 1)
        self.add_rows(stream, fetched, result)

    def add_rows(self, stream: Stream, fetched: int, result: PageResult) -> None:
        """Count rows, whatever list they came from."""
        record = self.record
        self.record = replace(
            record,
            fetched=record.fetched + fetched,
            created=record.created + result.created,
            updated=record.updated + result.updated,
            unchanged=record.unchanged + result.unchanged,
            quarantined=record.quarantined + result.quarantined,
        )
        if stream == "responses":
            self.responses = self.responses.plus(result)

    def add_gap(self) -> None:
        """Count a gap that was found."""
        self.record = replace(self.record, gaps=self.record.gaps + 1)

    def add_closed_gap(self) -> None:
        """Count a gap whose range has been proven."""
        self.record = replace(self.record, closed_gaps=self.record.closed_gaps + 1)

    def add_removal(self) -> None:
        """Count an answer or decline that is proven to be gone."""
        self.record = replace(self.record, deleted=self.record.deleted + 1)

    def reach_back(self, second: datetime) -> None:
        """Note the oldest second that was asked for."""
        earliest = min(self.record.window_from or second, second)
        self.record = replace(self.record, window_from=earliest)

    def reach(self, at: datetime) -> None:
        """Note up to when the source has been read."""
        self.record = replace(self.record, window_to=at)

    def count_requests(self, requests: int, throttled: int) -> None:
        """Note how many requests the run has made so far."""
        self.record = replace(self.record, requests=requests, throttled=throttled)

    def end(self, status: RunStatus, error: str | None, at: datetime) -> None:
        """Note how the run ended."""
        self.record = replace(self.record, status=status, error=error, ended_at=at)


class RunResult(NamedTuple):
    """How a run ended."""

    record: RunRecord
    responses: PageResult | None = None
    """What became of the responses; None for a run that was skipped, and for a preview."""
    found: Mapping[str, Any] = MappingProxyType({})
    """What an operator asked for, by name."""
