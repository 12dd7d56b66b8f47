from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from nps_core.sync.lists import Stream
from nps_core.sync.proof.coverage import coverage
from nps_core.sync.proof.gaps import Gap
from nps_core.sync.reading.checkpoint import StreamCheckpoint
from nps_core.sync.reading.cursor import Position

NOW = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
OVERLAP = timedelta(minutes=15)
START = int((NOW - timedelta(days=180)).timestamp())
END = int((NOW - OVERLAP).timestamp())


def finished() -> StreamCheckpoint:
    first = StreamCheckpoint.first(NOW, 180, OVERLAP)
    done = replace(first.backfill, position=Position(END, done=True), ended_at=NOW)
    return replace(first, backfill=done)


def both(
    responses: StreamCheckpoint | None, declines: StreamCheckpoint | None = None
) -> dict[Stream, StreamCheckpoint | None]:
    return {"responses": responses, "declines": declines or finished()}


def gap(from_s: int, to_s: int, reason: str = "too many rows") -> Gap:
    return Gap("responses", "window", from_s, to_s, reason, NOW, "run-1")


def moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def test_nothing_read__covers_nothing() -> None:
    found = coverage({"responses": None, "declines": finished()}, [], OVERLAP)
    assert (found.intervals, found.complete_to) == ((), None)


def test_everything_read__is_complete_up_to_the_overlap_before_the_last_live_pass() -> None:
    found = coverage(both(finished()), [], OVERLAP)
    assert found.complete_to == NOW - OVERLAP
    assert found.intervals == ((moment(START), NOW - OVERLAP),)
    assert found.held_by is None


def test_backfill__is_complete_up_to_its_cursor_in_the_slower_stream() -> None:
    first = StreamCheckpoint.first(NOW, 180, OVERLAP)
    half = replace(first, backfill=replace(first.backfill, position=Position(START + 5_000)))
    found = coverage(both(half), [], OVERLAP)
    assert found.complete_to == moment(START + 5_000)
    assert found.held_by == "the backfill is under way"


def test_backfill__claims_nothing_of_what_may_have_been_listed_behind_its_cursor() -> None:
    first = StreamCheckpoint.first(NOW, 180, OVERLAP)
    nearly = replace(first.backfill, position=Position(END + 600))
    filling = replace(first, backfill=nearly)
    later = replace(finished(), proven_at=NOW + timedelta(hours=1))
    assert coverage(both(filling, later), [], OVERLAP).complete_to == NOW - OVERLAP


def test_open_gap__holds_it_back_and_splits_what_is_covered() -> None:
    found = coverage(both(finished()), [gap(START + 100, START + 200)], OVERLAP)
    assert found.complete_to == moment(START + 100)
    assert found.held_by == "too many rows"
    assert found.intervals == (
        (moment(START), moment(START + 100)),
        (moment(START + 200), NOW - OVERLAP),
    )


def test_closed_gap__holds_nothing_back() -> None:
    closed = replace(gap(START + 100, START + 200), closed_at=NOW)
    assert coverage(both(finished()), [closed], OVERLAP).complete_to == NOW - OVERLAP


def test_days_that_are_counted_otherwise__hold_it_back_until_they_are_read_again() -> None:
    found = coverage(both(finished()), [], OVERLAP, [(START + 100, START + 200)])
    assert found.complete_to == moment(START + 100)
    assert found.held_by == "days that the source counts otherwise"


def test_gap_before_the_history__is_of_no_interest() -> None:
    found = coverage(both(finished()), [gap(START - 100, START)], OVERLAP)
    assert found.complete_to == NOW - OVERLAP


def test_gap_at_the_very_beginning__leaves_nothing_complete() -> None:
    found = coverage(both(finished()), [gap(START - 5, START + 5)], OVERLAP)
    assert found.complete_to == moment(START)
    assert found.intervals == ((moment(START + 5), NOW - OVERLAP),)


RANGES = st.lists(st.tuples(st.integers(START - 50, END + 50), st.integers(1, 90_000)), max_size=8)


@given(ranges=RANGES)
def test_intervals__are_exactly_what_no_gap_touches(ranges: list[tuple[int, int]]) -> None:
    gaps = [gap(from_s, from_s + length) for from_s, length in ranges]
    found = coverage(both(finished()), gaps, OVERLAP)
    edges = {START, END, *(edge for one in gaps for edge in (one.from_s, one.to_s))}
    for second in {edge + step for edge in edges for step in (-1, 0, 1)}:
        wanted = START <= second < END and not any(one.from_s <= second < one.to_s for one in gaps)
        covered = any(begin <= moment(second) < end for begin, end in found.intervals)
        assert covered == wanted
        if found.complete_to is not None and START <= second < found.complete_to.timestamp():
            assert wanted, "never ahead of the truth"
