from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nps_core.answers.merge import content_hash, merge
from nps_core.answers.models import Answer, Incoming
from nps_core.answers.removal import deleted, erased
from nps_core.answers.stamps import PERSONAL
from nps_testing.factories import NOW, make_incoming, make_rest

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


def test_absence__never_erases_properties() -> None:
    read = make_rest(updated_at=T0 + 60 * SECOND, properties=None)
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


def test_erased_answer__takes_nothing_of_the_person_from_webhooks_and_earlier_reads() -> None:
    gone = erased(_fold([make_incoming(text="slow")]), NOW)
    for version in (
        make_incoming(text="slow"),
        _updated(score=9, text="better", metric="CSAT"),
        make_rest(text="slow", event_at=NOW - SECOND),
        make_rest(text="slow", event_at=NOW, notes=("Called Ana",), extra={"a": "Ana"}),
    ):
        after = merge(gone, version, "NPS", NOW)
        assert (after.erased, after.account_id) == (True, gone.account_id)
        for name in (*PERSONAL, "extra", "typed"):
            assert getattr(after, name) == getattr(gone, name), name


def test_erased_answer__keeps_the_newest_vote_that_was_given_before() -> None:
    gone = erased(_fold([make_incoming(text="slow")]), NOW)
    assert merge(gone, _updated(score=9, text="better"), "NPS", NOW).score == 9


def test_answer_that_was_erased_once__takes_the_person_from_later_reads_only() -> None:
    gone = erased(_fold([make_incoming(text="slow")]), NOW)
    read = make_rest(event_at=NOW + SECOND, email=None, text="better")
    for versions in ([make_incoming(), read], [read, make_incoming()]):
        back = gone
        for version in versions:
            back = merge(back, version, "NPS", NOW)
        assert (back.erased, back.email, back.text) == (False, None, "better")


def test_erased_answer__comes_back_whole_by_a_later_read() -> None:
    gone = erased(deleted(_fold([_updated(score=5)]), NOW), NOW)
    # `updated_at` is older than that of the webhook before: the later read is right all the same.
    read = make_rest(score=9, text="better", notes=("called",), event_at=NOW + SECOND)
    back = merge(gone, read, "NPS", NOW)
    assert (back.erased, back.deleted, back.score, back.text) == (False, False, 9, "better")
    assert (back.email, back.external_id, back.notes) == ("ana@acme.example", "u-42", ("called",))
    assert back.properties == read.properties


def test_deleted_answer__is_not_brought_back_by_the_read_that_found_it_gone() -> None:
    read = make_rest(event_at=NOW)
    assert merge(deleted(_fold([read]), NOW), read, "NPS", NOW).deleted


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
