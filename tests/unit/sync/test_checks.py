"""What a page must be like before any of it is stored."""

import pytest

from nps_core.connectors.wootric.protocol import classify, row_ref
from nps_core.errors import SourceRejected
from nps_core.sync.reading.checks import checked_page
from nps_core.sync.reading.cursor import PageQuery, RowRef

START = 1_772_000_000
ASKED = PageQuery(START, START + 100)


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([RowRef("1", START - 1)], "outside the asked range"),
        ([RowRef("1", START + 100)], "outside the asked range"),
        ([RowRef("1", START, START + 162)], "ahead of its own clock"),
        ([RowRef("1", START, START, True)], "no offset"),
        ([RowRef(str(i), START + 50 - i) for i in range(10)], "not in order"),
    ],
)
def test_page__is_refused_when_it_answers_another_question(rows: list[RowRef], why: str) -> None:
    with pytest.raises(SourceRejected, match=why):
        checked_page(ASKED, rows, START + 101)


def test_page__without_a_date_is_not_measured_by_our_clock() -> None:
    checked_page(ASKED, [RowRef("1", START, START + 86_400)], None)


def test_page__passes_with_rows_of_the_whole_range_and_one_unreadable_time() -> None:
    rows = [RowRef("1", START, START + 161), RowRef("2", None), RowRef("3", START + 99)]
    checked_page(ASKED, rows, START + 101)


def test_page__may_have_one_odd_row_at_the_end_of_the_list() -> None:
    checked_page(ASKED, [RowRef("1", START + 9), RowRef("2", START)], START + 101)


@pytest.mark.parametrize(
    ("text", "is_naive"),
    [
        ("2026-02-25 06:13:20", True),
        ("2026-02-25T06:13:20.000", True),
        ("2026-02-25 06:13:20 -0800", False),
        ("2026-02-25T06:13:20Z", False),
        ("yesterday", False),
    ],
)
def test_row__without_an_offset_is_known(text: str, is_naive: bool) -> None:
    assert row_ref({"id": 1, "created_at": text}).is_naive is is_naive


def test_reply__with_bytes_that_are_not_json_is_read_all_the_same() -> None:
    verdict = classify(200, b'[{"id": 1, "text": "a\x0bb\xe9c"}]', list)
    assert verdict.data == [{"id": 1, "text": "a\x0bb\N{REPLACEMENT CHARACTER}c"}]
