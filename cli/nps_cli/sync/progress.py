"""Progress of a run of the sync."""

from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nps_core.sync.lists import STREAMS
from nps_core.sync.reading.checkpoint import StreamCheckpoint

if TYPE_CHECKING:
    from nps_core.sync.dynamo import DynamoSyncState

_LOOK_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Done:
    """How much of the first sync's window has been read; both None once it is complete."""

    answers: int
    read_s: int | None
    all_s: int | None
    name: str = "backfill"

    def label(self, new: int, elapsed_s: float) -> str:
        """Return the text beside the bar."""
        if self.all_s is None:
            return "live sync"
        rate = f", {new / elapsed_s:,.0f}/s" if elapsed_s >= 1 else ""
        return f"{self.name}: {self.answers:,} answers{rate}"


def how_far(checkpoint: StreamCheckpoint) -> Done:
    """Return the progress of the first sync until it is complete, then of a requested backfill.

    Both read history in order of time, so the cursor shows the progress.
    """
    fill, name = checkpoint.backfill, "backfill"
    if fill.ended_at is not None or fill.position.done:
        if checkpoint.extension is None:
            return Done(fill.rows, None, None)
        fill, name = checkpoint.extension, "history"
    end_s = fill.position.end or int(fill.started_at.timestamp())
    window_s = max(end_s - fill.from_s, 1)
    read_s = min(max(fill.position.cursor - fill.from_s, 0), window_s)
    return Done(fill.rows, read_s, window_s, name)


def watch(state: "DynamoSyncState", running: "Future[dict[str, Any]]") -> None:
    """Show the progress until the run ends, from the checkpoint it saves after every page."""
    from nps_cli.shell.progress_bar import bar

    before: tuple[str, int] | None = None
    with bar(counts_steps=False) as progress:
        task = progress.add_task("sync", total=None)
        while not running.done():
            if text := state.read_checkpoint(STREAMS[0]):
                done = how_far(StreamCheckpoint.from_json(text))
                if before is None or before[0] != done.name:
                    before = done.name, done.answers
                elapsed = progress.tasks[0].elapsed or 0.0
                label = done.label(done.answers - before[1], elapsed)
                progress.update(task, completed=done.read_s, total=done.all_s, description=label)
            try:
                running.exception(timeout=_LOOK_EVERY_S)
            except NotYet:
                continue
