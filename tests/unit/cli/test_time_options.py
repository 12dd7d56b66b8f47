from datetime import UTC, datetime

import pytest
import typer

from nps_cli.shell.time_options import parse_time


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-02", datetime(2026, 3, 2, tzinfo=UTC)),
        ("2026-03-02T08:00:00Z", datetime(2026, 3, 2, 8, tzinfo=UTC)),
        ("2026-03-02T08:00:00.120Z", datetime(2026, 3, 2, 8, 0, 0, 120_000, UTC)),
        ("2026-03-02T08:00", datetime(2026, 3, 2, 8, tzinfo=UTC)),
        ("2026-03-02T08:00:00+02:00", datetime(2026, 3, 2, 6, tzinfo=UTC)),
    ],
)
def test_a_time__is_utc_unless_it_says_otherwise(text: str, expected: datetime) -> None:
    assert parse_time(text) == expected
    assert parse_time(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-01", "20260302", "2026-W10-1", "1999-12-31", "2100-01-01"]
)
def test_anything_else__is_refused_with_the_form(text: str) -> None:
    with pytest.raises(typer.BadParameter) as caught:
        parse_time(text)
    assert "give 2026-03-02 or 2026-03-02T08:00:00Z" in str(caught.value)
