from typing import Any

import pytest

from nps_core.connectors.wootric.protocol import (
    Meaning,
    RateInfo,
    base_url,
    classify,
    error_message,
    page_params,
    rate_info,
    row_ref,
    wait_for_reset,
)
from nps_core.sync.reading.cursor import PageQuery, RowRef

NOW_S = 1_772_470_800.0


@pytest.mark.parametrize(
    ("token", "host"),
    [
        ("NPS-1a2b3c4d", "https://api.wootric.com"),
        ("NPS-EU-1a2b3c4d", "https://api.wootric.eu"),
        ("NPS-AU-1a2b3c4d", "https://api.wootric.au"),
        ("NPS-eu-1a2b3c4d", "https://api.wootric.eu"),
        ("NPS-EUROPE1", "https://api.wootric.com"),
    ],
)
def test_host__follows_from_the_prefix_of_the_token(token: str, host: str) -> None:
    assert base_url(token) == host


def test_host__can_be_overridden() -> None:
    assert base_url("NPS-EU-1", "http://127.0.0.1:8080/") == "http://127.0.0.1:8080"


def test_page_query__says_everything_that_has_a_default() -> None:
    assert page_params(PageQuery(100)) == {
        "page": "1",
        "per_page": "50",
        "sort_key": "created_at",
        "sort_order": "asc",
        "created[gte]": "100",
    }


def test_page_query__reads_one_second_half_open() -> None:
    params = page_params(PageQuery(100, 101, 7, "desc"))
    assert (params["created[gte]"], params["created[lt]"]) == ("100", "101")
    assert (params["page"], params["sort_order"]) == ("7", "desc")


@pytest.mark.parametrize(
    ("status", "body", "meaning"),
    [
        (200, b"[]", "data"),
        (200, b'[{"id": 1}', "retry"),
        (200, b"<html>maintenance</html>", "retry"),
        (200, b'{"error": "no"}', "retry"),
        (200, b"", "retry"),
        (302, b"", "rejected"),
        (400, b'{"error": "x"}', "rejected"),
        (401, b"", "unauthorized"),
        (403, b"", "rejected"),
        (404, b"", "missing"),
        (408, b"", "retry"),
        (422, b"", "rejected"),
        (429, b"", "rate_limited"),
        (500, b"{}", "retry"),
        (502, b"<html>Bad Gateway</html>", "retry"),
        (503, b"", "retry"),
        (599, b"", "retry"),
    ],
)
def test_reply__is_classified_by_status_and_shape(
    status: int, body: bytes, meaning: Meaning
) -> None:
    assert classify(status, body, list).meaning == meaning


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            b'{"type":"error_list","errors":[{"status":"x","message":"page is invalid"}]}',
            "page is invalid",
        ),
        (b'{"error":"invalid_client","error_description":"Client failed."}', "Client failed."),
        (b'{"error":"Not found","status":404}', "Not found"),
        (b'{"message":"Not Found"}', "Not Found"),
        (b'"just a text"', "just a text"),
        (b'{"errors":["a","b"]}', "a; b"),
        (b"", ""),
        (b"[]", ""),
        (b"<html><h1>502</h1></html>", "an HTML page"),
        (b"\xff\xfe", ""),
        (b"[" * 100_000, ""),
    ],
)
def test_error_message__reads_every_known_shape(body: bytes, text: str) -> None:
    assert error_message(body) == text


def test_error_message__carries_no_personal_data() -> None:
    body = (
        b'{"error":"Validation failed: Email ana@acme.example has already been taken,'
        b' name \'Ana Silva\', text \\"too slow\\""}'
    )
    said = error_message(body)
    assert "already been taken" in said
    for secret in ("ana", "acme", "Silva", "slow"):
        assert secret not in said


def test_error_message__is_short_and_one_line() -> None:
    said = error_message(b'{"error":"' + b"long \\n text " * 100 + b'"}')
    assert len(said) <= 120
    assert "\n" not in said


def test_row_ref__reads_id_and_second_whatever_the_zone() -> None:
    row = {"id": 5, "created_at": "2026-03-02 09:15:04 -0800"}
    assert row_ref(row) == RowRef("5", 1_772_471_704)


@pytest.mark.parametrize(
    "row", [None, 7, [], {}, {"id": None}, {"id": True, "created_at": "soon"}, {"id": ""}]
)
def test_row_ref__identifies_rows_that_cannot_be_read(row: Any) -> None:
    found = row_ref(row)
    assert found == row_ref(row)
    assert found.id.startswith("~")
    assert found.second is None


def test_rate_headers__are_read_without_regard_to_case() -> None:
    headers = {
        "x-rate-limit-limit": "100",
        "X-Rate-Limit-Remaining": "97",
        "X-RATE-LIMIT-RESET": "1772470859",
        "Date": "Mon, 02 Mar 2026 17:00:00 GMT",
    }
    assert rate_info(headers) == RateInfo(100, 97, 1_772_470_859.0, NOW_S)


@pytest.mark.parametrize("text", ["", "soon", "-1", "1.5", "²"])
def test_rate_headers__that_make_no_sense_count_as_absent(text: str) -> None:
    headers = {"X-Rate-Limit-Limit": text, "X-Rate-Limit-Reset": text, "Date": text}
    assert rate_info(headers) == RateInfo()


@pytest.mark.parametrize(
    ("reset_in_s", "ahead_s", "wait_s"),
    [
        (30, 0, 30),
        (0, 0, 60),  # the past: clocks differ
        (-5, 0, 60),
        (90, 0, 61),  # no window is longer than a minute
        (500, 0, 60),
        (30, 400, 30),  # the server's Date tells how far ahead it is
        (30, -400, 30),
    ],
)
def test_wait_for_reset__survives_clocks_that_differ(
    reset_in_s: float, ahead_s: float, wait_s: float
) -> None:
    server_now = NOW_S + ahead_s
    info = RateInfo(100, 0, server_now + reset_in_s, server_now if ahead_s else None)
    assert wait_for_reset(info, NOW_S) == wait_s


def test_wait_for_reset__without_a_header_is_a_quarter_of_a_minute() -> None:
    assert wait_for_reset(RateInfo(), NOW_S) == 15.0


@pytest.mark.parametrize("given", ["x" * 65, "\u00e9", "", True, None, [1]], ids=repr)
def test_row_ref__holds_no_id_that_a_position_could_not(given: object) -> None:
    found = row_ref({"id": given, "created_at": "2026-03-02 09:15:04 -0800"})
    assert (found.id[0], len(found.id)) == ("~", 9)
