from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nps_core.merge import content_hash, merge
from nps_core.models import Answer, AnswerKey, Incoming
from nps_core.times import epoch_ms
from nps_testing.environment import TOKEN
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


def test_webhook__never_touches_tags_notes_and_completed() -> None:
    read = make_rest(tags=("A",), notes=("called",), completed=True)
    answer = _fold([read, _updated(score=9, text="new")])
    assert (answer.tags, answer.notes, answer.completed) == (("A",), ("called",), True)
    assert answer.score == 9


def test_read__replaces_tags_even_by_none() -> None:
    first = make_rest(tags=("A",), notes=("called",), completed=True)
    second = make_rest(event_at=NOW + SECOND)
    answer = _fold([first, second])
    assert (answer.tags, answer.notes, answer.completed) == ((), (), False)
    assert content_hash(_fold([second, first])) == content_hash(answer)


def test_read__that_lacks_tags_keeps_them() -> None:
    first = make_rest(tags=("A",), notes=("called",), completed=True)
    second = make_rest(event_at=NOW + SECOND, tags=None, notes=None, completed=None, excluded=None)
    answer = _fold([first, second])
    assert (answer.tags, answer.notes, answer.completed) == (("A",), ("called",), True)


@pytest.mark.parametrize("missing", ["email", "external_id", "end_user_id", "survey_id"])
def test_absence__never_erases_identity(missing: str) -> None:
    lacking = make_rest(updated_at=T0 + 60 * SECOND, event_at=T0 + 90 * SECOND, **{missing: None})
    for versions in ([make_incoming(), lacking], [lacking, make_incoming()]):
        assert getattr(_fold(versions), missing) == getattr(make_incoming(), missing)


@pytest.mark.parametrize("lacking", [None, {}])
def test_absence__never_erases_properties(lacking: dict[str, Any] | None) -> None:
    read = make_rest(updated_at=T0 + 60 * SECOND, properties=lacking)
    for versions in ([make_incoming(), read], [read, make_incoming()]):
        assert _fold(versions).properties == make_incoming().properties


@pytest.mark.parametrize("name", ["email", "external_id", "end_user_id", "survey_id", "origin_url"])
def test_identity__follows_the_newest_version(name: str) -> None:
    newer = _updated(**{name: "new"})
    assert getattr(_fold([make_incoming(), newer]), name) == "new"
    assert getattr(_fold([newer, make_incoming()]), name) == "new"


def test_unknown_user__becomes_known_by_an_address_and_never_back() -> None:
    unknown = make_incoming(email=None, is_unknown_user=True, external_id=None)
    known = make_rest()
    assert _fold([unknown]).is_unknown_user
    assert not _fold([unknown, known]).is_unknown_user
    assert not _fold([known, unknown]).is_unknown_user


def test_form__never_replaces_typed_values_by_their_text() -> None:
    typed = {"seats": 120, "price": 1.5, "active": True, "plan": "Pro"}
    text = {"seats": "120", "price": "1.5", "active": "true", "plan": "Pro"}
    created = make_incoming(properties=typed)
    form = _updated(properties=text, properties_typed=False)
    for versions in ([created, form], [form, created]):
        properties = _fold(versions).properties
        assert properties == typed
        assert properties["active"] is True


def test_form__brings_changed_values_as_text() -> None:
    form = _updated(properties={"seats": "121"}, properties_typed=False)
    for versions in ([make_incoming(properties={"seats": 120}), form], [form, make_incoming()]):
        assert _fold(versions).properties["seats"] == "121"


def test_typed_version__that_is_newer_replaces_the_text_of_a_form() -> None:
    form = make_incoming(properties={"seats": "120"}, properties_typed=False)
    assert _fold([form, _updated(properties={"seats": 120})]).properties == {"seats": 120}


def test_unknown_fields__of_all_versions_are_kept() -> None:
    webhook, read = make_incoming(extra={"channel": "web"}), make_rest(extra={"language": "pt"})
    for versions in ([webhook, read], [read, webhook]):
        assert _fold(versions).extra == {"channel": "web", "language": "pt"}


def test_unknown_fields__of_a_form_do_not_replace_typed_values() -> None:
    typed = make_incoming(extra={"n": 1, "m": 1})
    form = _updated(extra={"n": "1", "m": "2"}, properties_typed=False)
    for versions in ([typed, form], [form, typed]):
        assert _fold(versions).extra == {"n": 1, "m": "2"}


def test_exclusion__of_the_newest_webhook_counts() -> None:
    excluded = _updated(excluded=True)
    assert _fold([make_incoming(), excluded]).excluded
    assert _fold([excluded, make_incoming()]).excluded


def test_exclusion__seen_by_a_read_outlives_the_redelivery_of_a_webhook() -> None:
    read = make_rest(excluded=True)
    assert _fold([make_incoming(), read, make_incoming()]).excluded
    assert _fold([_updated(), read, make_incoming(), _updated()]).excluded is False
    late = make_rest(excluded=True, updated_at=T0.replace(microsecond=0) + 37 * SECOND)
    assert _fold([_updated(), late, make_incoming(), _updated()]).excluded


def test_exclusion__is_lifted_by_a_later_read() -> None:
    read, later = make_rest(excluded=True), make_rest(excluded=False, event_at=NOW + SECOND)
    assert not _fold([read, later]).excluded
    assert not _fold([later, read]).excluded


def test_exclusion__that_a_version_does_not_carry_stays() -> None:
    assert _fold([make_incoming(excluded=True), _updated(excluded=None)]).excluded


def test_milliseconds__of_the_answer_survive_a_read() -> None:
    for versions in ([make_incoming(), make_rest()], [make_rest(), make_incoming()]):
        assert _fold(versions).answered_at == T0


def test_deleted_answer__comes_back_only_by_a_later_read() -> None:
    gone = replace(_fold([make_incoming()]), deleted=True, rest_at=NOW)
    assert merge(gone, _updated(score=9), "NPS", NOW).deleted
    assert merge(gone, make_rest(event_at=NOW - SECOND), "NPS", NOW).deleted
    assert not merge(gone, make_rest(event_at=NOW + SECOND), "NPS", NOW).deleted


@pytest.mark.parametrize("metric", ["CSAT", "CES"])
def test_metric__of_a_webhook_decides_and_others_never_count(metric: str) -> None:
    webhook = make_incoming(metric=metric, score=5)
    for versions in ([webhook], [webhook, make_rest(score=5)], [make_rest(score=5), webhook]):
        answer = _fold(versions)
        assert (answer.metric, answer.metric_known) == (metric, True)
        assert not answer.is_counted
        assert not answer.is_detractor


def test_metric__of_the_connection_is_assumed_until_a_webhook_tells() -> None:
    answer = _fold([make_rest()], metric="CSAT")
    assert (answer.metric, answer.metric_known, answer.is_counted) == ("CSAT", False, False)
    assert merge(answer, make_incoming(), "CSAT", NOW).is_counted


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
        ({"end_user_id": None}, f"{TOKEN}:u-42"),
        ({"end_user_id": None, "external_id": None}, f"{TOKEN}:ana@acme.example"),
        ({"end_user_id": None, "external_id": None, "email": None}, f"{TOKEN}:~500001"),
        ({"is_unknown_user": True, "email": None, "external_id": "~x"}, f"{TOKEN}:~x"),
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
