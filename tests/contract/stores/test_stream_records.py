"""Records as Lambda delivers them: good ones in order, bad ones to quarantine."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from nps_core.answers.models import Change
from nps_core.answers.stream import apply_records, keep_bad_records, read_records
from nps_core.errors import StoreRefused, StoreUnavailable
from nps_testing.factories import NOW, make_answer
from nps_testing.fakes.stores import InMemoryQuarantine
from nps_testing.stream_events import stream_event

FIRST = make_answer(id=1, rev=5, text="ana@acme.example says no")
SECOND = make_answer(id=1, rev=6, score=9, rest_at=NOW, answered_at=NOW - timedelta(days=400))


def _record(**image: Any) -> dict[str, Any]:
    """One insert with some attributes of its new image replaced, or removed by None."""
    record: dict[str, Any] = stream_event([(None, FIRST)])["Records"][0]
    new = record["dynamodb"]["NewImage"] | image
    record["dynamodb"]["NewImage"] = {k: v for k, v in new.items() if v is not None}
    return record


def test_records__are_read_in_order() -> None:
    changes = [(None, FIRST), (FIRST, SECOND), (SECOND, None), (None, make_answer(id=2))]
    found, bad = read_records(stream_event(changes))
    assert found == [(old, new) for old, new in changes]
    assert bad == []


def test_empty_event__is_nothing() -> None:
    assert read_records({"Records": []}) == ([], [])


def test_event__without_records_is_an_error_and_not_an_empty_batch() -> None:
    with pytest.raises(KeyError):
        read_records({})


def _without_images(record: dict[str, Any]) -> None:
    del record["dynamodb"]["NewImage"]


def _without_data(record: dict[str, Any]) -> None:
    del record["dynamodb"]


def _with_text_as_data(record: dict[str, Any]) -> None:
    record["dynamodb"] = "text"


def _with_list_as_image(record: dict[str, Any]) -> None:
    record["dynamodb"]["NewImage"] = ["text"]


@pytest.mark.parametrize(
    "spoil", [_without_images, _without_data, _with_text_as_data, _with_list_as_image]
)
def test_record__that_is_no_change_of_an_item_is_bad(
    spoil: Callable[[dict[str, Any]], None],
) -> None:
    record = _record()
    spoil(record)
    changes, bad = read_records({"Records": [record]})
    assert (changes, len(bad)) == ([], 1)


@pytest.mark.parametrize(
    "image",
    [
        *({"pk": {"S": "CONN#NPS-1"}}, {"pk": {"S": "a#survey#1"}}, {"pk": None}),
        *(
            {"rev": None},
            {"rev": {"N": "many"}},
            {"rev": {"N": "Infinity"}},
            {"metric": None},
            {"answered_at": None},
        ),
        *({"updated_at": {"S": "soon"}}, {"event_at": {"N": "5"}}, {"properties": {"S": "{"}}),
        *({"extra": {"N": "5"}}, {"tags": {"N": "5"}}, {"score": {"N": "11"}}),
        *({"score": {"N": "-1"}}, {"score": {"N": "9.5"}}, {"score": {"S": "nine"}}),
        *({"text": {"X": "?"}}, {"text": "slow"}, {"text": {}}),
        {"text": {"B": base64.b64encode(b"binary").decode()}},
    ],
    ids=json.dumps,
)
def test_record__that_is_no_answer_is_bad_and_holds_up_nobody(image: dict[str, Any]) -> None:
    good = stream_event([(None, FIRST), (FIRST, SECOND)])["Records"]
    changes, bad = read_records({"Records": [good[0], _record(**image), good[1]]})
    assert changes == [(None, FIRST), (FIRST, SECOND)]
    assert len(bad) == 1


def test_bad_record__keeps_its_content_for_quarantine_only() -> None:
    _, bad = read_records({"Records": [_record(rev=None)]})
    assert json.loads(bad[0].raw) == _record(rev=None)
    assert "acme" not in bad[0].detail
    assert bad[0].detail == "KeyError"


def test_bad_records__are_quarantined_once_however_often_the_batch_comes() -> None:
    quarantine = InMemoryQuarantine()
    _, bad = read_records({"Records": [_record(rev=None), _record(score={"N": "11"})]})
    assert keep_bad_records(quarantine, bad, NOW) == 2
    assert keep_bad_records(quarantine, bad, NOW) == 0
    assert set(quarantine.kept.values()) == {"bad_stream_record"}


BATCH = [(None, make_answer(id=number)) for number in range(64)]


class Handled:
    """Handles changes but for the poison, in batches: one poison fails all of its batch."""

    def __init__(self, poison: set[str], failure: Exception) -> None:
        self.poison, self.failure = poison, failure
        self.done: list[str] = []
        self.calls = 0

    def apply(self, changes: list[Change]) -> int:
        self.calls += 1
        ids = [new.key.id for _, new in changes if new is not None]
        if self.poison & set(ids):
            raise self.failure
        self.done += ids
        return len(ids)


@pytest.mark.parametrize("failure", [StoreRefused("large"), KeyError("x"), RecursionError()])
def test_record__that_fails_for_good_is_set_aside_and_holds_up_nobody(failure: Exception) -> None:
    handled = Handled({"7", "40"}, failure)
    reports, bad = apply_records(stream_event(BATCH), handled.apply)
    assert (sum(reports), len(handled.done)) == (62, 62)
    assert {record.reason for record in bad} == {"record_fails"}
    assert {record.detail for record in bad} == {type(failure).__name__}
    numbers = [json.loads(record.raw)["dynamodb"]["SequenceNumber"] for record in bad]
    assert [int(number) for number in numbers] == [8, 41]
    assert handled.calls <= 2 * 2 * 7, "about two calls for each halving of each bad record"


def test_records__are_applied_in_order_around_a_bad_one() -> None:
    handled = Handled({"7"}, KeyError("x"))
    apply_records(stream_event(BATCH), handled.apply)
    assert handled.done == [str(number) for number in range(64) if number != 7]


def test_outage__is_left_to_a_repeat_of_the_batch() -> None:
    handled = Handled({"7"}, StoreUnavailable("down"))
    with pytest.raises(StoreUnavailable):
        apply_records(stream_event(BATCH), handled.apply)
    assert handled.calls == 1


def test_batch__of_nothing_that_can_be_read_applies_nothing() -> None:
    handled = Handled(set(), KeyError("x"))
    reports, bad = apply_records({"Records": [_record(rev=None)]}, handled.apply)
    assert (reports, len(bad), handled.calls) == ([], 1, 0)
