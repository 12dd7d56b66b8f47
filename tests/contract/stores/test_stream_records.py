"""Records as Lambda delivers them: good ones in order, bad ones to quarantine."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from nps_core.answers.stream import keep_bad_records, read_records
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
