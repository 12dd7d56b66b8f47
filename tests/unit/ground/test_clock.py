import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nps_core import clock

DAY = timedelta(days=1)


def test_now__is_aware_in_utc_and_real() -> None:
    before = datetime.now(UTC)
    assert before <= clock.now() <= datetime.now(UTC)
    assert clock.now().tzinfo is UTC


@pytest.mark.parametrize("offset_s", [86_400, -86_400.5])
def test_now__is_moved_by_the_file_of_the_local_stack(tmp_path: Path, offset_s: float) -> None:
    file = tmp_path / "clock.json"
    file.write_text(f'{{"offset_s": {offset_s}}}')
    os.environ["NPS_CLOCK_FILE"] = str(file)
    before = datetime.now(UTC) + timedelta(seconds=offset_s)
    assert before <= clock.now() <= datetime.now(UTC) + timedelta(seconds=offset_s)


@pytest.mark.parametrize("content", [None, "", "{"])
def test_now__is_real_while_nobody_has_moved_the_clock(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "clock.json"
    if content is not None:
        file.write_text(content)
    os.environ["NPS_CLOCK_FILE"] = str(file)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_now__does_not_hide_a_file_of_another_shape(tmp_path: Path) -> None:
    file = tmp_path / "clock.json"
    file.write_text('{"offset": 1}')
    os.environ["NPS_CLOCK_FILE"] = str(file)
    with pytest.raises(KeyError, match="offset_s"):
        clock.now()
