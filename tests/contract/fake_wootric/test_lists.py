from typing import Any

import pytest

from nps_local.fakes.wootric.actions import NewAnswer
from nps_local.fakes.wootric.server import FakeWootric
from nps_testing.sources.probe import MONDAY_S, Probe

pytest_plugins = ["nps_testing.sources.fixtures"]

T = int(MONDAY_S) - 86_400


def add(fake: FakeWootric, *offsets_ms: int, **more: Any) -> list[int]:
    new = [NewAnswer(score=9, created_ms=T * 1000 + ms, **more) for ms in offsets_ms]
    return [fake.actions.answer(item).id for item in new]


def errors(probe: Probe, path: str, **params: Any) -> list[str]:
    answer = probe.call("GET", path, params=params)
    assert answer.status_code == 400
    body = answer.json()
    assert body["type"] == "error_list"
    return [item["message"] for item in body["errors"]]


def test_list__is_a_bare_array_newest_first_of_25(wootric: FakeWootric, probe: Probe) -> None:
    ids = add(wootric, *(i * 1000 for i in range(30)))
    answer = probe.get("/v1/responses")
    assert [row["id"] for row in answer.json()] == ids[::-1][:25]


def test_pages__cover_all_rows_and_then_are_empty(wootric: FakeWootric, probe: Probe) -> None:
    ids = add(wootric, *(i * 1000 for i in range(120)))
    pages = [probe.ids(page=page) for page in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [50, 50, 20, 0]
    assert [row_id for page in pages for row_id in page] == ids


@pytest.mark.parametrize(
    ("bounds", "params", "expected"),
    [
        ("ms", {"created__gte": T + 1}, [1000, 1500, 2000]),
        ("ms", {"created__gt": T + 1}, [1500, 2000]),
        ("ms", {"created__lt": T + 1}, [500]),
        ("ms", {"created__lte": T + 1}, [500, 1000]),
        ("ms", {"created__eq": T + 1}, [1000]),
        ("ms", {"created__gte": T + 1, "created__lt": T + 2}, [1000, 1500]),
        ("ms", {"created__gt": T + 9}, []),
        ("ms", {"created__gte": T + 2, "created__lt": T + 1}, []),
        ("whole_second", {"created__gte": T + 1}, [1000, 1500, 2000]),
        ("whole_second", {"created__gt": T + 1}, [2000]),
        ("whole_second", {"created__lt": T + 2}, [500, 1000, 1500]),
        ("whole_second", {"created__lte": T + 1}, [500, 1000, 1500]),
        ("whole_second", {"created__eq": T + 1}, [1000, 1500]),
    ],
)
def test_created_filter__cuts_at_the_documented_boundary(
    wootric: FakeWootric, probe: Probe, bounds: str, params: dict[str, int], expected: list[int]
) -> None:
    wootric.switch(bounds=bounds, tie_order="stable")
    offsets = (500, 1000, 1500, 2000)
    ids = dict(zip(add(wootric, *offsets), offsets, strict=True))
    assert [ids[i] for i in probe.ids(**params)] == expected


def test_iso_filter_value__is_refused(probe: Probe) -> None:
    value = {"created[gt]": "2026-03-01T00:00:00Z"}
    assert errors(probe, "/v1/responses", **value) == ["created[gt] is invalid"]
    assert errors(probe, "/v1/declines", **value) == ["created[gt] is invalid"]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"page": 0}, "page does not have a valid value"),
        ({"page": "two"}, "page is invalid"),
        ({"per_page": 51}, "per_page does not have a valid value"),
        ({"per_page": 0}, "per_page does not have a valid value"),
        ({"sort_order": "up"}, "sort_order does not have a valid value"),
    ],
)
def test_odd_paging__is_refused(probe: Probe, params: dict[str, Any], message: str) -> None:
    assert errors(probe, "/v1/responses", **params) == [message]


def test_unknown_parameters__are_ignored(wootric: FakeWootric, probe: Probe) -> None:
    ids = add(wootric, 0)
    assert probe.ids(score=3, survey_id=1, created__after=5) == ids


def test_page_31__is_empty_although_rows_are_left(wootric: FakeWootric, probe: Probe) -> None:
    add(wootric, *(i * 1000 for i in range(40)))
    assert len(probe.ids(page=30, per_page=1)) == 1
    assert probe.ids(page=31, per_page=1) == []


def test_page_over_cap_switch__answers_as_in_2017(wootric: FakeWootric, probe: Probe) -> None:
    wootric.switch(page_over_cap="error400")
    assert errors(probe, "/v1/responses", page=31) == ["page does not have a valid value"]


def test_per_page_over_max_switch__clamps(wootric: FakeWootric, probe: Probe) -> None:
    wootric.switch(per_page_over_max="clamp")
    add(wootric, *(i * 1000 for i in range(60)))
    assert len(probe.ids(per_page=500)) == 50


def test_ties__change_places_between_requests(wootric: FakeWootric, probe: Probe) -> None:
    ids = add(wootric, *range(8))
    orders = {tuple(probe.ids()) for _ in range(20)}
    assert len(orders) > 1
    assert {frozenset(order) for order in orders} == {frozenset(ids)}


def test_ties_over_a_page_edge__can_repeat_and_hide_rows(
    wootric: FakeWootric, probe: Probe
) -> None:
    ids = add(wootric, *range(60))
    seen = [set(probe.ids() + probe.ids(page=2)) for _ in range(10)]
    assert any(found != set(ids) for found in seen)


def test_stable_ties__keep_their_places(wootric: FakeWootric, probe: Probe) -> None:
    wootric.switch(tie_order="stable")
    ids = add(wootric, *range(8))
    assert [probe.ids() for _ in range(5)] == [ids] * 5


def test_seconds__stay_in_order_while_ties_shuffle(wootric: FakeWootric, probe: Probe) -> None:
    add(wootric, *(i * 100 for i in range(100)))
    for order in ("asc", "desc"):
        rows = probe.rows("/v1/responses", {"per_page": 50, "sort_order": order})
        times = [row["created_at"] for row in rows]
        assert times == sorted(times, reverse=order == "desc")


def test_updated_filter__is_ignored_supported_or_refused(
    wootric: FakeWootric, probe: Probe
) -> None:
    old, edited = add(wootric, 0, 1000)
    wootric.actions.edit(wootric.store.answers[old], {"text": "late"})
    far = {"updated[gt]": 4_102_444_800}
    recent = {"updated[gte]": int(MONDAY_S)}
    assert len(probe.rows("/v1/responses", far)) == 2
    wootric.switch(responses_updated_filter="supported")
    assert probe.rows("/v1/responses", far) == []
    assert [row["id"] for row in probe.rows("/v1/responses", recent)] == [old]
    assert probe.ids(sort_key="updated_at") == [edited, old]
    wootric.switch(responses_updated_filter="error400")
    assert probe.call("GET", "/v1/responses", params=far).status_code == 400


def test_json_suffix_and_trailing_slash__are_accepted(probe: Probe) -> None:
    assert probe.get("/v1/responses.json").status_code == 200
    assert probe.get("/v1/responses/").status_code == 200


def test_unknown_path__says_not_found(probe: Probe) -> None:
    answer = probe.get("/v1/surveys")
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})


def test_response_by_id_alone__is_not_offered(wootric: FakeWootric, probe: Probe) -> None:
    (made,) = add(wootric, 0)
    assert probe.get(f"/v1/responses/{made}").status_code == 405
