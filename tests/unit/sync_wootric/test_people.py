"""End users are kept as they are now, and answers that waited for them are completed."""

from dataclasses import replace
from typing import Any

import pytest

from nps_core.customers.people import Person, Profile
from nps_core.errors import StoreRefused
from nps_core.keys import AnswerKey
from nps_core.sync.reading.cursor import PageQuery
from nps_testing.fakes.stores import InMemoryDirectory
from nps_testing.fakes.sync import InMemoryPeople
from nps_testing.stacks.environment import TOKEN
from nps_testing.worlds.sync import World


@pytest.fixture
def world() -> World:
    return World(page_s=0.05)


def user(world: World, **more: Any) -> dict[str, Any]:
    return {"updated_at": world.time.now().isoformat(), "properties": {}, **more}


def test_everybody__is_listed_once_and_then_who_has_changed(world: World) -> None:
    for number in range(1_000, 1_130):
        world.users[str(number)] = user(world, email=f"p{number}@acme.example")
        world.time.sleep(60)
    world.time.sleep(3_600)
    world.tick()
    assert len(world.known.profiles) == 130
    first = world.requests_for("end_users")
    assert first <= 1 + 4
    world.time.sleep(900)
    world.users["1003"] = user(world, email="p1003@acme.example", external_id="u-3")
    world.tick()
    assert world.requests_for("end_users") == first + 1
    assert world.known.profiles["1003"].external_id == "u-3"


def test_people_who_share_a_second__are_all_listed(world: World) -> None:
    at = user(world)["updated_at"]
    for number in range(1_000, 1_180):
        world.users[str(number)] = {"updated_at": at, "email": f"p{number}@acme.example"}
    world.time.sleep(3_600)
    world.tick()
    assert len(world.known.profiles) == 180


def test_answer_without_an_address__is_completed_once_the_person_has_one(world: World) -> None:
    entries = {("email", "ana@acme.example"): "c-9"}
    directory: InMemoryDirectory = world.directory
    world.add(1, days=40)
    world.changes["1"] = {"end_user_id": 8, "end_user": {"email": None, "properties": {}}}
    world.users["8"] = user(world, email=None)
    world.tick()
    key = AnswerKey(TOKEN, "response", "1")
    before = world.answers.get(key)
    assert before is not None
    assert (before.email, before.account_id) == (None, None)
    directory.entries |= entries
    world.time.sleep(900)
    world.users["8"] = user(world, email="ana@acme.example")
    del world.changes["1"]["end_user"]["email"]  # the row itself never tells
    record = world.tick()
    after = world.answers.get(key)
    assert after is not None
    assert (after.email, after.account_id, after.account_rule) == (
        "ana@acme.example",
        "c-9",
        "directory:email",
    )
    assert record.updated == 1
    world.time.sleep(300)
    assert world.tick().requests <= 3


def test_row_that_lacks_a_person__is_completed_although_a_webhook_was_first(world: World) -> None:
    world.embeds_email = False
    world.add(1, days=0.002)
    world.people.people = {}
    world.tick()
    key = AnswerKey(TOKEN, "response", "1")
    first = world.answers.get(key)
    assert first is not None
    assert first.email is None
    world.people.people = {"7": Person("ana@acme.example", None)}
    world.time.sleep(300)
    world.tick()
    second = world.answers.get(key)
    assert second is not None
    assert second.email == "ana@acme.example"


def test_profile__holds_name_and_current_properties_and_no_telephone(world: World) -> None:
    world.users["8"] = user(
        world,
        email="ana@acme.example",
        phone_number="+14155550100",
        properties={"first_name": "Ana", "last_name": "Gomez", "company_id": "c-118"},
    )
    world.time.sleep(3_600)
    world.tick()
    found = world.known.profiles["8"]
    assert (found.name, found.properties["company_id"]) == ("Ana Gomez", "c-118")
    assert "+14155550100" not in str(found)


class PickyPeople(InMemoryPeople):
    """Never takes the person 2."""

    def put(self, profile: Profile) -> None:
        if profile.id == "2":
            raise StoreRefused("PutItem: ValidationException")
        super().put(profile)


def test_person__whom_the_store_never_takes_is_set_aside_and_the_list_goes_on(
    world: World,
) -> None:
    world.known = PickyPeople()
    world.sync = replace(world.sync, people=world.known)
    for number in (1, 2, 3):
        world.users[str(number)] = user(world, email=f"p{number}@acme.example")
    record = world.tick()
    assert (record.status, record.quarantined) == ("complete", 1)
    assert list(world.known.profiles) == ["1", "3"]
    assert list(world.quarantine.kept.values()) == ["refused_by_store"]


def test_person__who_is_no_json_is_set_aside_and_the_list_goes_on(world: World) -> None:
    for number in (1, 3):
        world.users[str(number)] = user(world, email=f"p{number}@acme.example")
    listed = world.source.answer

    def with_broken(listing: str, question: PageQuery) -> list[Any]:
        rows = listed(listing, question)
        return [rows[0], '{"id": 2, "email": }', *rows[1:]] if listing == "end_users" else rows

    world.source.answer = with_broken
    record = world.tick()
    assert (record.status, record.quarantined) == ("complete", 1)
    assert sorted(world.known.profiles) == ["1", "3"]
    assert list(world.quarantine.kept.values()) == ["bad_id"]
