from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nps_core import clock
from nps_local.clock.control import ClockFile, parse_duration, parse_time


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-01T09:00:00Z", datetime(2026, 3, 1, 9, tzinfo=UTC)),
        ("2026-03-01T09:00:00", datetime(2026, 3, 1, 9, tzinfo=UTC)),
        ("2026-03-01T09:00:00-08:00", datetime(2026, 3, 1, 17, tzinfo=UTC)),
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
    ],
)
def test_parse_time__is_utc(text: str, expected: datetime) -> None:
    assert parse_time(text) == expected
    assert parse_time(text).tzinfo == UTC


@pytest.mark.parametrize("text", ["", "tomorrow", "8h", "2026-13-01"])
def test_parse_time__of_anything_else_names_it(text: str) -> None:
    with pytest.raises(ValueError, match="is no ISO 8601 time"):
        parse_time(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30s", timedelta(seconds=30)),
        ("5m", timedelta(minutes=5)),
        ("8h", timedelta(hours=8)),
        ("7d", timedelta(days=7)),
        ("2w", timedelta(days=14)),
        ("1.5h", timedelta(minutes=90)),
        ("-1d", timedelta(days=-1)),
    ],
)
def test_parse_duration__reads_number_and_unit(text: str, expected: timedelta) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize("text", ["", "8", "h", "8 hours", "8h30m", "1y"])
def test_parse_duration__of_anything_else_names_it(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        parse_duration(text)


def test_clock__set_and_advanced__is_what_the_functions_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = ClockFile(tmp_path / "clock.json")
    monkeypatch.setenv("NPS_CLOCK_FILE", str(file.path))
    file.create()
    file.set(datetime(2026, 3, 1, 9, tzinfo=UTC))
    file.advance(timedelta(hours=8))
    late = datetime(2026, 3, 1, 17, tzinfo=UTC)
    assert late <= clock.now() < late + timedelta(seconds=10)
    assert late <= file.now() < late + timedelta(seconds=10)


def test_clock__created_again__keeps_the_time(tmp_path: Path) -> None:
    file = ClockFile(tmp_path / "clock.json")
    file.create()
    file.set(datetime(2020, 1, 1, tzinfo=UTC))
    file.create()
    assert file.now().year == 2020
