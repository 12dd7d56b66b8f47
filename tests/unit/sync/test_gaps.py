from dataclasses import replace
from datetime import UTC, datetime, timedelta

from nps_core.sync.proof.gaps import Gap

NOW = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
GAP = Gap("responses", "second", 5, 6, "too many rows", NOW, "run-1")


def test_new_gap__is_tried_at_once_then_ever_more_rarely() -> None:
    assert GAP.is_due(NOW)
    tried, waits = GAP, []
    at = NOW
    for _ in range(7):
        tried = tried.tried(at)
        pause = timedelta(0)
        while not tried.is_due(at + pause):
            pause += timedelta(hours=12)
        waits.append(pause.days)
        at += pause
    assert waits == [1, 2, 4, 8, 16, 16, 16]


def test_gap__that_is_read_person_by_person_goes_on_at_once() -> None:
    half = replace(GAP, tries=1, tried_at=NOW, next_user="7001")
    assert half.is_due(NOW)
    assert not half.tried(NOW).is_due(NOW)


def test_gap__that_is_closed_or_a_window_is_not_tried() -> None:
    assert not replace(GAP, closed_at=NOW).is_due(NOW)
    assert not replace(GAP, kind="window").is_due(NOW)


def test_gap__is_read_as_it_was_written() -> None:
    every = replace(GAP.tried(NOW, "still"), next_user="7", closed_at=NOW, rows=3_000)
    assert Gap.from_item(every.to_item()) == every
    assert Gap.from_item(GAP.to_item()) == GAP
