"""Merge is a join: any versions, with any field missing, in any order, are one answer."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import permutations
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nps_core.answers.dynamo import from_item, to_item
from nps_core.answers.matching import AccountRules, resolve
from nps_core.answers.merge import content_hash, merge
from nps_core.answers.models import Answer, Incoming
from nps_core.answers.registers import joined, of_version
from nps_core.answers.removal import deleted, erased
from nps_core.answers.stamps import precedence, stamp_of
from nps_testing.factories import NOW, make_incoming, make_rest
from nps_testing.fakes.stores import InMemoryDirectory

T0 = datetime(2026, 3, 2, 17, 15, 4, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
RULES = AccountRules.of("company_id", "company", "csm_email")
DIRECTORY = InMemoryDirectory()
SETS, AT_ONCE = 4_000, 500

_PROPERTIES: Sequence[dict[str, Any]] = (
    *({}, {"company_id": "c-118", "company": "Acme", "seats": 120}, {"company_id": "c-200"}),
    *({"seats": 120}, {"seats": 121}, {"seats": "120"}, {"csm_email": "csm@example.com"}),
)
_FORMS: Sequence[dict[str, Any]] = ({}, {"seats": "120"}, {"company_id": "c-118", "seats": "121"})
_VALUES: dict[str, Sequence[Any]] = {
    "score": (0, 3, 9),
    "text": ("", "slow", "better"),
    "email": ("", "ana@acme.example", "ben@acme.example"),
    "external_id": ("u-42", "u-43"),
    "end_user_id": ("7001", "7002"),
    "survey_id": ("9001", "9002"),
    "origin_url": ("https://a.example", "https://b.example"),
    "excluded": (False, True),
}
_WEBHOOK = {"metric": ("NPS", "CSAT")}
_REST = {
    "tags": ((), ("A",), ("A", "B")),
    "notes": ((), ("called",)),
    "completed": (False, True),
}


def _some_version(draw: Random) -> Incoming:
    """Any version of an answer, with times that often meet."""
    is_rest, is_form = draw.random() < 0.5, draw.random() < 0.3
    millis = 0 if is_rest or is_form else draw.choice((0, 120, 877))
    updated_at = T0 + draw.choice((0, 0, 1, 7_200)) * SECOND + timedelta(milliseconds=millis)
    values = {**_VALUES, **(_REST if is_rest else _WEBHOOK)}
    said = {
        name: draw.choice(some) if draw.random() < 0.7 else None for name, some in values.items()
    }
    properties = _FORMS if is_form and not is_rest else _PROPERTIES
    said["properties"] = draw.choice(properties) if draw.random() < 0.7 else None
    extra: Sequence[dict[str, Any]] = ({}, {"n": 1}, {"n": 2, "m": [1]})
    if is_form and not is_rest:
        extra = ({}, {"n": "1"}, {"m": "2"})
    later = draw.choice((0, 1, 60, 3_600, 10_800))
    make = make_rest if is_rest else make_incoming
    return make(
        **said,
        answered_at=T0
        + draw.choice((0, 0, 0, 1)) * SECOND
        + (draw.choice((0, 120, 345)) if millis else 0) * timedelta(milliseconds=1),
        updated_at=updated_at,
        event_at=T0 + later * SECOND if is_rest else updated_at + draw.choice((1, 2)) * SECOND,
        event_rank=1 if is_rest else draw.choice((0, 1)),
        properties_typed=is_rest or not is_form,
        is_unknown_user=draw.random() < 0.2,
        extra=draw.choice(extra),
    )


def _some_versions(seed: int) -> list[Incoming]:
    draw = Random(seed)
    return [_some_version(draw) for _ in range(draw.randint(2, 4))]


def _merged(stored: Answer | None, version: Incoming) -> Answer:
    """Merge and find the account."""
    return resolve(merge(stored, version, "NPS", NOW), RULES, DIRECTORY)


def _merged_and_stored(stored: Answer | None, version: Incoming) -> Answer:
    """Merge as above, store and load."""
    after = _merged(stored, version)
    item = {name: value for name, value in to_item(after).items() if value is not None}
    loaded = from_item(item)
    assert loaded == after
    return loaded


Step = Callable[[Answer | None, Incoming], Answer]


def _fold(
    versions: Iterable[Incoming], stored: Answer | None = None, step: Step = _merged
) -> Answer:
    answer = stored
    for version in versions:
        answer = step(answer, version)
    assert answer is not None
    return answer


def _told(answer: Answer) -> Answer:
    """What is stored, without what says how it came there."""
    return replace(answer, rev=0, first_source="sync", first_seen_at=NOW, previous_score=None)


def _all_orders(versions: Sequence[Incoming], step: Step = _merged) -> list[Answer]:
    return [_told(_fold(order, step=step)) for order in permutations(versions)]


@pytest.mark.parametrize("first", range(0, SETS, AT_ONCE))
def test_merge__of_versions_with_any_field_missing_does_not_depend_on_the_order(first: int) -> None:
    for seed in range(first, first + AT_ONCE):
        versions = _some_versions(seed)
        one, *others = _all_orders(versions)
        assert all(other == one for other in others), seed
        assert content_hash(_fold([*versions, *versions])) == content_hash(one), seed


@given(st.integers(min_value=SETS))
def test_merge__of_any_versions_does_not_depend_on_order_and_repetition(seed: int) -> None:
    versions = _some_versions(seed)
    one, *others = _all_orders(versions, _merged_and_stored)
    assert all(other == one for other in others)
    assert _told(_fold([*versions, *versions])) == one


@given(st.integers(min_value=0))
def test_registers__join_in_any_bracketing(seed: int) -> None:
    draw = Random(seed)
    versions = [_some_version(draw) for _ in range(3)]
    one, two, three = [of_version(each, stamp_of(each), is_personal=True) for each in versions]
    assert joined(joined(one, two), three) == joined(one, joined(two, three))
    assert joined(one, two) == joined(two, one)
    assert joined(one, one) == one


@given(st.integers(min_value=0))
def test_merge__shows_the_newest_value_of_each_field(seed: int) -> None:
    versions = sorted(_some_versions(seed), key=lambda each: precedence(stamp_of(each)))
    if len({precedence(stamp_of(each)) for each in versions}) < len(versions):
        return
    answer = _fold(versions)
    for name, empty in {"excluded": False, "tags": (), "notes": (), "completed": None}.items():
        said = [value for each in versions if (value := getattr(each, name)) is not None]
        assert getattr(answer, name) == (said[-1] if said else empty)
    for name in ("email", "external_id", "end_user_id", "survey_id"):
        said = [value for each in versions if (value := getattr(each, name))]
        assert getattr(answer, name) == (said[-1] if said else None)
    texts = [each.text for each in versions if each.text is not None]
    assert answer.text == ((texts[-1] or None) if texts else None)


@pytest.mark.parametrize("how", [deleted, erased])
@given(seed=st.integers(min_value=0))
def test_removal__among_any_versions_does_not_depend_on_the_order(how: Any, seed: int) -> None:
    # An erasure drops the comment, which decides between versions of one moment.
    versions = [
        replace(version, event_at=version.event_at + number * timedelta(milliseconds=1))
        for number, version in enumerate(_some_versions(seed))
    ]
    removed_at = T0 + 24 * HOUR
    results = []
    for order in permutations(versions):
        for place in range(1, len(order) + 1):
            gone = how(_fold(order[:place]), removed_at)
            results.append(_vote(_fold(order[place:], gone)))
    assert all(result == results[0] for result in results)
    assert results[0].deleted or results[0].erased


def _vote(answer: Answer) -> Answer:
    """What an erasure leaves to be joined.

    Not the account, which is found by the person, nor the contact: it is that of the identity which
    was known at the erasure.
    """
    if not answer.erased:
        return _told(answer)
    assert (answer.text, answer.email, answer.external_id, answer.notes) == (None, None, None, ())
    assert (answer.properties, answer.extra, answer.typed) == ({}, {}, {})
    return replace(
        _told(answer),
        account_id=None,
        account_name=None,
        account_rule="",
        owner=None,
        is_unknown_user=False,
        contact=None,
        stamps={},
    )


@given(seed=st.integers(min_value=0), data=st.data())
def test_removals__of_both_kinds_and_reads_end_in_the_latest_word(
    seed: int, data: st.DataObject
) -> None:
    moments = data.draw(st.lists(st.integers(0, 5), min_size=3, max_size=3, unique=True))
    gone_at, erased_at, read_at = (T0 + moment * HOUR for moment in moments)
    first = make_incoming(event_at=T0 - HOUR, updated_at=T0 - 2 * HOUR)
    read = make_rest(event_at=read_at)
    steps = {
        "deleted": lambda answer: deleted(answer, gone_at),
        "erased": lambda answer: erased(answer, erased_at),
        "read": lambda answer: _merged(answer, read),
    }
    for order in permutations(steps):
        answer = reduce(lambda stored, name: steps[name](stored), order, _fold([first]))
        assert answer.deleted is (gone_at > read_at)
        assert answer.erased is (erased_at > read_at)


def test_row__whose_updated_at_goes_back_heals_in_any_order() -> None:
    first = make_rest(score=3, updated_at=T0 + 10 * SECOND, event_at=T0 + HOUR)
    back = make_rest(score=9, updated_at=T0 + 3 * SECOND, event_at=T0 + 2 * HOUR)
    webhook = make_incoming(score=3, updated_at=T0 + 10 * SECOND, event_at=T0 + 12 * SECOND)
    for order in permutations([first, back, webhook]):
        answer = _fold(order)
        assert (answer.score, answer.updated_at) == (9, T0 + 3 * SECOND)


def test_row__that_is_listed_late_never_reverts_a_fresh_webhook() -> None:
    webhook = make_incoming(score=3, updated_at=T0 + HOUR, event_at=T0 + HOUR + SECOND)
    stale = make_rest(score=9, updated_at=T0, event_at=T0 + HOUR + timedelta(minutes=14))
    for order in permutations([webhook, stale]):
        assert _fold(order).score == 3


@pytest.mark.parametrize(
    ("name", "first", "empty", "shown"),
    [
        ("properties", {"company_id": "c-118"}, {}, {}),
        ("tags", ("A",), (), ()),
        ("notes", ("called",), (), ()),
        ("text", "slow", "", None),
        ("excluded", True, False, False),
    ],
)
def test_empty_value__that_is_sent_clears_and_a_missing_one_does_not(
    name: str, first: object, empty: object, shown: object
) -> None:
    versions = [
        make_rest(**{name: first}, event_at=T0 + HOUR),
        make_rest(**{name: empty}, event_at=T0 + 2 * HOUR),
        make_rest(**{name: None}, event_at=T0 + 3 * HOUR),
    ]
    for order in permutations(versions):
        assert getattr(_fold(order), name) == shown
    for order in permutations(versions[::2]):
        assert getattr(_fold(order), name) == first


def test_ordinary_answer__stores_no_stamps() -> None:
    for make in (make_incoming, make_rest):
        for text in ("", "slow"):
            item = to_item(_fold([make(text=text)]))
            assert (item["stamps"], item["typed"], item.get("finest_at")) == (None, None, None)


def test_answer__by_webhook_and_then_by_read_stores_one_short_stamp() -> None:
    item = to_item(_fold([make_incoming(text="slow"), make_rest(text="slow")]))
    assert item["stamps"] == '{"0.2282.12.3":["metric"]}'


def test_value__that_an_earlier_version_of_the_code_has_set_since_is_not_lost() -> None:
    silent = _fold([make_incoming(text=None, tags=None)])
    assert silent.stamps == {"text": None}
    after = _fold([make_incoming(end_user_id="7002")], replace(silent, text="slow"))
    assert after.text == "slow"
