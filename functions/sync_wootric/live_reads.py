"""Live answers of both streams."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from nps_core.sync.lists import Stream
from sync_wootric.proving.gaps import Gaps
from sync_wootric.reading.lists import StreamReader
from sync_wootric.run import Run

_EVERY_S = 240.0


@dataclass(slots=True)
class LiveReads:
    """Runs the live reads of a run: at its start, and between the pages of long work."""

    run: Run
    readers: Mapping[Stream, StreamReader]
    gaps: Gaps
    _last_s: float = field(default=0.0, init=False)

    def start(self) -> None:
        """Read new answers, except during a first sync if that was done minutes ago.

        Otherwise a first sync whose runs are cut short again and again would make no progress.
        """
        readers = self.readers.values()
        proven_at = min(reader.checkpoint.proven_at for reader in readers)
        since_s = (self.run.clock.at() - proven_at).total_seconds()
        is_filling = not all(reader.backfilled or reader.is_new for reader in readers)
        if is_filling and since_s < _EVERY_S:
            self._last_s = self.run.clock.elapsed_s() - since_s
        else:
            self._read()

    def run_if_due(self) -> None:
        """Read new answers at the usual interval of ticks, however long the other work takes."""
        if self.run.clock.elapsed_s() - self._last_s >= _EVERY_S:
            self._read()

    def record_outage(self, why: str | None = None, since: datetime | None = None) -> None:
        """Record a gap if live answers have been unread for too long.

        `since`: when the connection was activated; a stream that no run could read is unread since.
        """
        proven_at = [
            (
                reader.stream,
                since if since and self._is_unread(reader) else reader.checkpoint.proven_at,
            )
            for reader in self.readers.values()
        ]
        self.gaps.record_outage(proven_at, why)

    def _is_unread(self, reader: StreamReader) -> bool:
        return reader.is_new and self.run.state.read_checkpoint(reader.stream) is None

    def _read(self) -> None:
        readers = self.readers.values()
        for reader in readers:
            self.record_outage()  # again for each stream: the previous one may have taken long
            reader.read_live()
        self._last_s = self.run.clock.elapsed_s()
        self.run.journal.reach(min(reader.checkpoint.proven_at for reader in readers))
