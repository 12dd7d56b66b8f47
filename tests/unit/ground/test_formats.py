"""Values to plain ones and back: each rule of `nps_core.formats`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Literal, NamedTuple

import pytest

from nps_core.errors import UnreadableItem
from nps_core.formats import AS_TEXT, IN_KEY, LEFT_OUT, Stored
from nps_core.keys import AnswerKey

AT = datetime(2026, 3, 2, 17, 15, 4, 120_000, UTC)
KEY = AnswerKey("NPS-1a2b3c4d", "response", "500001")


class Span(NamedTuple):
    first: date
    last: date


class Step(NamedTuple):
    at: datetime
    inner: "Inner"
    unknown: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Inner(Stored):
    number: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Outer(Stored):
    name: str = field(metadata=IN_KEY)
    at: datetime
    word: Literal["one", "two"]
    maybe: str | None
    until: datetime | None = None
    ids: frozenset[str] = frozenset()
    answers: tuple[AnswerKey, ...] = ()
    span: Span | None = None
    step: Step | None = None
    inner: Inner | None = field(default=None, metadata=LEFT_OUT)
    inners: tuple[Inner, ...] = ()
    properties: Mapping[str, Any] = field(default_factory=dict, metadata=AS_TEXT)


EMPTY = Outer("x", AT, "one", None)
FULL = Outer(
    "x",
    AT,
    "two",
    "text",
    until=AT,
    ids=frozenset({"b", "a"}),
    answers=(KEY,),
    span=Span(date(2026, 3, 1), date(2026, 3, 2)),
    step=Step(AT, Inner(1)),
    inner=Inner(2, "n"),
    inners=(Inner(3),),
    properties={"b": 1.10, "a": "ä"},
)


def read(item: Mapping[str, Any]) -> Outer:
    return Outer.from_item(item, name="x")


@pytest.mark.parametrize("value", [EMPTY, FULL], ids=["empty", "full"])
def test_value__is_read_as_it_was_written(value: Outer) -> None:
    assert read(value.to_item()) == value
    assert read(json.loads(value.to_json())) == value


def test_value__is_written_in_the_order_of_its_fields_without_its_key() -> None:
    assert FULL.to_json() == (
        '{"at":"2026-03-02T17:15:04.120Z","word":"two","maybe":"text",'
        '"until":"2026-03-02T17:15:04.120Z","ids":["a","b"],'
        '"answers":["NPS-1a2b3c4d#response#500001"],"span":["2026-03-01","2026-03-02"],'
        '"step":["2026-03-02T17:15:04.120Z",{"number":1,"note":""}],'
        '"inner":{"number":2,"note":"n"},"inners":[{"number":3,"note":""}],'
        '"properties":"{\\"a\\": \\"\\u00e4\\", \\"b\\": 1.1}"}'
    )
    assert "inner" not in EMPTY.to_item()
    assert EMPTY.to_item()["until"] is None


def test_field_that_is_missing_or_null__has_its_default() -> None:
    bare = {"at": "2026-03-02T17:15:04.120Z", "word": "one"}
    assert read(bare) == EMPTY
    assert read({**bare, "ids": None, "maybe": None, "properties": None}) == EMPTY


def test_word_of_another_version__is_taken_as_it_is() -> None:
    assert str(read({**EMPTY.to_item(), "word": "three"}).word) == "three"


def test_unknown_fields__stay_where_they_were_and_change_no_equality() -> None:
    item = FULL.to_item()
    item["new"] = {"deep": [1]}
    item["inner"]["new"] = 2
    item["step"] = [*item["step"], "appended"]
    found = read({"pk": "p", "sk": "s", **item})
    assert found.to_item() == item
    assert replace(found, maybe="other").to_item() == {**item, "maybe": "other"}
    assert replace(found, step=FULL.step) == FULL
    assert found.step is not None
    assert found.step.unknown == ("appended",)
    assert hash(found.inner) == hash(FULL.inner)


def test_attributes_beside_the_value__are_not_its_own() -> None:
    found = Outer.from_item({**EMPTY.to_item(), "expires_at": 5}, beside=("expires_at",), name="x")
    assert found.to_item() == EMPTY.to_item()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"at": None}, "Outer.at is missing"),
        ({"at": "secret"}, "Outer.at cannot be read"),
        ({"at": 5}, "Outer.at cannot be read"),
        ({"answers": ["secret"]}, "Outer.answers cannot be read"),
        ({"inner": {"note": "secret"}}, "Outer.inner: Inner.number is missing"),
        ({"inner": ["secret"]}, "Outer.inner cannot be read"),
        ({"inners": [{"number": 1}, {}]}, "Outer.inners: Inner.number is missing"),
        ({"span": ["2026-03-01"]}, "Outer.span cannot be read"),
        ({"step": ["2026-03-02T17:15:04Z", {}]}, "Outer.step: Inner.number is missing"),
        ({"properties": "{secret"}, "Outer.properties cannot be read"),
    ],
)
def test_error__names_the_field_and_shows_no_content(change: dict[str, Any], why: str) -> None:
    with pytest.raises(UnreadableItem) as told:
        read({**FULL.to_item(), **change})
    assert str(told.value) == why
    assert told.value.__context__ is None or told.value.__suppress_context__


@pytest.mark.parametrize("text", ["", "secret", "[]", "5", "null"])
def test_text_that_is_no_object__says_whose_it_is(text: str) -> None:
    with pytest.raises(UnreadableItem, match=r"^Inner is not a JSON object$"):
        Inner.from_json(text)
