from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nps_core.errors import PayloadError
from nps_core.times import epoch_ms, from_epoch_ms, from_iso, iso, parse_time

MOMENT = datetime(2026, 3, 2, 17, 15, 4, tzinfo=UTC)
FIRST = MOMENT.replace(year=2000, tzinfo=None)
moments = st.datetimes(
    min_value=FIRST, max_value=FIRST.replace(year=2099), timezones=st.just(UTC)
).map(lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000))


@pytest.mark.parametrize(
    "wire",
    [
        "2026-03-02 09:15:04 -0800",
        "2026-03-02T09:15:04-08:00",
        "2026-03-02T09:15:04.000-08:00",
        "2026-03-02 09:15:04-08:00",
        "2026-03-02 09:15:04 -08:00",
        "2026-03-02 22:45:04 +0530",
        "2026-03-02 22:45:04  0530",
        "2026-03-02 22:45:04 0530",
        "2026-03-02 22:45:04 05:30",
        "2026-03-02 17:15:04",
        "2026-03-02 17:15:04 UTC",
        "2026-03-02T17:15:04Z",
        " 2026-03-02T17:15:04Z\n",
        1772471704,
        1772471704.0,
    ],
)
def test_parse_time__reads_every_format_of_wootric(wire: object) -> None:
    assert parse_time(wire, "created_at") == MOMENT
    assert parse_time(wire, "created_at").tzinfo is UTC


def test_parse_time__keeps_milliseconds_and_cuts_the_rest() -> None:
    parsed = parse_time("2026-03-02T09:15:04.558999-08:00", "created_at")
    assert parsed == MOMENT.replace(microsecond=558_000)


def test_parse_time__knows_that_the_dst_jump_is_four_seconds() -> None:
    before = parse_time("2026-03-08 01:59:58 -0800", "created_at")
    after = parse_time("2026-03-08 03:00:02 -0700", "updated_at")
    assert after - before == timedelta(seconds=4)


@pytest.mark.parametrize(
    "wire",
    [
        *(None, True, False, "", "  ", "yesterday", [], {}, b"2026-03-02", "2026-13-02 09:15:04"),
        *(float("nan"), float("inf"), -float("inf"), 10**30, -(10**30), 1e300),
        *("2026-03-02 09:15:04 -9900", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
        *(0, 946_684_799, 4_102_444_800, "1999-12-31 23:59:59 +0000", "2100-01-01T00:00:00Z"),
    ],
    ids=repr,
)
def test_parse_time__refuses_everything_else(wire: object) -> None:
    with pytest.raises(PayloadError) as caught:
        parse_time(wire, "created_at")
    assert caught.value.reason == "bad_time"
    assert caught.value.detail == "created_at is not a time"


@given(st.text() | st.integers() | st.floats() | st.none())
def test_parse_time__raises_nothing_but_payload_error(wire: object) -> None:
    with suppress(PayloadError):
        assert 2000 <= parse_time(wire, "x").year < 2100


@given(moments)
def test_iso__round_trips_to_the_millisecond(moment: datetime) -> None:
    assert from_iso(iso(moment)) == moment
    assert parse_time(iso(moment), "x") == moment


@given(moments, moments)
def test_iso__sorts_as_text_by_second(one: datetime, other: datetime) -> None:
    if one.replace(microsecond=0) < other.replace(microsecond=0):
        assert iso(one) < iso(other)


@pytest.mark.parametrize(
    ("microsecond", "text"),
    [
        (0, "2026-03-02T17:15:04Z"),
        (999, "2026-03-02T17:15:04Z"),
        (1_000, "2026-03-02T17:15:04.001Z"),
        (999_999, "2026-03-02T17:15:04.999Z"),
    ],
)
def test_iso__has_milliseconds_only_when_there_are_any(microsecond: int, text: str) -> None:
    assert iso(MOMENT.replace(microsecond=microsecond)) == text


@given(moments)
def test_epoch_ms__round_trips(moment: datetime) -> None:
    assert from_epoch_ms(epoch_ms(moment)) == moment


def test_epoch_ms__cuts_below_the_millisecond() -> None:
    assert epoch_ms(MOMENT.replace(microsecond=1_999)) == 1772471704001
