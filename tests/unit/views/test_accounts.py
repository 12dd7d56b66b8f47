from datetime import timedelta
from typing import Any

import pytest

from nps_core.answers.models import UNMATCHED, Answer
from nps_core.customers.entries import DirectoryEntry
from nps_core.customers.people import Profile
from nps_core.numbers.account_numbers import fold_account, fold_contact
from nps_core.numbers.ledger import account_vote, contact_vote, vote_id
from nps_core.scoring import Counts
from nps_core.views.accounts import Numbers, account_row
from nps_core.views.contacts import contact_account, contact_row
from nps_core.views.responses import DeclineRow, ResponseRow
from nps_core.views.view import source_id
from nps_testing.factories import NOW, make_answer

PERSON = Profile("7001", "ana@acme.example", "u-1", "Ana Diaz", {"plan": "pro"})
NUMBERS = ["n", "promoters", "passives", "detractors", "nps", "nps_rounded", "mean"]


def account(*given: Answer, known: DirectoryEntry | None = None) -> dict[str, Any]:
    votes = {vote_id(answer): account_vote(answer) for answer in given}
    view = fold_account("c-118", votes, NOW, 180)
    return account_row(view, known, "team@example.com").as_json()


def test_account_row__has_the_documented_fields_in_order() -> None:
    row = account(make_answer(score=9))
    assert list(row) == [
        *("account_id", "name", "owner", "as_of", "window_days", "all", "latest", "class"),
        *("class_reason", "last_answered_at"),
    ]
    assert list(row["all"]) == list(row["latest"]) == NUMBERS


def test_account_row__shows_unrounded_and_rounded_numbers() -> None:
    answers = [
        make_answer(id=1, score=10, end_user_id="1"),
        make_answer(id=2, score=8, end_user_id="1", answered_at=NOW),
        make_answer(id=3, score=0, end_user_id="2"),
    ]
    row = account(*answers)
    assert row["all"]["nps"] == 0.0
    assert row["latest"] == {
        **{"n": 2, "promoters": 0, "passives": 1, "detractors": 1},
        **{"nps": -50.0, "nps_rounded": -50, "mean": 4.0},
    }


def test_numbers__are_null_without_answers() -> None:
    row = Numbers.model_validate(Counts()).as_json()
    assert (row["n"], row["nps"], row["nps_rounded"], row["mean"]) == (0, None, None, None)


@pytest.mark.parametrize(("detractors", "expected"), [(1, 13), (3, -13)])
def test_nps_rounded__rounds_half_away_from_zero(detractors: int, expected: int) -> None:
    counts = Counts(promoters=2, passives=8 - 2 - detractors, detractors=detractors)
    assert Numbers.model_validate(counts).nps_rounded == expected


def test_owner__is_the_one_the_answers_name_before_the_directory_and_the_fallback() -> None:
    unnamed = make_answer(owner=None)
    entry = DirectoryEntry("account", "c-118", "c-118", owner="dora@example.com")
    assert account(make_answer(), known=entry)["owner"] == "csm@example.com"
    assert account(unnamed, known=entry)["owner"] == "dora@example.com"
    assert account(unnamed)["owner"] == "team@example.com"


def test_name__comes_from_the_directory_when_no_answer_has_one() -> None:
    unnamed = make_answer(account_name=None)
    entry = DirectoryEntry("account", "c-118", "c-118", name="Acme")
    assert account(unnamed, known=entry)["name"] == "Acme"
    assert account(unnamed)["name"] is None


def test_contact_row__compares_with_the_answer_before() -> None:
    before = make_answer(id=1, score=9, answered_at=NOW - timedelta(days=9))
    votes = {vote_id(answer): contact_vote(answer) for answer in (before, make_answer(id=2))}
    view = fold_contact("c-118", votes)
    assert view is not None
    row = contact_row(view, PERSON).as_json()
    assert row == {
        "email": "ana@acme.example",
        "end_user_id": 7001,
        "account_id": "c-118",
        "latest_score": 3,
        "latest_class": "detractor",
        "latest_at": "2026-03-02T17:15:04.120Z",
        "previous_score": 9,
        "previous_at": "2026-02-21T17:16:00Z",
        "direction": "down",
        "delta": -6,
        "name": "Ana Diaz",
        "external_id": "u-1",
        "properties": {"plan": "pro"},
    }
    assert list(row)[:3] == ["email", "end_user_id", "account_id"]
    assert list(row)[-3:] == ["name", "external_id", "properties"]


def test_contact_row__of_somebody_unknown_says_so() -> None:
    view = fold_contact("c-118", {vote_id(make_answer()): contact_vote(make_answer())})
    assert view is not None
    row = contact_row(view, None)
    assert (row.name, row.external_id, row.properties) == (None, None, {})


def test_response_row__has_the_documented_fields_in_order() -> None:
    row = ResponseRow.model_validate(make_answer(text="slow", tags=("a", "b"))).as_json()
    assert list(row) == [
        *("id", "account_token", "score", "text", "email", "external_id", "end_user_id"),
        *("account_id", "metric", "excluded", "deleted", "tags", "answered_at", "updated_at"),
        *("rev", "source"),
    ]
    assert (row["id"], row["end_user_id"], row["tags"]) == (500001, 7001, ["a", "b"])


def test_decline_row__has_neither_score_nor_comment() -> None:
    row = DeclineRow.model_validate(make_answer(kind="decline", score=None)).as_json()
    assert not {"score", "text", "metric"} & set(row)
    assert row["id"] == 500001


@pytest.mark.parametrize(
    ("stored", "shown"),
    [("7", 7), ("007", "007"), ("u-42", "u-42"), ("\u0667", "\u0667"), ("-1", "-1")],
)
def test_source_id__is_a_number_only_where_the_source_has_one(
    stored: str, shown: int | str
) -> None:
    assert source_id(stored) == shown


def test_unmatched_contacts__have_no_account() -> None:
    assert contact_account(UNMATCHED) is None
    assert contact_account("c-118") == "c-118"
