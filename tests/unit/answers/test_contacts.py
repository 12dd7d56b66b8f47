import pytest

from nps_core.answers import contacts
from nps_testing.stacks.environment import TOKEN


@pytest.mark.parametrize(
    "id_", ["7001", "0", "abc", "x:1", "~1", "e:00000000000000000000", "\u0661"]
)
def test_contact__of_any_end_user_keeps_its_key(id_: str) -> None:
    key = contacts.of_end_user(TOKEN, id_)
    assert contacts.as_of_today(key) == key
    assert not contacts.is_nobody(key)


@pytest.mark.parametrize("identity", ["7001", "u-42", "ana@acme.example", "~x", "x:1", "a\nb"])
def test_contact__of_any_identity_is_a_hash_that_stays(identity: str) -> None:
    key = contacts.of_identity(TOKEN, identity)
    assert contacts.as_of_today(key) == key
    assert identity not in key.removeprefix(TOKEN)
    assert not contacts.is_nobody(key)
    assert key != contacts.of_end_user(TOKEN, identity)
    assert key != contacts.of_identity("NPS-EU-1", identity)


@pytest.mark.parametrize("identity", ["u-42", "ana@acme.example", "x:1", "a:b:c"])
def test_contact__of_an_earlier_version_becomes_that_of_today(identity: str) -> None:
    former = f"{TOKEN}:{identity}"
    assert contacts.as_of_today(former) == contacts.of_identity(TOKEN, identity)


@pytest.mark.parametrize("key", ["", f"{TOKEN}:7001", f"{TOKEN}:~500001"])
def test_contact__of_an_earlier_version_that_had_no_other_form_stays(key: str) -> None:
    assert contacts.as_of_today(key) == key


def test_contact__of_nobody_is_known_by_its_form() -> None:
    assert contacts.is_nobody(contacts.of_nobody(TOKEN, "500001"))
