"""Answers that an earlier version stored, without stamps, merge like those of today."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from nps_core.answers.dynamo import from_item
from nps_core.answers.merge import content_hash, merge
from nps_core.answers.models import Answer, Incoming
from nps_testing import samples
from nps_testing.factories import NOW

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def _of_before() -> Iterable[Answer]:
    for item in samples.older_items():
        if "sk" not in item:
            yield from_item(item)


ANSWERS = list(_of_before())
KEPT = [answer for answer in ANSWERS if not answer.deleted and not answer.erased]
RESPONSES = [answer for answer in KEPT if answer.key.kind == "response"]
GONE = [answer for answer in ANSWERS if answer.deleted or answer.erased]


def _row(answer: Answer, later: timedelta) -> Incoming:
    """Read the answer as it is stored, so much later (or earlier) than all that is known of it."""
    known = max(answer.event_at, answer.rest_at or answer.event_at, answer.updated_at)
    return Incoming(
        key=answer.key,
        source="sync",
        score=answer.score,
        text=answer.text or "",
        metric=None,
        email=answer.email,
        external_id=None,
        end_user_id=answer.end_user_id,
        is_unknown_user=answer.is_unknown_user,
        survey_id=answer.survey_id,
        origin_url=answer.origin_url,
        properties=answer.properties,
        properties_typed=True,
        answered_at=answer.answered_at.replace(microsecond=0),
        updated_at=answer.updated_at.replace(microsecond=0),
        event_rank=1,
        event_at=known + later,
        excluded=answer.excluded,
        tags=answer.tags,
        notes=answer.notes,
        completed=answer.completed,
    )


def test_samples__have_every_kind_of_answer() -> None:
    assert {answer.source for answer in ANSWERS} == {"webhook", "sync"}
    assert {answer.key.kind for answer in ANSWERS} == {"response", "decline"}
    assert len(GONE) > 1
    assert any(answer.tags or answer.notes for answer in KEPT)
    assert not any(answer.stamps for answer in ANSWERS)


@pytest.mark.parametrize("answer", KEPT, ids=lambda answer: str(answer.key))
def test_row__that_says_the_same_changes_nothing(answer: Answer) -> None:
    after = merge(answer, _row(answer, DAY), "NPS", NOW)
    assert content_hash(after) == content_hash(answer)


@pytest.mark.parametrize("answer", KEPT, ids=lambda answer: str(answer.key))
def test_row__that_is_newer_changes_all_that_it_says(answer: Answer) -> None:
    row = replace(_row(answer, DAY), score=5, text="", tags=("New",), excluded=True, properties={})
    after = merge(answer, row, "NPS", NOW)
    assert (after.score, after.text, after.tags, after.excluded) == (5, None, ("New",), True)
    assert (after.properties, after.email, after.external_id) == (
        {},
        answer.email,
        answer.external_id,
    )


@pytest.mark.parametrize("answer", RESPONSES, ids=lambda answer: str(answer.key))
def test_row__that_is_older_changes_nothing_that_is_known(answer: Answer) -> None:
    older = answer.updated_at - DAY
    row = replace(_row(answer, DAY), score=5, text="x", properties={"plan": "old"})
    row = replace(row, updated_at=older, event_at=older + SECOND, tags=("Old",))
    after = merge(answer, row, "NPS", NOW)
    assert (after.score, after.text) == (answer.score, answer.text)
    assert after.properties == (answer.properties or {"plan": "old"})
    assert after.tags == (("Old",) if answer.rest_at is None else answer.tags)


@pytest.mark.parametrize("answer", GONE, ids=lambda answer: str(answer.key))
def test_removed_answer__comes_back_by_a_later_row_only(answer: Answer) -> None:
    early = merge(answer, _row(answer, timedelta(0)), "NPS", NOW)
    assert (early.deleted, early.erased) == (answer.deleted, answer.erased)
    assert (early.email, early.text) == (answer.email, answer.text)
    later = merge(answer, _row(answer, SECOND), "NPS", NOW)
    assert (later.deleted, later.erased) == (False, False)
