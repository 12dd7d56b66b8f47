"""Conclusions from pages: they open and close gaps and find suspects."""

from dataclasses import dataclass
from datetime import datetime

from nps_core.sync.lists import Stream
from nps_core.sync.proof.gaps import Gap
from nps_core.sync.reading.cursor import Covered, FullSecond
from sync_wootric.proving.gaps import Gaps
from sync_wootric.proving.removals import Removals


@dataclass(frozen=True, slots=True)
class Evidence:
    run_id: str
    gaps: Gaps
    removals: Removals

    def second_is_full(self, stream: Stream, full: FullSecond, asked_at: datetime) -> None:
        end_s = full.second + 1
        self.gaps.open(
            Gap(stream, "second", full.second, end_s, full.reason, asked_at, self.run_id, full.rows)
        )

    def stretch_is_listed(self, stream: Stream, covered: Covered, asked_at: datetime) -> None:
        self.removals.compare(stream, covered, asked_at)

    def live_pass_ended(self, stream: Stream) -> None:
        """Close the outages of the stream: the pass has read the answers they missed."""
        for gap in self.gaps.open_gaps(stream, "window"):
            self.gaps.close(gap)
