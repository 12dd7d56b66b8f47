"""A profile fits an item, whatever properties a source keeps for a person."""

from typing import Any

from nps_core.connectors.wootric.people import profile_of
from nps_core.customers.people import Profile


def _profile(properties: dict[str, Any]) -> Profile:
    found = profile_of({"id": 7, "email": "ana@acme.example", "properties": properties})
    assert found is not None
    return found


def test_profile__that_fits_is_kept_whole() -> None:
    assert (_profile({"name": "Ana"}).cut, _profile({"name": "Ana"}).name) == (None, "Ana")


def test_profile__with_a_hundred_long_names_is_cut_to_fit() -> None:
    long = {f"{'k' * 4_500}{n:03d}": n for n in range(100)}
    found = _profile({**long, "name": "Ana Gomez"})
    size = sum(len(str(value).encode()) for value in found.to_item().values())
    assert (found.name, found.cut, size < 400_000) == ("Ana Gomez", 21, True)
    assert len(found.properties) == 80


def test_profile__whose_name_is_cut_from_the_properties_has_it_still() -> None:
    found = _profile({"name": "Ana" + " " * 400_000})
    assert (found.name, found.properties, found.cut) == ("Ana", {}, 1)
