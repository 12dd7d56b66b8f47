from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from nps_core.connectors.wootric.people import name_of, profile_of
from nps_core.customers.people import Profile

ROW: dict[str, Any] = {
    "id": 7001,
    "created_at": "2025-11-20 23:03:41 -0800",
    "updated_at": "2026-03-02 09:15:42 -0800",
    "email": " Ana@Acme.example ",
    "external_id": "u-42",
    "phone_number": "+14155550100",
    "properties": {"company_id": "c-118", "Full Name": "Ana  Gomez", "n": 5, "x": {"deep": 1}},
    "last_response": {"id": 1},
    "settings": {},
}


def test_profile__is_who_somebody_is_now_and_has_no_telephone() -> None:
    found = profile_of(ROW)
    assert found == Profile(
        "7001",
        "ana@acme.example",
        "u-42",
        "Ana Gomez",
        {"company_id": "c-118", "Full Name": "Ana  Gomez", "n": 5},
        datetime(2026, 3, 2, 17, 15, 42, tzinfo=UTC),
    )
    assert "+14155550100" not in str(found.to_item())


def test_profile__is_read_as_it_was_written() -> None:
    found = profile_of(ROW)
    assert found is not None
    assert Profile.from_item(found.to_item(), id="7001") == found
    empty = Profile("1", None, None, None)
    assert Profile.from_item(empty.to_item(), id="1") == empty


@pytest.mark.parametrize(
    "row", [None, 5, "x", {}, {"id": None}, {"id": "a b"}, {"id": True}, {"id": {}}]
)
def test_row_without_an_id__is_nobody(row: object) -> None:
    assert profile_of(row) is None


def test_odd_fields__count_as_absent() -> None:
    found = profile_of(
        {"id": "7", "email": 5, "external_id": [], "properties": "{'a': 1}", "updated_at": "soon"}
    )
    assert found == Profile("7", None, None, None)


def test_unknown_user__has_no_address() -> None:
    found = profile_of({"id": 7, "email": "Unknown"})
    assert found is not None
    assert found.email is None


@pytest.mark.parametrize(
    ("properties", "name"),
    [
        ({"name": "Ana Gomez"}, "Ana Gomez"),
        ({"First Name": "Ana", "last_name": "Gomez"}, "Ana Gomez"),
        ({"first_name": "Ana"}, "Ana"),
        ({"given_name": "Ana", "surname": " "}, "Ana"),
        ({"name": 5, "company": "Acme"}, None),
        ({}, None),
    ],
)
def test_name__is_found_in_the_properties(properties: dict[str, Any], name: str | None) -> None:
    assert name_of(properties) == name


def test_person__tells_more_once_an_address_or_external_id_is_known() -> None:
    nobody = Profile("7", None, None, None)
    ana = replace(nobody, email="ana@acme.example")
    assert ana.tells_more_than(nobody)
    assert replace(nobody, external_id="u-1").tells_more_than(nobody)
    assert replace(ana, email="ana@beta.example").tells_more_than(ana)
    assert not ana.tells_more_than(ana)
    assert not nobody.tells_more_than(ana)
    assert not replace(ana, name="Ana").tells_more_than(ana)
    assert not ana.tells_more_than(None), "nobody has waited for a person seen for the first time"
