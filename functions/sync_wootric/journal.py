"""The run log record of a run in progress, written here and nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from nps_core.sync.lists import Stream
from nps_core.sync.runlog import RunKind, RunRecord, RunStatus


@dataclass(frozen=True, slots=True)
class PageResult:
    """Outcomes of the rows of one page, or of many."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    quarantined: int = 0
    """Rows quarantined for the first time."""

    @property
    def stored(self) -> int:
        """Rows that were parsed, changed or not."""
        return self.created + self.updated + self.unchanged

    def plus(self, other: "PageResult") -> "PageResult":
        return PageResult(
            self.created + other.created,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.quarantined + other.quarantined,
        )


@dataclass(slots=True)
class Journal:
    """Keeps the record of one run. `responses` excludes declines, as the metrics do."""

    record: RunRecord
    responses: PageResult = PageResult()
    open_gaps: int = 0
    """Open gaps of the connection, older ones included."""

    def enter(self, kind: RunKind) -> None:
        """Record the kind of work that begins; the last kind stays in the record."""
        self.record = replace(self.record, kind=kind)

    def add_page(self, stream: Stream, fetched: int, result: PageResult) -> None:
        """Count a page of a stream."""
        self.record = replace(self.record, pages=self.record.pages + 1)
        self.add_rows(stream, fetched, result)

    def add_rows(self, stream: Stream, fetched: int, result: PageResult) -> None:
        """Count rows, from whichever list."""
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

    def add_quarantined(self, number: int) -> None:
        """Count what was quarantined and is no answer or decline."""
        self.record = replace(self.record, quarantined=self.record.quarantined + number)

    def add_gap(self) -> None:
        """Count a new gap."""
        self.record = replace(self.record, gaps=self.record.gaps + 1)

    def add_closed_gap(self) -> None:
        """Count a gap that was closed."""
        self.record = replace(self.record, closed_gaps=self.record.closed_gaps + 1)

    def add_removal(self) -> None:
        """Count an answer or decline whose removal was confirmed."""
        self.record = replace(self.record, deleted=self.record.deleted + 1)

    def reach_back(self, second: datetime) -> None:
        """Extend `window_from` to the oldest second requested so far."""
        earliest = min(self.record.window_from or second, second)
        self.record = replace(self.record, window_from=earliest)

    def reach(self, at: datetime) -> None:
        """Record the time up to which the source has been read."""
        self.record = replace(self.record, window_to=at)

    def count_requests(self, requests: int, throttled: int) -> None:
        """Set the number of requests made so far."""
        self.record = replace(self.record, requests=requests, throttled=throttled)

    def end(self, status: RunStatus, error: str | None, at: datetime) -> None:
        self.record = replace(self.record, status=status, error=error, ended_at=at)


class RunResult(NamedTuple):
    record: RunRecord
    responses: PageResult | None = None
    """Outcomes of the responses; None for a skipped run and for a preview."""
    found: Mapping[str, Any] = MappingProxyType({})
    """Answers to an operator's request, by name."""
