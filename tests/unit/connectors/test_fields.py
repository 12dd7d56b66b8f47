from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nps_core.connectors import fields
from nps_core.errors import PayloadError


@pytest.mark.parametrize(
    ("value", "expected"),
    [(500001, "500001"), ("500001", "500001"), (" 7 ", "7"), ("a-b_c", "a-b_c"), (0, "0")],
)
def test_identifier__is_text_whatever_the_wire_sends(value: object, expected: str) -> None:
    assert fields.identifier({"id": value}, "id") == expected


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "  ",
        True,
        False,
        1.5,
        [],
        {},
        "a b",
        "a#b",
        "\u00fc",
        "x" * 65,
        10**70,
        "a\tb",
        "~1",
    ],
    ids=repr,
)
def test_identifier__refuses_what_cannot_be_part_of_a_key(value: object) -> None:
    with pytest.raises(PayloadError) as caught:
        fields.identifier({"id": value}, "id")
    assert caught.value.reason == "bad_id"
    assert caught.value.detail == "id is missing or not an id"


def test_identifier__takes_64_characters() -> None:
    assert fields.identifier({"id": "x" * 64}, "id") == "x" * 64


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *((None, None), ("", None), ("  ", None), (True, None), (1.5, None), ([], None)),
        *((42, "42"), (" u-42 ", "u-42"), ("x" * 800, "x" * 800), ("x" * 801, None)),
    ],
)
def test_optional_text__is_none_for_nothing(value: object, expected: str | None) -> None:
    assert fields.optional_text({"name": value}, "name") == expected
    assert fields.optional_text({}, "name") is None


@pytest.mark.parametrize(
    ("value", "expected"), [*((n, n) for n in range(11)), ("0", 0), ("10", 10), (" 7 ", 7)]
)
def test_score__is_an_integer_of_0_to_10(value: object, expected: int) -> None:
    assert fields.score({"score": value}, "NPS") == expected


@pytest.mark.parametrize(
    "value",
    [
        *(11, -1, 9.5, 9.0, None, True, False, "", "  ", "11", "-1", "9.5", "1e1", "ten", [], {}),
        *("\u0664", "\u00b2", "100", "007", 10**40, float("nan"), float("inf")),
    ],
    ids=repr,
)
def test_score__refuses_everything_else(value: object) -> None:
    with pytest.raises(PayloadError) as caught:
        fields.score({"score": value}, "NPS")
    assert caught.value.reason == "bad_score"


def test_score__is_required() -> None:
    with pytest.raises(PayloadError):
        fields.score({}, "NPS")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Exports time out &amp; support is slow", "Exports time out & support is slow"),
        ("a &amp;lt; b", "a &lt; b"),
        ("  spaces \n", "  spaces \n"),
        ("a\x00b", "ab"),
        ("", ""),
        ("   ", ""),
        ("\x00", ""),
        (None, ""),
        (5, ""),
        ("\u00e9" * 65_536, "\u00e9" * 65_536),  # longer than any webhook's
        ("a" + "\u00e9" * 195_000, "a" + "\u00e9" * 195_000),  # whoever stores it bounds it
        ("&#128512;", "\U0001f600"),
        ("&#xD800;", "\ufffd"),
    ],
)
def test_comment__is_unescaped_exactly_once(value: object, expected: str | None) -> None:
    assert fields.comment({"text": value}) == expected


def test_comment__that_is_not_sent_is_none() -> None:
    assert fields.comment({}) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (" Ana@Acme.Example ", ("ana@acme.example", False)),
        ("Unknown", (None, True)),
        (" UNKNOWN ", (None, True)),
        ("", (None, False)),
        (None, (None, False)),
        (7, (None, False)),
        ("o&#39;neil@acme.example", ("o'neil@acme.example", False)),
        ("stra\u00dfe@acme.example", ("strasse@acme.example", False)),
        ("customer-17", ("customer-17", False)),
        ("x" * 300, ("x" * 300, False)),
    ],
)
def test_email__is_trimmed_and_case_folded(
    value: object, expected: tuple[str | None, bool]
) -> None:
    assert fields.email(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *((True, True), (False, False), ("true", True), ("false", False), (" TRUE ", True)),
        *(("1", True), ("0", False), ("", None), (None, None), (1, None), ("yes", None)),
    ],
)
def test_boolean__understands_json_and_forms(value: object, expected: bool | None) -> None:
    assert fields.boolean(value) is expected


def test_properties__are_flat_and_unescaped() -> None:
    given_properties = {
        "company": " Acme &amp; Co ",
        "a &amp; b": 1,
        "price": 1.5,
        "active": True,
        "nested": {"no": 1},
        "list": [1],
        "null": None,
        "empty": "",
        "long": "x" * 1_001,
    }
    assert fields.properties(given_properties) == {
        "company": " Acme & Co ",
        "a & b": 1,
        "price": 1.5,
        "active": True,
        "empty": "",
        "long": "x" * 1_001,
    }


def test_properties__are_kept_however_many_there_are() -> None:
    given_properties = {**{str(n): n for n in range(100)}, "company_id": "c-118"}
    assert fields.properties(given_properties) == given_properties


def test_id__is_whole_or_none_at_all() -> None:
    assert fields.optional_text({"id": "x" * 800}, "id") == "x" * 800
    assert fields.optional_text({"id": "\u00e9" * 401}, "id") is None
    assert fields.email("x" * 801) == (None, False)


@pytest.mark.parametrize("value", [None, [], "text", 5])
def test_properties__that_are_no_object_are_not_carried(value: object) -> None:
    assert fields.properties(value) is None


def test_properties__that_are_empty_are_carried() -> None:
    assert fields.properties({}) == {}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([], ()),
        (None, ()),
        ("text", ()),
        (["PERFORMANCE", " SUPPORT "], ("PERFORMANCE", "SUPPORT")),
        ([{"name": "A &amp; B"}, {"id": 1}, None, 5, " "], ("A & B",)),
    ],
)
def test_labels__are_texts(value: object, expected: tuple[str, ...]) -> None:
    assert fields.labels({"tags": value}, "tags") == expected


def test_labels__are_not_carried_when_absent() -> None:
    assert fields.labels({}, "tags") is None


def _nested(levels: int) -> Any:
    value: Any = "bottom"
    for level in range(levels):
        value = [value] if level % 2 else {"x": value}
    return value


def test_storable__replaces_surrogates_at_any_depth() -> None:
    assert fields.storable({"a\ud800": ["b\udfff", {"c": "\U0001f600"}]}) == {
        "a?": ["b?", {"c": "\U0001f600"}]
    }


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_storable__drops_what_json_has_no_number_for(value: float) -> None:
    assert fields.storable({"a": [value, 1.5]}) == {"a": [None, 1.5]}


def test_storable__takes_twenty_levels() -> None:
    assert fields.storable(_nested(20)) == _nested(20)


@pytest.mark.parametrize("levels", [21, 500])
def test_storable__refuses_more_levels(levels: int) -> None:
    with pytest.raises(PayloadError) as caught:
        fields.storable(_nested(levels))
    assert caught.value.reason == "too_deep"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
    max_leaves=20,
)


@given(json_values)
def test_storable__changes_nothing_the_second_time(value: object) -> None:
    once = fields.storable(value)
    assert fields.storable(once) == once
    assert "\ud800" not in str(once)
