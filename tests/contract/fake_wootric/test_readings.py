"""Readings of the API that nobody expects, and that a source may have nonetheless."""

from typing import Any

import pytest

from nps_local.fakes.wootric.actions import NewAnswer, NewRow
from nps_local.fakes.wootric.server import FakeWootric
from nps_testing.sources.probe import MONDAY_S, Probe

pytest_plugins = ["nps_testing.sources.fixtures"]

MONDAY_MS = int(MONDAY_S) * 1000
TUESDAY = {"date[start]": "2026-03-01", "date[end]": "2026-03-02"}


@pytest.fixture
def ids(wootric: FakeWootric) -> list[int]:
    """Thirty answers, a minute apart, oldest first; the last one is excluded."""
    made = [
        wootric.actions.answer(
            NewAnswer(score=9, external_id=f"u-{n}", created_ms=MONDAY_MS - (31 - n) * 60_000)
        )
        for n in range(30)
    ]
    wootric.actions.flag(made[-1], excluded=True, completed=None)
    return [row.id for row in made]


@pytest.mark.parametrize("most", [10, 25])
def test_per_page_most__shortens_every_page(
    wootric: FakeWootric, probe: Probe, ids: list[int], most: int
) -> None:
    wootric.switch(per_page_most=most)
    assert probe.ids() == ids[:most]
    assert probe.ids(page=2) == ids[most : 2 * most]


def test_ignored_created_filter__lists_everything(
    wootric: FakeWootric, probe: Probe, ids: list[int]
) -> None:
    nothing = {"created__gte": MONDAY_MS}
    assert probe.ids(**nothing) == []
    wootric.switch(created_filter="ignored")
    assert probe.ids(**nothing) == ids
    wootric.actions.decline(NewRow(external_id="u-1"))
    assert len(probe.ids("/v1/declines", **nothing)) == 1


def test_ignored_sort__lists_the_newest_first(
    wootric: FakeWootric, probe: Probe, ids: list[int]
) -> None:
    wootric.switch(sort_params="ignored")
    assert probe.ids() == ids[::-1]


def test_ignored_filter_of_end_users__lists_everybody(
    wootric: FakeWootric, probe: Probe, ids: list[int]
) -> None:
    nobody = {"updated__gte": MONDAY_MS, "sort_key": "updated_at"}
    assert probe.ids("/v1/end_users", **nobody) == []
    wootric.switch(end_users_updated_filter="ignored")
    assert len(probe.ids("/v1/end_users", **nobody)) == 30


def test_times_without_offset__are_the_wall_time_alone(
    wootric: FakeWootric, probe: Probe, ids: list[int]
) -> None:
    wootric.switch(times_have_offset=False)
    first, *_ = probe.rows("/v1/responses", {"sort_order": "asc", "sort_key": "created_at"})
    assert first["created_at"] == "2026-03-02 08:29:00"
    person, *_ = probe.rows("/v1/end_users", {})
    assert len(person["updated_at"]) == len("2026-03-02 08:29:00")


@pytest.mark.parametrize(("reading", "number"), [("not_excluded", 29), ("all", 30)])
def test_summary_counts__excluded_answers_or_not(
    wootric: FakeWootric, probe: Probe, ids: list[int], reading: str, number: int
) -> None:
    wootric.switch(summary_counts=reading)
    found: dict[str, Any] = probe.call("GET", "/v1/nps_summary", params=TUESDAY).json()
    assert found["promoters"] == number


def test_summary_of_one_metric__counts_every_other_survey(
    wootric: FakeWootric, probe: Probe, ids: list[int]
) -> None:
    wootric.switch(summary_counts="one_metric")
    found: dict[str, Any] = probe.call("GET", "/v1/nps_summary", params=TUESDAY).json()
    assert 0 < found["promoters"] < 29
