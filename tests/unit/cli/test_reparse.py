import json

import pytest

from nps_cli.repair.reparse import reparse
from nps_core.answers.models import Incoming
from nps_core.answers.quarantine import Quarantined
from nps_core.errors import PayloadError
from nps_testing.factories import NOW, make_answer
from nps_testing.stacks.environment import TOKEN
from nps_testing.stream_events import stream_event

DECLINE = {"id": 1, "created_at": "2026-03-02 09:15:04 -0800"}
ROW = {**DECLINE, "score": 3}


def kept(payload: object, source: str = "sync", reason: str = "bad_time") -> Quarantined:
    raw = payload if isinstance(payload, str) else json.dumps(payload)
    return Quarantined("h", NOW, source, TOKEN, reason, "a detail", raw)


def incoming(payload: Quarantined) -> Incoming:
    understood = reparse(payload)
    assert isinstance(understood, Incoming)
    return understood


def test_a_row__was_read_when_it_was_received() -> None:
    row = incoming(kept(ROW))
    assert (row.key.account_token, row.key.kind, row.score) == (TOKEN, "response", 3)
    assert (row.event_at, row.source) == (NOW, "sync")


def test_a_row_without_a_score__is_a_decline_unless_a_score_was_missed() -> None:
    assert incoming(kept(DECLINE)).key.kind == "decline"
    with pytest.raises(PayloadError, match="bad_score"):
        reparse(kept(DECLINE, reason="bad_score"))


def test_a_webhook__says_itself_whose_it_is_and_when() -> None:
    body = {"account_token": "NPS-2", "event_name": "updated", "decline": DECLINE}
    event = incoming(kept(body, "webhook"))
    assert (event.key.account_token, event.key.kind, event.source) == (
        *("NPS-2", "decline", "webhook"),
    )
    assert event.event_at == event.updated_at != NOW


def test_a_record_of_the_stream__is_returned_as_it_is() -> None:
    record = stream_event([(None, make_answer())])["Records"][0]
    assert reparse(kept(record, "stream")) == record


@pytest.mark.parametrize(
    ("payload", "source", "reason"),
    [
        ({**ROW, "score": 11}, "sync", "bad_score"),
        ([1], "sync", "not_an_object"),
        ("{", "sync", "not_json"),
        ("[" * 100_000, "sync", "not_json"),
        ("hello", "webhook", "not_json_or_form"),
        ({"dynamodb": {}}, "stream", "bad_stream_record"),
        ("7", "stream", "bad_stream_record"),
        ({"raw": "x" * 300_000}, "sync", "cut"),
        ("{}", "carrier pigeon", "unknown_source"),
    ],
)
def test_what_is_not_understood__says_why(payload: object, source: str, reason: str) -> None:
    with pytest.raises(PayloadError) as caught:
        reparse(kept(payload, source))
    assert caught.value.reason == reason
