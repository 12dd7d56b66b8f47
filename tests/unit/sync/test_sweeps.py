from datetime import UTC, datetime, timedelta

import pytest

from nps_core.sync.reading.cursor import Position
from nps_core.sync.reading.sweeps import Sweep, Swept, due

NOW = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def second(moment: datetime) -> int:
    return int(moment.timestamp())


def nights(
    history: timedelta, number: int, *, lists_changes: bool = False, late: timedelta = MINUTE * 5
) -> list[list[tuple[datetime, Sweep]]]:
    """The sweeps of so many nights, each begun a little later than a day after the last."""
    oldest = second(NOW - history)
    swept, now = Swept(NOW, NOW, oldest), NOW
    done: list[list[tuple[datetime, Sweep]]] = []
    for _ in range(number):
        now += DAY + late
        tonight: list[tuple[datetime, Sweep]] = []
        while (sweep := due(swept, oldest, now, lists_changes=lists_changes)) is not None:
            tonight.append((now, sweep))
            swept = swept.after(sweep)
        done.append(tonight)
    return done


@pytest.mark.parametrize("lists_changes", [True, False])
@pytest.mark.parametrize("days", [31, 60, 180, 730])
def test_every_second__is_read_again_within_a_week_for_ever(days: int, lists_changes: bool) -> None:
    oldest = second(NOW - timedelta(days=days))
    for probe in range(oldest, second(NOW), 86_400 * max(1, days // 90)):
        last = NOW
        for tonight in nights(timedelta(days=days), 40, lists_changes=lists_changes):
            for now, sweep in tonight:
                end = sweep.position.end or second(now)
                if sweep.position.cursor <= probe < end:
                    assert now - last <= timedelta(days=7), (days, probe)
                    last = now
        assert NOW + 40 * DAY - last <= timedelta(days=7)


def test_night__reads_the_last_thirty_days_and_one_slice() -> None:
    (tonight,) = nights(timedelta(days=180), 1)
    (now, recent), (_, piece) = tonight
    assert recent == Sweep(now, True, Position(second(now - timedelta(days=30))))
    assert piece.position.cursor == second(NOW - timedelta(days=180))
    length = (piece.position.end or 0) - piece.position.cursor
    assert length / 86_400 == pytest.approx(151 / 5, abs=0.1)


def test_night__of_a_source_that_lists_changes_reads_slices_of_everything_only() -> None:
    for tonight in nights(timedelta(days=180), 7, lists_changes=True):
        ((_, piece),) = tonight
        assert not piece.is_recent


def test_young_history__has_no_slice() -> None:
    for tonight in nights(timedelta(days=5), 3):
        assert [sweep.is_recent for _, sweep in tonight] == [True]


def test_small_history__is_read_in_one_night() -> None:
    oldest, now = second(NOW - timedelta(days=180)), NOW + DAY
    piece = due(Swept(now, NOW, oldest), oldest, now, in_one_night=True)
    assert piece is not None
    assert (piece.position.cursor, piece.position.end) == (oldest, second(now - 30 * DAY))


def test_nothing_is_due__a_minute_after() -> None:
    oldest = second(NOW - timedelta(days=180))
    assert due(Swept(NOW, NOW, oldest), oldest, NOW + MINUTE) is None
