import pytest
from hypothesis import given
from hypothesis import strategies as st

from nps_core.mails.parts.graphemes import ELLIPSIS, cut, is_border

WHOLE = {
    "combining accent": "e\u0301",
    "zero-width joiner family": "\U0001f468\u200d\U0001f469",
    "skin tone": "\U0001f44d\U0001f3fd",
    "flag": "\U0001f1e9\U0001f1ea",
    "variation selector": "\u2764\ufe0f",
    "keycap": "1\ufe0f\u20e3",
    "hangul jamo": "\u1112\u1161\u11ab",
    "devanagari conjunct": "\u0915\u094d\u0937",
    "regional flag": "\U0001f3f4\U000e0067\U000e0062\U000e007f",
}


@pytest.mark.parametrize("whole", WHOLE.values(), ids=WHOLE.keys())
def test_border__is_not_inside_what_reads_as_one_character(whole: str) -> None:
    text = f"{whole}{whole}"
    borders = [index for index in range(len(text) + 1) if is_border(text, index)]
    assert borders == [0, len(whole), len(text)]


def test_cut__leaves_short_text_alone() -> None:
    assert cut("short", 5) == "short"


def test_cut__prefers_the_end_of_a_word() -> None:
    assert cut("Exports time out every day", 20) == "Exports time out" + ELLIPSIS


def test_cut__splits_a_word_that_is_too_long() -> None:
    assert cut("x" * 50, 20) == "x" * 19 + ELLIPSIS


def test_cut__without_room_is_empty() -> None:
    assert cut("text", 0) == ""


@given(st.text(max_size=60), st.integers(min_value=1, max_value=40))
def test_cut__keeps_a_prefix_within_the_limit(text: str, limit: int) -> None:
    short = cut(text, limit)
    assert len(short) <= limit or short == text
    assert short == text or text.startswith(short.removesuffix(ELLIPSIS))
