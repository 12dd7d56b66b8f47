"""A page that is not JSON is narrowed to its broken row; all others are read."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nps_core.connectors.wootric.protocol import classify
from nps_core.connectors.wootric.salvage import salvaged

ROWS: list[dict[str, Any]] = [
    {"id": 1, "text": "a}, {b", "tags": [{"name": "A"}, {"name": "B"}]},
    {"id": 2, "text": None, "tags": []},
    {"id": 3, "text": '["]', "tags": []},
]
BROKEN = {
    "number": b'{"id": 9, "score": ' + b"7" * 5_000 + b"}",
    "escape": rb'{"id": 9, "text": "C:\users"}',
    "open text": b'{"id": 9, "text": "never closed}',
    "nothing": b'{"id": 9, "score": }',
    "depth": b'{"id": 9, "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "word": b'{"id": 9, "score": undefined}',
}


def _page(rows: list[bytes]) -> bytes:
    return b"[" + b", ".join(rows) + b"]\n"


@pytest.mark.parametrize("place", range(len(ROWS) + 1))
@pytest.mark.parametrize("name", BROKEN)
def test_broken_row__is_its_text_and_hides_no_other(name: str, place: int) -> None:
    rows = [json.dumps(row).encode() for row in ROWS]
    page = _page([*rows[:place], BROKEN[name], *rows[place:]])
    verdict = classify(200, page, list)
    assert (verdict.meaning, "not JSON" in verdict.problem) == ("retry", True)
    found = verdict.data
    assert [row for row in found if isinstance(row, dict) and "id" in row] == ROWS
    texts = [row for row in found if isinstance(row, str)]
    assert texts[0].encode() == BROKEN[name]


def test_broken_row__with_objects_inside_hides_no_row_after_it() -> None:
    broken = b'{"id": 9, "score": , "tags": [{"name": "A"}, {"name": "B"}, {"name": "C"}]}'
    found = salvaged(_page([broken, *(json.dumps(row).encode() for row in ROWS)]))
    assert found is not None
    assert [row for row in found if isinstance(row, dict) and "id" in row] == ROWS


def test_broken_row__shows_no_ip_address() -> None:
    broken = b'{"id": 9, "ip_address": "203.0.113.9", "score": }'
    assert salvaged(_page([broken])) == ['{"id": 9,  "score": }']


@pytest.mark.parametrize(
    "body", [b"", b"[", b"<html>]", b'[{"id": 1}, {"id"', b'{"error": }', b"[{" + b"x" * 50]
)
def test_body__that_is_no_whole_list_is_nothing(body: bytes) -> None:
    assert salvaged(body) is None
    assert classify(200, body, list).data is None


def test_record__is_never_salvaged() -> None:
    assert classify(200, b'[{"id": }]', dict).data is None


@given(st.binary(max_size=80))
def test_salvage__of_any_bytes_ends(middle: bytes) -> None:
    rows = [json.dumps(row).encode() for row in ROWS]
    found = salvaged(_page([rows[0], middle, rows[1]]))
    assert found is not None
    assert found[0] == ROWS[0]
