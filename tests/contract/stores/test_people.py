"""End users as stored: the fake, moto and DynamoDB Local keep the same promises."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from nps_core.aws import clients
from nps_core.customers.dynamo_people import DynamoPeople
from nps_core.customers.people import Profile
from nps_core.customers.ports import People
from nps_testing.fakes.sync import InMemoryPeople
from nps_testing.stacks.backends import BACKENDS, local_tables, moto_tables
from nps_testing.stacks.environment import TOKEN

ANA = Profile(
    "7001",
    "ana@acme.example",
    "u-42",
    "Ana Gomez",
    {"company_id": "c-118", "seats_amount": 120, "share": 0.5},
    datetime(2026, 3, 2, 17, 15, 41, tzinfo=UTC),
)
NOBODY = Profile("7002", None, None, None)


@pytest.fixture(params=["memory", *BACKENDS])
def people(request: pytest.FixtureRequest) -> Iterator[People]:
    if request.param == "memory":
        yield InMemoryPeople()
        return
    local = request.param == "dynamodb-local"
    endpoint = request.getfixturevalue("dynamodb_local") if local else ""
    with local_tables(endpoint) if local else moto_tables():
        yield DynamoPeople(clients.dynamodb(), os.environ["STATE_TABLE"], TOKEN)


def test_person__is_read_as_they_were_written(people: People) -> None:
    for profile in (ANA, NOBODY, ANA):
        people.put(profile)
    assert people.get_many(["7001", "7002", "7003", "7001"]) == {"7001": ANA, "7002": NOBODY}
    assert people.get_many([]) == {}


def test_erased_person__is_known_no_more(people: People) -> None:
    people.put(ANA)
    people.erase("7001")
    people.erase("7001")
    assert people.get_many(["7001"]) == {}
    assert list(people.ids("")) == []
    people.put(NOBODY)
    assert list(people.ids("")) == ["7002"]


def test_ids__are_in_order_after_a_given_one(people: People) -> None:
    for user_id in ("9", "10", "8"):
        people.put(Profile(user_id, None, None, None))
    assert list(people.ids("")) == ["10", "8", "9"]
    assert list(people.ids("10")) == ["8", "9"]


def test_erased_person__leaves_nothing_but_a_number(tables: str) -> None:
    assert tables
    store = DynamoPeople(clients.dynamodb(), os.environ["STATE_TABLE"], TOKEN)
    store.put(ANA)
    store.erase("7001")
    found = clients.dynamodb().scan(TableName=os.environ["STATE_TABLE"])["Items"]
    assert found == [
        {"pk": {"S": f"PEOPLE#{TOKEN}"}, "sk": {"S": "7001"}, "erased": {"BOOL": True}}
    ]
