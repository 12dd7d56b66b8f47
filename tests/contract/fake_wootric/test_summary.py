"""The NPS summary: which answers it counts, and in which days."""

from datetime import UTC, datetime
from typing import Any

import pytest

from nps_local.fakes.wootric.actions import NewAnswer
from nps_local.fakes.wootric.server import FakeWootric
from nps_testing.sources.probe import ManualClock, Probe

pytest_plugins = ["nps_testing.sources.fixtures"]


@pytest.fixture(autouse=True)
def winter(wootric: FakeWootric, wootric_clock: ManualClock, probe: Probe) -> None:
    """A clock after every moment of these tests."""
    wootric_clock.now_s = datetime(2026, 12, 1, tzinfo=UTC).timestamp()
    probe.login()


def add(fake: FakeWootric, at: str, score: int = 9) -> int:
    created_ms = round(datetime.fromisoformat(at).timestamp() * 1000)
    return fake.actions.answer(NewAnswer(score=score, created_ms=created_ms)).id


def counts(probe: Probe, first: str, last: str = "") -> dict[str, Any]:
    days = {"date[start]": first, "date[end]": last or first}
    found: dict[str, Any] = probe.call("GET", "/v1/nps_summary", params=days).json()
    return found


@pytest.mark.parametrize(
    ("zone", "day", "begins", "ends"),
    [
        pytest.param(
            "America/Los_Angeles", "2026-03-08", "2026-03-08T08:00Z", "2026-03-09T07:00Z", id="23h"
        ),
        pytest.param(
            "America/Los_Angeles", "2026-11-01", "2026-11-01T07:00Z", "2026-11-02T08:00Z", id="25h"
        ),
        pytest.param(
            "Africa/Cairo", "2026-04-24", "2026-04-23T22:00Z", "2026-04-24T21:00Z", id="no-midnight"
        ),
        pytest.param(
            "America/Havana",
            "2026-11-01",
            "2026-11-01T04:00Z",
            "2026-11-02T05:00Z",
            id="midnight-x2",
        ),
        pytest.param(
            "Asia/Kathmandu", "2026-06-01", "2026-05-31T18:15Z", "2026-06-01T18:15Z", id="quarter"
        ),
    ],
)
def test_day__is_that_of_the_account_even_when_clocks_change(
    wootric: FakeWootric, probe: Probe, zone: str, day: str, begins: str, ends: str
) -> None:
    wootric.switch(account_time_zone=zone)
    for score, edge, offset_ms in ((0, begins, -1), (9, begins, 0), (8, ends, -1), (1, ends, 0)):
        at_ms = round(datetime.fromisoformat(edge).timestamp() * 1000) + offset_ms
        wootric.actions.answer(NewAnswer(score=score, created_ms=at_ms))
    found = counts(probe, day)
    assert (found["promoters"], found["passives"], found["detractors"]) == (1, 1, 0)


def test_days__add_up_without_gap_or_overlap(wootric: FakeWootric, probe: Probe) -> None:
    wootric.generate(answers=400, people=50, days=40, until_ms=1_773_500_000_000)
    days = [
        f"2026-{month}-{day:02}"
        for month, last in (("02", 28), ("03", 31))
        for day in range(1, last + 1)
    ]
    whole = counts(probe, days[0], days[-1])
    assert whole["responses"] > 350
    assert sum(counts(probe, day)["responses"] for day in days) == whole["responses"]


def test_summary__follows_edits_exclusions_deletions_and_erasures(
    wootric: FakeWootric, probe: Probe
) -> None:
    ids = [add(wootric, "2026-06-01T20:00Z", score) for score in (10, 9, 8, 3)]

    def groups() -> tuple[int, int, int, int]:
        found = counts(probe, "2026-06-01")
        return found["nps"], found["promoters"], found["passives"], found["detractors"]

    assert groups() == (25, 2, 1, 1)
    wootric.edit({"id": ids[3], "score": 9})
    assert groups() == (75, 3, 1, 0)
    wootric.edit({"id": ids[0], "excluded": True})
    assert groups() == (67, 2, 1, 0)
    wootric.edit({"id": ids[0], "excluded": False})
    wootric.store.remove_row(wootric.store.answers[ids[1]])
    assert groups() == (67, 2, 1, 0)
    wootric.erase(wootric.store.answers[ids[3]].end_user_id)
    assert groups() == (50, 1, 1, 0)


def test_answer_that_is_not_visible_yet__is_not_counted(
    wootric: FakeWootric, probe: Probe, wootric_clock: ManualClock
) -> None:
    wootric.switch(create_lag_ms=5000)
    add(wootric, "2026-06-01T20:00Z")
    assert counts(probe, "2026-06-01")["responses"] == 0
    wootric_clock.now_s += 5
    assert counts(probe, "2026-06-01")["responses"] == 1


def test_excluded_answers__stay_uncounted_however_they_are_listed(
    wootric: FakeWootric, probe: Probe
) -> None:
    wootric.edit({"id": add(wootric, "2026-06-01T20:00Z"), "excluded": True})
    for shown in (True, False):
        wootric.switch(list_excluded=shown)
        assert counts(probe, "2026-06-01")["responses"] == 0
