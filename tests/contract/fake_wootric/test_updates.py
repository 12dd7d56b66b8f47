"""Lists by time of change: of people, and of answers where the switch offers it."""

from random import Random
from typing import Any

import pytest

from nps_local.fakes.wootric.actions import NewAnswer
from nps_local.fakes.wootric.server import FakeWootric
from nps_testing.sources.probe import MONDAY_S, ManualClock, Probe

pytest_plugins = ["nps_testing.sources.fixtures"]

T = int(MONDAY_S) - 86_400
PATHS = {"user": "/v1/end_users", "response": "/v1/responses"}


def add(fake: FakeWootric, number: int, updated_ms: int) -> int:
    """Add a person who has answered; both were last changed at that time after T."""
    times: Any = {"created_ms": T * 1000 + number, "updated_ms": T * 1000 + updated_ms}
    user = fake.actions.new_user(external_id=f"u-{number}", **times)
    fake.actions.answer(NewAnswer(score=9, end_user_id=user.id, **times))
    return number


@pytest.fixture(params=PATHS)
def path(wootric: FakeWootric, request: pytest.FixtureRequest) -> str:
    """A list that can be read by time of change."""
    wootric.switch(responses_updated_filter="supported")
    return PATHS[request.param]


def numbers(probe: Probe, path: str, **params: Any) -> list[int]:
    wanted = {"sort_key": "updated_at", **params}
    first = 7001 if "users" in path else 500001
    return [item - first for item in probe.ids(path, **wanted)]


@pytest.mark.parametrize(
    ("bounds", "params", "expected"),
    [
        ("ms", {}, [3, 2, 1, 0]),
        ("ms", {"sort_order": "desc"}, [0, 1, 2, 3]),
        ("ms", {"updated__gte": T + 1}, [2, 1, 0]),
        ("ms", {"updated__gt": T + 1}, [1, 0]),
        ("ms", {"updated__lt": T + 1}, [3]),
        ("ms", {"updated__lte": T + 1}, [3, 2]),
        ("ms", {"updated__eq": T + 1}, [2]),
        ("ms", {"updated__gte": T + 1, "updated__lt": T + 2}, [2, 1]),
        ("whole_second", {"updated__gt": T + 1}, [0]),
        ("whole_second", {"updated__lte": T + 1}, [3, 2, 1]),
        ("ms", {"updated__gte": T + 1, "sort_key": "created_at"}, [0, 1, 2]),
        ("ms", {"updated__gte": T + 1, "created__gt": T}, [2, 1]),
        ("ms", {"updated__gte": T + 1, "created__gte": T + 1}, []),
        ("ms", {"created__lt": T + 1, "per_page": 3, "page": 2}, [0]),
    ],
)
def test_updated_filter_and_order__cut_at_the_documented_boundary(
    wootric: FakeWootric,
    probe: Probe,
    path: str,
    bounds: str,
    params: dict[str, Any],
    expected: list[int],
) -> None:
    wootric.switch(bounds=bounds, tie_order="stable")
    for number, updated_ms in enumerate((2000, 1500, 1000, 500)):
        add(wootric, number, updated_ms)
    assert numbers(probe, path, **params) == expected


def test_ties_of_change__change_places_between_requests(
    wootric: FakeWootric, probe: Probe, path: str
) -> None:
    for number in range(8):
        add(wootric, number, 5000 + number)
    later = add(wootric, 8, 6000)
    orders = [numbers(probe, path) for _ in range(20)]
    assert len({tuple(order) for order in orders}) > 1
    assert all(sorted(order) == list(range(9)) and order[-1] == later for order in orders)
    wootric.switch(tie_order="stable")
    assert [numbers(probe, path) for _ in range(5)] == [list(range(9))] * 5


@pytest.mark.parametrize("reading", ["ignored", "error400"])
def test_sort_by_change__is_unknown_to_answers_unless_supported(
    wootric: FakeWootric, probe: Probe, reading: str
) -> None:
    for number, updated_ms in enumerate((2000, 1500)):
        add(wootric, number, updated_ms)
    wootric.switch(responses_updated_filter=reading)
    if reading == "ignored":
        assert numbers(probe, PATHS["response"]) == [0, 1]
        return
    for name, value in (("sort_key", "updated_at"), ("updated[gte]", T)):
        reply = probe.get(PATHS["response"], **{name: value})
        assert (reply.status_code, reply.json()["errors"][0]["field"]) == (400, name)


def in_order(fake: FakeWootric, path: str) -> list[int]:
    kind = "user" if "users" in path else "response"
    alive = [row for row in fake.source(kind) if not row["deleted"]]
    return [row["id"] for row in sorted(alive, key=lambda row: row["updated_ms"])]


def test_lists__follow_edits_deletions_and_erasures(
    wootric: FakeWootric, probe: Probe, wootric_clock: ManualClock, path: str
) -> None:
    random = Random(5)
    for number in range(40):
        add(wootric, number, random.randrange(3_600_000))
    for _ in range(6):
        assert numbers(probe, path)  # so that there is a line to keep up to date
        alive = [row for row in wootric.store.answers.values() if not row.deleted]
        for answer in random.sample(alive, 5):
            wootric_clock.now_s += 0.5
            wootric.edit({"id": answer.id, "score": 3})
            person = wootric.store.users[answer.end_user_id]
            wootric.actions.edit_user(person, {"phone_number": "+14155550100"})
        wootric.erase(answer.end_user_id)
        wootric_clock.now_s += 0.5
        wootric.actions.answer(NewAnswer(score=9))
        wootric.switch(tie_order="stable")
        assert probe.ids(path, sort_key="updated_at") == in_order(wootric, path)


def test_lists__follow_a_flood_of_changes(wootric: FakeWootric, probe: Probe, path: str) -> None:
    wootric.switch(tie_order="stable")
    add(wootric, 0, 0)
    assert numbers(probe, path) == [0]
    wootric.generate(answers=1200, people=1200, unknown_email=0.0, ties=0.0)
    pages = [probe.ids(path, sort_key="updated_at", page=page) for page in range(1, 31)]
    listed = [one for page in pages for one in page]
    surveyed = {
        row["end_user_id"] for kind in ("response", "decline") for row in wootric.source(kind)
    }
    expected = [one for one in in_order(wootric, path) if one in surveyed or "users" not in path]
    assert listed == expected


def test_person_surveyed_for_the_first_time__appears_in_the_list(
    wootric: FakeWootric, probe: Probe
) -> None:
    person = wootric.actions.new_user(external_id="u-1")
    assert probe.ids("/v1/end_users", sort_key="updated_at") == []
    wootric.actions.answer(NewAnswer(score=9, external_id="u-1"))
    assert probe.ids("/v1/end_users", sort_key="updated_at") == [person.id]
    assert probe.ids("/v1/end_users", sort_key="email") == [person.id]


def test_names_of_people__are_found_as_they_are_now(wootric: FakeWootric, probe: Probe) -> None:
    first = wootric.actions.new_user(email="ana@acme.example")
    second = wootric.actions.new_user(email="bo@acme.example")
    wootric.actions.edit_user(first, {"email": "cy@acme.example"})
    wootric.actions.edit_user(second, {"email": "ana@acme.example"})
    path = "/v1/end_users/ana@acme.example?lookup_by_email=true"
    assert probe.get(path).json()["id"] == second.id
    wootric.erase(second.id)
    assert probe.get(path).status_code == 404
    assert wootric.actions.answer(NewAnswer(score=9, email="cy@acme.example")).end_user_id == (
        first.id
    )


def test_generated_people__spread_over_the_period(wootric: FakeWootric) -> None:
    wootric.generate(answers=500, people=200, days=30)
    people = wootric.source("user")
    for time in ("created_ms", "updated_ms"):
        assert len({row[time] for row in people}) > 150
    assert all(row["created_ms"] <= row["updated_ms"] for row in people)
