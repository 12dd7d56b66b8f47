from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nps_core.answers.contacts import of_identity
from nps_core.answers.merge import content_hash
from nps_core.keys import AnswerKey
from nps_testing.factories import NOW, make_answer
from nps_testing.stacks.environment import TOKEN

SECOND = timedelta(seconds=1)
T0 = datetime(2026, 3, 2, 17, 15, 4, 120_000, UTC)


@pytest.mark.parametrize(
    ("change", "counted"),
    [
        ({}, True),
        ({"score": 0}, True),
        ({"score": None}, False),
        ({"excluded": True}, False),
        ({"deleted": True}, False),
        ({"metric": "CES"}, False),
        ({"kind": "decline"}, False),
    ],
)
def test_answer__is_counted_unless_something_speaks_against_it(
    change: dict[str, Any], counted: bool
) -> None:
    assert make_answer(**change).is_counted is counted
    assert make_answer(**change).is_detractor is counted


@pytest.mark.parametrize(("score", "is_detractor"), [(0, True), (6, True), (7, False), (10, False)])
def test_answer__is_a_detractor_up_to_six(score: int, is_detractor: bool) -> None:
    assert make_answer(score=score).is_detractor is is_detractor


@pytest.mark.parametrize(
    ("change", "contact"),
    [
        ({}, f"{TOKEN}:7001"),
        ({"is_unknown_user": True, "email": None, "external_id": None}, f"{TOKEN}:~500001"),
        ({"end_user_id": None}, of_identity(TOKEN, "u-42")),
        ({"end_user_id": None, "external_id": None}, of_identity(TOKEN, "ana@acme.example")),
        ({"end_user_id": None, "external_id": None, "email": None}, f"{TOKEN}:~500001"),
        ({"is_unknown_user": True, "email": None, "external_id": "~x"}, of_identity(TOKEN, "~x")),
    ],
)
def test_contact__is_the_end_user_or_else_the_answer_itself(
    change: dict[str, Any], contact: str
) -> None:
    answer = make_answer(**change)
    assert answer.contact_key == contact
    assert answer.is_anonymous is (contact == f"{TOKEN}:~500001")


@pytest.mark.parametrize(
    "change",
    [
        {"score": 4},
        {"text": "x"},
        {"metric": "CES"},
        {"metric_known": False},
        {"email": "b@acme.example"},
        {"external_id": None},
        {"end_user_id": "7002"},
        {"is_unknown_user": True},
        {"account_id": None},
        {"account_name": "x"},
        {"account_rule": "x"},
        {"owner": None},
        {"survey_id": "1"},
        {"origin_url": None},
        {"properties": {}},
        {"tags": ("A",)},
        {"notes": ("x",)},
        {"completed": False},
        {"excluded": True},
        {"deleted": True},
        {"erased": True},
        {"answered_at": T0 + timedelta(milliseconds=1), "updated_at": T0},
        {"updated_at": T0 + SECOND},
        {"extra": {"x": 1}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_content_hash__sees_what_a_reader_sees(change: dict[str, Any]) -> None:
    assert content_hash(make_answer(**change)) != content_hash(make_answer())


@pytest.mark.parametrize(
    "change",
    [
        {"rev": 1},
        {"event_rank": 1},
        {"event_at": NOW},
        {"rest_at": NOW},
        {"source": "sync"},
        {"first_source": "sync"},
        {"first_seen_at": NOW + SECOND},
        {"previous_score": 9},
        {"updated_at": T0.replace(microsecond=999_000)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_content_hash__does_not_see_bookkeeping(change: dict[str, Any]) -> None:
    assert content_hash(make_answer(**change)) == content_hash(make_answer())


def test_contact_and_hash__keep_wootric_accounts_apart() -> None:
    other = make_answer(key=AnswerKey("NPS-EU-1", "response", "500001"))
    assert other.contact_key != make_answer().contact_key
