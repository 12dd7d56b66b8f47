from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from nps_core.sync.reading.checkpoint import StreamCheckpoint
from nps_core.sync.reading.cursor import Position
from nps_core.sync.reading.sweeps import Sweep

NOW = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
LA, KATHMANDU = ZoneInfo("America/Los_Angeles"), ZoneInfo("Asia/Kathmandu")
OVERLAP, FOUR_HOURS = timedelta(minutes=15), timedelta(hours=4)


def second(moment: datetime) -> int:
    return int(moment.timestamp())


def backfilled(days: int) -> StreamCheckpoint:
    """Everything was read at NOW."""
    return StreamCheckpoint.first(NOW, days, OVERLAP)


def months(
    known: StreamCheckpoint, now: datetime, zone: ZoneInfo = LA
) -> Iterator[tuple[Sweep, StreamCheckpoint]]:
    """Read month after month until none is due at `now`."""
    while (month := known.month_due(now, FOUR_HOURS, zone)) is not None:
        known = known.after_month(month, Position(second(now), done=True), zone)
        yield month, known


@pytest.mark.parametrize("zone", [LA, KATHMANDU])
@pytest.mark.parametrize("days", [0, 1, 31, 180, 730])
def test_round__covers_every_second_of_the_history_once_newest_month_first(
    days: int, zone: ZoneInfo
) -> None:
    known, now = backfilled(days), NOW + FOUR_HOURS
    ranges = [month.month(known.backfill.from_s, zone) for month, _ in months(known, now, zone)]
    assert ranges[0][1] == second(now) + 1
    assert ranges[-1][0] == known.backfill.from_s
    assert all(later[0] == earlier[1] for later, earlier in pairwise(ranges))
    starts = [datetime.fromtimestamp(from_s, zone) for from_s, _ in ranges[:-1]]
    assert all((at.day, at.hour, at.minute) == (1, 0, 0) for at in starts)


def test_round__begins_so_long_after_the_last_one_began() -> None:
    known = backfilled(180)
    assert known.month_due(NOW + FOUR_HOURS - timedelta(seconds=1), FOUR_HOURS, LA) is None
    *_, (_, known) = months(known, NOW + FOUR_HOURS)
    assert known.month_due(NOW + 2 * FOUR_HOURS - timedelta(seconds=1), FOUR_HOURS, LA) is None
    assert known.month_due(NOW + 2 * FOUR_HOURS, FOUR_HOURS, LA) is not None


def test_round_that_takes_longer__is_finished_first_and_the_next_one_begins_at_once() -> None:
    known, now, started = backfilled(180), NOW + FOUR_HOURS, []
    for _ in range(20):
        month = known.month_due(now, FOUR_HOURS, LA)
        assert month is not None
        started.append(month.started_at)
        now += timedelta(hours=2)
        known = known.after_month(month, Position(second(now), done=True), LA)
    rounds = sorted(set(started))
    assert [started.count(at) for at in rounds[:2]] == [7, 7]  # September to March
    assert rounds[1] - rounds[0] == timedelta(hours=14)


def test_recent_sweep__is_due_within_the_hour_and_reads_two_days() -> None:
    known = backfilled(180)
    assert known.recent_due(NOW + timedelta(minutes=49)) is None
    now = NOW + timedelta(minutes=50)
    recent = known.recent_due(now)
    assert recent == Sweep(now, True, Position(second(now - timedelta(days=2))))
    known = known.after_recent(recent, Position(second(now), done=True))
    assert known.recent_due(now + timedelta(minutes=49)) is None


def test_recent_sweep__interrupts_a_round_which_goes_on_where_it_was() -> None:
    known, now = backfilled(180), NOW + FOUR_HOURS
    month = known.month_due(now, FOUR_HOURS, LA)
    assert month is not None
    known = known.after_month(month, Position(month.position.cursor + 7), LA)
    recent = known.recent_due(now)
    assert recent is not None
    known = known.after_recent(recent, Position(second(now), done=True))
    going_on = known.month_due(now, FOUR_HOURS, LA)
    assert going_on is not None
    assert going_on.position.cursor == month.position.cursor + 7


def test_clock_that_was_ahead__stops_no_sweep() -> None:
    ahead = NOW + timedelta(days=30)
    known = backfilled(180)
    *_, (_, known) = months(known, ahead)
    recent = known.recent_due(ahead)
    assert recent is not None
    known = known.after_recent(recent, Position(second(ahead), done=True))
    assert known.recent_due(NOW) is not None
    assert known.month_due(NOW, FOUR_HOURS, LA) is not None


def test_month__is_re_read_once_more_from_its_start() -> None:
    known, now = backfilled(180), NOW + FOUR_HOURS
    read = months(known, now)
    next(read)
    february, known = next(read)
    known = known.repeating(february, LA)
    again = known.month_due(now, FOUR_HOURS, LA)
    assert again is not None
    assert again.is_repeat
    assert again.month(known.backfill.from_s, LA) == february.month(known.backfill.from_s, LA)
    known = known.after_month(again, Position(0, done=True), LA)
    january = known.month_due(now, FOUR_HOURS, LA)
    assert january is not None
    assert (january.position.end, january.is_repeat) == (again.position.cursor, False)


def test_slice_that_an_older_version_began__is_left_to_the_round() -> None:
    known = StreamCheckpoint.from_json(backfilled(180).to_json())
    old = known.to_item() | {"sweep": [NOW.isoformat(), False, {"cursor": second(NOW) - 999}]}
    known = StreamCheckpoint.from_item(old)
    assert known.recent_due(NOW) is None
    assert known.month_due(NOW, FOUR_HOURS, LA) is None
