from dataclasses import replace
from datetime import timedelta

from nps_cli.sync.progress import Done, how_far
from nps_core.sync.reading.checkpoint import StreamCheckpoint
from nps_core.sync.reading.cursor import Position
from nps_testing.factories import NOW

FIRST = StreamCheckpoint.first(NOW, 10, timedelta(minutes=15))


def reading(cursor_s: int, rows: int) -> StreamCheckpoint:
    fill = replace(FIRST.backfill, position=Position(cursor_s), rows=rows)
    return replace(FIRST, backfill=fill)


def test_a_first_sync__is_as_far_as_its_window_has_been_read() -> None:
    done = how_far(reading(FIRST.backfill.from_s + 4 * 86_400, 120))
    assert done == Done(120, 4 * 86_400, 10 * 86_400)


def test_a_position_beyond_the_window__is_all_of_it() -> None:
    done = how_far(reading(int(NOW.timestamp()) + 60, 120))
    assert done.read_s == done.all_s == 10 * 86_400


def test_a_finished_first_sync__leaves_nothing_to_measure() -> None:
    finished = replace(FIRST.backfill, ended_at=NOW, rows=7)
    assert how_far(replace(FIRST, backfill=finished)) == Done(7, None, None)


def test_the_label__tells_the_rate_once_there_is_one() -> None:
    done = Done(1200, 10, 20)
    assert done.label(new=100, elapsed_s=0.2) == "backfill: 1,200 answers"
    assert done.label(new=100, elapsed_s=2.0) == "backfill: 1,200 answers, 50/s"
    assert Done(1200, None, None).label(new=0, elapsed_s=2.0) == "live sync"


def test_history_that_was_asked_for__is_measured_up_to_where_it_ends() -> None:
    from_s = FIRST.backfill.from_s - 10 * 86_400
    position = Position(from_s + 86_400, end=FIRST.backfill.from_s)
    extension = replace(FIRST.backfill, from_s=from_s, position=position, rows=30)
    finished = replace(FIRST.backfill, ended_at=NOW, rows=7)
    done = how_far(replace(FIRST, backfill=finished, extension=extension))
    assert done == Done(30, 86_400, 10 * 86_400, "history")
    assert done.label(new=30, elapsed_s=2.0) == "history: 30 answers, 15/s"
