from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from nps_core.keys import AnswerKey
from nps_core.sync.lists import Stream
from nps_core.sync.proof.audit import AuditState, Proof
from nps_core.sync.proof.counting import ClassCounts, Days
from nps_core.sync.proof.gaps import Gap
from nps_core.sync.proof.suspects import Suspect
from nps_core.sync.reading.checkpoint import Backfill, StreamCheckpoint
from nps_core.sync.reading.cursor import Position
from nps_core.sync.requests import OperatorRequests
from nps_core.sync.runlog import RunRecord
from nps_core.views.sync import status
from nps_core.views.sync.status import Known, rate_per_minute, seconds_left, share
from nps_testing.factories import NOW
from nps_testing.stacks.environment import TOKEN

DAYS = 10
FIRST = StreamCheckpoint.first(NOW, DAYS, timedelta(minutes=15))
DAY_S = 86_400
NOTHING_WANTED, NOT_AUDITED = OperatorRequests(), AuditState()
AN_HOUR_AGO = int(NOW.timestamp()) - 3_600


def at(cursor_s: int, rows: int = 0) -> StreamCheckpoint:
    """A stream that is being read."""
    return replace(FIRST, backfill=replace(FIRST.backfill, position=Position(cursor_s), rows=rows))


def done(rows: int = 0) -> StreamCheckpoint:
    position = Position(int(NOW.timestamp()), done=True)
    fill = replace(FIRST.backfill, position=position, ended_at=NOW, rows=rows)
    return replace(FIRST, backfill=fill)


def extending(checkpoint: StreamCheckpoint, days_read: int | None) -> StreamCheckpoint:
    """Ten days before the history, of which some have been read; None: no stream reads any."""
    if days_read is None:
        return replace(checkpoint, extended_at="1")
    from_s, end = FIRST.backfill.from_s - DAYS * DAY_S, FIRST.backfill.from_s
    extension = Backfill(NOW, from_s, Position(from_s + days_read * DAY_S, end=end))
    return replace(checkpoint, extension=extension, extended_at="1")


def known(
    responses: StreamCheckpoint | None,
    declines: StreamCheckpoint | None,
    *,
    gaps: Iterable[Gap] = (),
    suspects: Iterable[Suspect] = (),
    run: RunRecord | None = None,
    people: StreamCheckpoint | None = None,
    wanted: OperatorRequests = NOTHING_WANTED,
    audit: AuditState = NOT_AUDITED,
) -> Known:
    streams: dict[Stream, StreamCheckpoint | None] = {"responses": responses, "declines": declines}
    return Known(
        account_token=TOKEN,
        host="https://api.wootric.com",
        activated_at=NOW,
        overlap=timedelta(minutes=15),
        zone=ZoneInfo("UTC"),
        streams=streams,
        people=people,
        audit=audit,
        wanted=wanted,
        gaps=gaps,
        suspects=suspects,
        last_run=run,
    )


def running(fetched: int, seconds: float, ended_at: datetime | None = None) -> RunRecord:
    started_at = NOW - timedelta(seconds=seconds)
    return RunRecord("r-1", TOKEN, "live", started_at, ended_at=ended_at, fetched=fetched)


def status_row(known: Known, now: datetime) -> dict[str, Any]:
    return status.status_row(known, now).as_json()


def test_a_row__has_the_documented_fields_in_order() -> None:
    row = status_row(known(done(), done()), NOW)
    assert list(row) == [
        *("account_token", "host", "phase", "backfill_percent", "answers", "rate_per_minute"),
        *("seconds_left", "lag_seconds", "complete_to", "held_by", "covered", "open_gaps"),
        *(
            "suspects",
            "oldest_suspect",
            "people",
            "lists_changes",
            "last_audit",
            "last_run",
            "extension",
        ),
    ]


def test_nothing_read__is_a_backfill_at_its_begin() -> None:
    row = status_row(known(None, None), NOW)
    assert (row["phase"], row["backfill_percent"], row["answers"]) == ("backfill", 0.0, 0)
    assert (row["complete_to"], row["held_by"]) == (None, "nothing has been read yet")
    nothing = ("rate_per_minute", "seconds_left", "lag_seconds", "last_audit", "last_run")
    assert [row[name] for name in nothing] == [None] * 5
    assert row["covered"] == row["open_gaps"] == []


def test_never_activated__is_not_connected() -> None:
    row = status_row(replace(known(None, None), activated_at=None), NOW)
    assert row["phase"] == "not connected"


def test_a_backfill__tells_how_far_it_is_and_how_long_it_takes() -> None:
    half = FIRST.backfill.from_s + DAYS * DAY_S // 2
    row = status_row(
        known(at(half, rows=600), at(FIRST.backfill.from_s), run=running(600, 60)), NOW
    )
    assert row["phase"] == "backfill"
    assert row["backfill_percent"] == 25.0  # half of one of two streams
    assert (row["answers"], row["rate_per_minute"]) == (600, 600.0)
    assert row["seconds_left"] == 60
    assert row["held_by"] == "the backfill is under way"


@pytest.mark.parametrize(
    ("people", "wanted", "responses", "phase"),
    [
        (None, OperatorRequests(), done(), "people"),
        (done(), OperatorRequests(), done(), "live"),
        (done(), OperatorRequests(), extending(done(), 5), "extension"),
        (done(), OperatorRequests(backfill_at="2", since_s=1), done(), "extension"),
    ],
)
def test_phase__is_what_a_run_does_first(
    people: StreamCheckpoint | None,
    wanted: OperatorRequests,
    responses: StreamCheckpoint,
    phase: str,
) -> None:
    row = status_row(known(responses, done(), people=people, wanted=wanted), NOW)
    assert row["phase"] == phase
    assert row["people"] is (people is not None)


def test_an_extension__tells_since_when_and_how_far() -> None:
    begin = "2026-02-10T17:16:00Z"
    row = status_row(known(extending(done(), 5), extending(done(), None)), NOW)
    assert row["extension"] == {"since": begin, "percent": 75.0}
    assert row["backfill_percent"] == 100.0


def test_an_extension_that_no_run_has_begun__is_told_at_once() -> None:
    asked = OperatorRequests(backfill_at="2", since_s=1_700_000_000)
    row = status_row(known(extending(done(), None), extending(done(), None), wanted=asked), NOW)
    assert row["extension"] == {"since": "2023-11-14T22:13:20Z", "percent": 0.0}


def test_gaps__hold_complete_to_back_and_closed_ones_do_not() -> None:
    gap = Gap("responses", "second", AN_HOUR_AGO, AN_HOUR_AGO + 1, "too full", NOW, "r-1", tries=2)
    closed = replace(gap, from_s=AN_HOUR_AGO - 60, closed_at=NOW)
    row = status_row(known(done(), done(), gaps=[gap, closed]), NOW)
    assert row["complete_to"] == "2026-03-02T16:16:00Z"
    assert row["held_by"] == "too full"
    assert row["open_gaps"] == [
        {
            **{"stream": "responses", "kind": "second", "from": "2026-03-02T16:16:00Z"},
            **{"to": "2026-03-02T16:16:01Z", "reason": "too full", "tries": 2},
            "found_at": "2026-03-02T17:16:00Z",
        }
    ]
    assert len(row["covered"]) == 2
    assert row["covered"][1] == ["2026-03-02T16:16:01Z", "2026-03-02T17:01:00Z"]


def test_suspects__are_told_beside_what_is_complete() -> None:
    suspect = Suspect(AnswerKey(TOKEN, "response", "7"), AN_HOUR_AGO, None, NOW)
    row = status_row(known(done(), done(), suspects=[suspect]), NOW)
    assert row["suspects"] == 1
    assert row["oldest_suspect"] is not None
    assert row["held_by"] is None
    assert status_row(known(done(), done()), NOW)["oldest_suspect"] is None


def test_lag__is_that_of_the_stream_behind() -> None:
    behind = replace(done(), proven_at=NOW - timedelta(seconds=90))
    assert status_row(known(done(), behind), NOW)["lag_seconds"] == 90


def test_the_last_comparison__is_shown_as_it_was_reported() -> None:
    days = Days(date(2026, 3, 1), date(2026, 3, 1))
    proof = Proof(NOW, days, ClassCounts(3, 2, 1), ClassCounts(3, 2, 0))
    row = status_row(known(done(), done(), audit=AuditState(proof, lists_changes=True)), NOW)
    assert row["last_audit"]["holds"] is False
    assert row["last_audit"]["stored"] == {"promoters": 3, "passives": 2, "detractors": 0}
    assert row["lists_changes"] is True


def test_rate__is_that_of_the_whole_run() -> None:
    ended = running(100, 120, ended_at=NOW - timedelta(seconds=60))
    assert rate_per_minute(ended, NOW) == 100.0
    assert rate_per_minute(running(100, 120), NOW) == 50.0
    assert rate_per_minute(running(5, 0.5), NOW) is None


def test_time_left__is_unknown_without_a_rate_or_a_row() -> None:
    begun = at(FIRST.backfill.from_s + DAY_S, rows=100).backfill
    assert seconds_left([begun], 90.0) == 600
    assert seconds_left([begun], 0.0) is None
    assert seconds_left([begun], None) is None
    assert seconds_left([at(FIRST.backfill.from_s).backfill], 90.0) is None
    assert seconds_left([done(9).backfill], 90.0) is None


def test_share__is_all_only_at_the_end() -> None:
    beyond = at(int(NOW.timestamp()) + 60).backfill
    assert share(beyond) < 1
    assert share(done().backfill) == 1


def test_days_that_are_counted_otherwise__hold_back_what_is_complete() -> None:
    day = NOW.date() - timedelta(days=3)
    lacking = Proof(NOW, Days(day, day), ClassCounts(3, 2, 1), ClassCounts(4, 2, 0))
    row = status_row(known(done(), done(), audit=AuditState(lacking)), NOW)
    assert row["held_by"] == "days that the source counts otherwise"
    assert row["complete_to"] == f"{day}T00:00:00Z"
    surplus = replace(lacking, source=ClassCounts(3, 2, 0))
    row = status_row(known(done(), done(), audit=AuditState(surplus)), NOW)
    assert row["held_by"] is None, "a removal that is not proven yet is no answer that is missing"
