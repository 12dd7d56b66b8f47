from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from nps_core.answers.dynamo import to_item
from nps_core.answers.merge import content_hash, merge
from nps_core.answers.models import Answer
from nps_core.answers.removal import deleted, erased, restored
from nps_core.numbers.ledger import account_vote, contact_vote
from nps_core.times import epoch_ms
from nps_testing.factories import NOW, make_answer, make_incoming, make_rest
from nps_testing.stacks.environment import TOKEN

SECOND = timedelta(seconds=1)
LATER = NOW + timedelta(hours=1)
FULL = make_answer(
    text="Ana says that exports are slow",
    tags=("Product",),
    notes=("Called Ana",),
    completed=True,
    extra={"language": "pt"},
    unknown={"nickname": "Ana"},
    previous_score=8,
    rest_at=NOW,
    is_unknown_user=False,
)
REMOVALS = pytest.mark.parametrize("remove", [deleted, erased])
Remove = Callable[[Answer, datetime], Answer]


def _changed(before: Answer, after: Answer) -> set[str]:
    return {f.name for f in fields(Answer) if getattr(before, f.name) != getattr(after, f.name)}


def test_deleted__is_a_tombstone_that_does_not_count() -> None:
    gone = deleted(FULL, LATER)
    assert _changed(FULL, gone) == {"deleted", "deleted_at", "rev"}
    assert (gone.deleted, gone.is_counted) == (True, False)


def test_restored__is_as_it_was_and_only_a_later_removal_holds() -> None:
    again = restored(deleted(FULL, LATER), LATER + SECOND)
    assert _changed(FULL, again) == {"rest_at", "rev"}
    assert (again.is_counted, again.rest_at) == (True, LATER + SECOND)
    assert deleted(again, LATER) is again
    assert deleted(again, LATER + 2 * SECOND).deleted


def test_restored__leaves_alone_what_is_not_deleted_or_has_no_content() -> None:
    for answer in (FULL, erased(FULL, LATER), erased(deleted(FULL, LATER), LATER + SECOND)):
        assert restored(answer, LATER + 2 * SECOND) is answer


def test_erased__drops_the_person_and_keeps_the_vote() -> None:
    gone = erased(FULL, LATER)
    who = {"email", "external_id", "properties", "extra", "unknown"}
    words = {"text", "notes", "survey_id", "origin_url"}
    assert _changed(FULL, gone) == {*who, *words, "erased", "erased_at", "rev"}
    assert gone.is_counted
    assert account_vote(gone) == replace(account_vote(FULL), rev=gone.rev)
    assert contact_vote(gone).labels == (None, "7001")
    for name in ("ana", "acme.example", "u-42", "slow", "called", "pt", "9001", "https"):
        assert name not in repr(gone).lower()


def test_erased__keeps_the_contact_apart_from_the_other_visitors() -> None:
    for answer in (FULL, make_answer(email=None, external_id=None, is_unknown_user=True)):
        assert erased(answer, LATER).contact_key == answer.contact_key


@pytest.mark.parametrize(
    "who",
    [
        {"external_id": None},
        {"email": None},
        {"external_id": None, "email": None},
        {"is_unknown_user": True, "end_user_id": "6999", "email": None},
    ],
)
def test_erased__without_an_end_user_id_keeps_its_contact_and_nothing_personal(
    who: dict[str, Any],
) -> None:
    before = make_answer(**{"end_user_id": None, **who})
    gone = erased(before, LATER)
    assert (gone.contact_key, gone.is_anonymous) == (before.contact_key, before.is_anonymous)
    assert (gone.email, gone.external_id, gone.former_contact_key) == (None, None, None)
    assert "ana" not in repr(to_item(gone)).lower()
    assert "u-42" not in repr(to_item(gone))
    late = merge(gone, make_incoming(end_user_id=None), "NPS", LATER)
    assert late.contact_key == before.contact_key


def test_erased__that_is_read_again_has_its_contact_by_what_the_row_says() -> None:
    gone = erased(make_answer(end_user_id=None), LATER)
    back = merge(gone, make_rest(event_at=LATER + SECOND), "NPS", LATER)
    assert (back.contact, back.contact_key) == (None, f"{TOKEN}:7001")


@REMOVALS
def test_removal__makes_a_newer_version(remove: Remove) -> None:
    assert remove(FULL, LATER).rev == epoch_ms(LATER)
    ahead = replace(FULL, rev=epoch_ms(LATER) + 5)
    assert remove(ahead, LATER).rev == epoch_ms(LATER) + 6
    assert content_hash(remove(FULL, LATER)) != content_hash(FULL)


@REMOVALS
def test_removal__is_done_once(remove: Remove) -> None:
    gone = remove(FULL, LATER)
    assert remove(gone, LATER + SECOND) is gone


@REMOVALS
def test_removal__is_overruled_by_a_row_that_was_read_later(remove: Remove) -> None:
    assert remove(FULL, NOW - SECOND) is FULL
    assert remove(FULL, NOW) is not FULL
    assert remove(replace(FULL, rest_at=None), NOW - SECOND) is not FULL


def test_both_removals__in_either_order_end_the_same() -> None:
    one, other = erased(deleted(FULL, LATER), LATER), deleted(erased(FULL, LATER), LATER)
    assert one == other
    assert (one.deleted, one.erased, one.is_counted) == (True, True, False)


def test_declines__are_removed_as_well() -> None:
    decline = make_answer(kind="decline", score=None, metric="NPS")
    assert erased(decline, LATER).email is None
    assert deleted(decline, LATER).deleted
