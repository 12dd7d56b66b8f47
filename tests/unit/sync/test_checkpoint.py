"""Live passes follow the source's own clock: rows carry its times, not ours."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nps_core.sync.proof.coverage import read_to
from nps_core.sync.reading.checkpoint import StreamCheckpoint
from nps_core.sync.reading.cursor import Position

NOW = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
OVERLAP = timedelta(minutes=15)
END = Position(0, done=True)


def second(at: datetime) -> int:
    return int(at.timestamp())


def synced(ours: datetime, source: datetime | None) -> StreamCheckpoint:
    """A connection without history, after one live pass; each clock tells its own time."""
    first = StreamCheckpoint.first(ours, 0, OVERLAP)
    return first.after_live(END, ours, ours, source)


@pytest.mark.parametrize("minutes", [-25, 25, 30 * 1_440])
def test_complete__is_told_by_the_clock_that_is_behind(minutes: int) -> None:
    source = NOW + timedelta(minutes=minutes)
    checkpoint = synced(NOW, source)
    assert checkpoint.complete_at == min(NOW, source)
    long_ago = replace(checkpoint.backfill, from_s=0)
    known = replace(checkpoint, backfill=long_ago)
    assert read_to(known, OVERLAP) == second(min(NOW, source) - OVERLAP)
    assert known.proven_at == NOW, "how long the source was unread is measured by one clock"


@pytest.mark.parametrize("minutes", [0, 25, 30 * 1_440])
def test_live_pass__begins_before_the_last_one_by_the_sources_clock(minutes: int) -> None:
    """Our clock was ahead when the connection was new; no row in between may be skipped."""
    checkpoint = synced(NOW + timedelta(minutes=minutes), NOW)
    later = NOW + timedelta(minutes=minutes + 5)
    assert checkpoint.live_start(later, OVERLAP).cursor == second(NOW - OVERLAP)


def test_live_pass__never_begins_in_the_future() -> None:
    checkpoint = synced(NOW, NOW + timedelta(days=30))
    assert checkpoint.live_start(NOW, OVERLAP).cursor == second(NOW - OVERLAP)


def test_resumed_pass__counts_from_its_first_page() -> None:
    first = StreamCheckpoint.first(NOW, 0, OVERLAP)
    half = first.after_live(Position(1), NOW, NOW, NOW - timedelta(minutes=3))
    resumed = StreamCheckpoint.from_json(half.to_json())
    ended = resumed.after_live(END, NOW, NOW, NOW + timedelta(minutes=9))
    assert ended.source_at == NOW - timedelta(minutes=3)
    assert ended.live_source_at is None


def test_source_without_a_date__is_measured_by_its_rows() -> None:
    row_s = second(NOW - timedelta(hours=2))
    first = replace(StreamCheckpoint.first(NOW, 0, OVERLAP), watermark_s=row_s)
    checkpoint = first.after_live(END, NOW, NOW)
    assert checkpoint.complete_at == NOW
    assert checkpoint.live_start(NOW, OVERLAP).cursor == row_s - 900
