from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nps_core.answers.merge import content_hash, merge
from nps_core.answers.models import Answer, Incoming
from nps_core.times import epoch_ms
from nps_testing.factories import NOW, make_answer, make_incoming, make_rest

SECOND = timedelta(seconds=1)
T0 = datetime(2026, 3, 2, 17, 15, 4, 120_000, UTC)


def _fold(versions: Sequence[Incoming], metric: str = "NPS") -> Answer:
    stored: Answer | None = None
    for version in versions:
        stored = merge(stored, version, metric, NOW)
    assert stored is not None
    return stored


def _updated(**overrides: Any) -> Incoming:
    changed_at = overrides.pop("updated_at", T0 + 37 * SECOND)
    fields = {"updated_at": changed_at, "event_at": changed_at + 2 * SECOND, "event_rank": 1}
    return make_incoming(**{**fields, **overrides})


def test_first_version__is_the_answer() -> None:
    answer = merge(None, make_incoming(text="slow"), "NPS", NOW)
    assert answer == make_answer(
        text="slow",
        account_id=None,
        account_name=None,
        account_rule="unmatched",
        owner=None,
        event_at=make_incoming().event_at,
    )


def test_newer_version__replaces_what_the_end_user_said() -> None:
    answer = _fold([make_incoming(), _updated(score=5, text="better")])
    assert (answer.score, answer.text, answer.previous_score) == (5, "better", 3)


def test_older_version__that_comes_late_changes_nothing() -> None:
    newest = _fold([_updated(score=5, text="better")])
    after = merge(newest, make_incoming(), "NPS", NOW)
    assert content_hash(after) == content_hash(newest)
    assert (after.score, after.previous_score, after.updated_at) == (5, None, T0 + 37 * SECOND)


@pytest.mark.parametrize("offset", [0, 1, -60_000, 60_000])
def test_rev__always_grows(offset: int) -> None:
    stored = make_answer(rev=epoch_ms(NOW) + offset)
    after = merge(stored, _updated(score=5), "NPS", NOW)
    assert after.rev == max(epoch_ms(NOW), stored.rev + 1)


def test_tie__updated_beats_created_whatever_the_milliseconds() -> None:
    created = make_incoming(score=3, updated_at=T0.replace(microsecond=999_000))
    updated = _updated(score=5, updated_at=T0.replace(microsecond=0), event_at=created.event_at)
    assert _fold([created, updated]).score == _fold([updated, created]).score == 5


def test_tie__of_two_updates_the_later_milliseconds_win() -> None:
    early = _updated(score=3, updated_at=T0.replace(microsecond=1_000), event_at=T0 + 9 * SECOND)
    late = _updated(score=5, updated_at=T0.replace(microsecond=2_000), event_at=T0)
    assert _fold([early, late]).score == _fold([late, early]).score == 5


def test_tie__to_the_millisecond_the_later_event_wins() -> None:
    early = _updated(score=3, updated_at=T0, event_at=T0 + 2 * SECOND)
    late = _updated(score=5, updated_at=T0, event_at=T0 + 3 * SECOND)
    assert _fold([early, late]).score == _fold([late, early]).score == 5


def test_tie__of_everything_the_comment_wins() -> None:
    silent, spoken = make_incoming(text=None), make_incoming(text="slow")
    assert _fold([silent, spoken]).text == _fold([spoken, silent]).text == "slow"


def test_tie__even_of_the_comment_does_not_depend_on_the_order() -> None:
    one, other = make_incoming(text="slow", score=2), make_incoming(text="slow", score=4)
    assert content_hash(_fold([one, other])) == content_hash(_fold([other, one]))


def test_read__after_the_second_beats_an_update_of_that_second() -> None:
    webhook = _updated(score=9, updated_at=T0.replace(microsecond=900_000))
    read = make_rest(score=3, updated_at=T0.replace(microsecond=0))
    assert _fold([webhook, read]).score == _fold([read, webhook]).score == 3


def test_read__within_the_second_does_not_beat_a_later_update_of_it() -> None:
    webhook = _updated(score=9, updated_at=T0.replace(microsecond=900_000))
    early = T0.replace(microsecond=500_000)
    read = make_rest(score=3, updated_at=T0.replace(microsecond=0), event_at=early)
    assert _fold([webhook, read]).score == _fold([read, webhook]).score == 9


def test_later_read__brings_edits_that_did_not_move_updated_at() -> None:
    moved = {"company_id": "c-200"}
    first, later = make_rest(), make_rest(event_at=NOW + SECOND, properties=moved)
    answer = _fold([make_incoming(), first, later])
    assert answer.properties == moved
    assert content_hash(_fold([later, make_incoming(), first])) == content_hash(answer)
