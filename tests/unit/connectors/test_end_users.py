from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from nps_core.connectors.wootric.end_users import EndUsers
from nps_core.customers.people import Person
from nps_core.errors import SourceRejected, SourceUnavailable
from nps_testing.fakes.sync import InMemoryPeople, MovingTime

START = 1_772_000_000


class Api:
    """A list of people by age and by e-mail, cut at 30 pages of 50, and single lookups."""

    def __init__(self, created: Mapping[str, int]) -> None:
        self.created = dict(created)
        self.updated = dict(created)
        self.lists = self.singles = 0

    def rows(self, path: str, params: Mapping[str, str]) -> list[Any]:
        assert path == "/v1/end_users"
        self.lists += 1
        page = int(params["page"])
        assert page <= 30
        low = int(params.get("created[gte]", 0))
        high = int(params.get("created[lt]", 2**40))
        since = int(params.get("updated[gte]", 0))
        inside = [
            user
            for user, at in self.created.items()
            if low <= at < high and self.updated[user] >= since
        ]
        order = {"created_at": self.created, "updated_at": self.updated}.get(params["sort_key"])
        inside.sort(key=lambda user: (order or {}).get(user, 0))
        if order is None:
            inside.sort(reverse=params["sort_order"] == "desc")
        return [self._view(user) for user in inside[(page - 1) * 50 : page * 50]]

    def one(self, path: str) -> dict[str, Any] | None:
        self.singles += 1
        user = path.rpartition("/")[2]
        return self._view(user) if user in self.created else None

    def _view(self, user: str) -> dict[str, Any]:
        created = datetime.fromtimestamp(self.created[user], UTC).isoformat()
        mail = f"{user}@acme.example"
        return {"id": int(user), "created_at": created, "email": mail, "external_id": None}


def make(created: Mapping[str, int]) -> tuple[EndUsers, Api, MovingTime]:
    api, time = Api(created), MovingTime()
    return EndUsers(api, InMemoryPeople(), time), api, time


def ids(count: int, first: int = 10_000) -> list[str]:
    return [str(first + number) for number in range(count)]


def test_many_missing_people__are_listed_fifty_a_request() -> None:
    users, api, _ = make({user: START + i for i, user in enumerate(ids(400))})
    found = users.find(ids(400), START)
    assert found["10007"] == Person("10007@acme.example", None)
    assert (api.lists, api.singles) == (9, 0)
    users.find(ids(400), START)
    assert (api.lists, api.singles) == (9, 0)


def test_listing__stops_as_soon_as_everybody_wanted_is_known() -> None:
    users, api, _ = make({user: START + i for i, user in enumerate(ids(4_000))})
    users.find(ids(50), START)
    assert (api.lists, api.singles) == (1, 0)
    users.find(ids(100), START)
    assert api.lists == 3


def test_people_imported_in_one_second__are_listed_from_both_ends() -> None:
    users, api, _ = make(dict.fromkeys(ids(2_400), START))
    users.find(ids(2_400), START)
    assert api.singles == 0
    assert api.lists <= 60


def test_people_beyond_both_ends__are_asked_one_by_one() -> None:
    users, api, _ = make(dict.fromkeys(ids(3_020), START))
    found = users.find(ids(3_020), START)
    assert all(person.email for person in found.values())
    assert api.singles == 20


def test_new_people__are_listed_from_where_the_listing_ended() -> None:
    users, api, _ = make({user: START + i for i, user in enumerate(ids(120))})
    users.find(ids(120), START)
    listed = api.lists
    for user in ids(30, first=50_000):
        api.created[user] = api.updated[user] = START + 9_000
    users.find(ids(30, first=50_000), START)
    assert (api.lists - listed, api.singles) == (1, 0)


def test_a_few_missing_people__cost_one_request_when_they_changed_lately() -> None:
    users, api, _ = make({user: START + i for i, user in enumerate(ids(5_000))})
    api.updated |= dict.fromkeys(ids(4), START + 90_000)
    users.find(ids(4), START + 90_000)
    assert (api.lists, api.singles) == (1, 0)


def test_one_missing_person__is_asked_alone_and_absence_is_remembered() -> None:
    users, api, _ = make({})
    assert users.find(["77"], START) == {"77": Person(None, None)}
    assert users.find(["77"], START) == {"77": Person(None, None)}
    assert (api.lists, api.singles) == (0, 1)


def test_rows_that_name_their_person__cost_nothing_later() -> None:
    users, api, _ = make({})
    row = {"end_user_id": 7, "end_user": {"email": "ana@acme.example", "external_id": "u-7"}}
    users.learn([row, {"end_user_id": 8, "end_user": {}}, None, {"end_user": {"email": "x"}}])
    assert users.find(["7"], START) == {"7": Person("ana@acme.example", "u-7")}
    assert (api.lists, api.singles) == (0, 0)


def test_what_is_known__is_forgotten_after_six_hours() -> None:
    users, api, time = make({"10000": START})
    users.find(["10000"], START)
    time.epoch_s += 6 * 3600 + 1
    users.find(["10000"], START)
    assert api.singles == 2


class BrokenRecords(Api):
    """Fails for some persons, whenever they are looked up."""

    def __init__(self, created: Mapping[str, int], failures: Mapping[str, Exception]) -> None:
        super().__init__(created)
        self.failures = failures

    def rows(self, path: str, params: Mapping[str, str]) -> list[Any]:
        return []

    def one(self, path: str) -> dict[str, Any] | None:
        if failure := self.failures.get(path.rpartition("/")[2]):
            raise failure
        return super().one(path)


@pytest.mark.parametrize("failure", [SourceRejected("HTTP 422"), SourceUnavailable("HTTP 500")])
def test_person__whom_the_source_cannot_show_holds_up_no_other(failure: Exception) -> None:
    first, second, third = ids(3)
    failures = {second: failure}
    api = BrokenRecords(dict.fromkeys(ids(3), START), failures)
    users = EndUsers(api, InMemoryPeople(), MovingTime())
    found = users.find(ids(3), START)
    assert [bool(found[user].email) for user in (first, second, third)] == [True, False, True]
    failures.clear()
    assert users.find([second], START)[second].email, "asked for again, not taken for nobody"


def test_source__that_fails_for_a_second_person_is_down() -> None:
    failures = {user: SourceUnavailable("HTTP 500") for user in ids(3)}
    users = EndUsers(BrokenRecords({}, failures), InMemoryPeople(), MovingTime())
    with pytest.raises(SourceUnavailable):
        users.find(ids(3), START)
