import json

import pytest

from nps_cli.repair import consumers
from nps_cli.repair.consumers import events
from nps_core.answers.stream import read_records
from nps_testing.factories import make_answer

ANSWERS = [make_answer(id=number, text="too slow \u2013 \U0001f622") for number in range(5)]


def test_answers__come_as_one_event_of_their_insertion() -> None:
    (event,) = events(ANSWERS)
    changes, bad = read_records(json.loads(event))
    assert changes == [(None, answer) for answer in ANSWERS]
    assert bad == []


def test_answers_too_large_for_one_event__come_in_several_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (whole,) = events(ANSWERS)
    monkeypatch.setattr(consumers, "_MOST_BYTES", len(whole) // 2)
    parts = list(events(ANSWERS))
    assert len(parts) > 2
    assert all(len(part) <= len(whole) // 2 for part in parts)
    changes = [change for part in parts for change in read_records(json.loads(part))[0]]
    assert [new for _, new in changes] == ANSWERS


def test_one_answer_of_any_size__is_one_event(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "_MOST_BYTES", 1)
    assert len(list(events(ANSWERS))) == len(ANSWERS)
