from typing import Any

import pytest

from nps_local.fakes.wootric.actions import NewAnswer, NewRow
from nps_local.fakes.wootric.server import FakeWootric
from nps_testing.sources.probe import MONDAY_S, ManualClock, Probe

pytest_plugins = ["nps_testing.sources.fixtures"]

T = int(MONDAY_S) - 86_400


def add(fake: FakeWootric, *offsets_ms: int, **more: Any) -> list[int]:
    new = [NewAnswer(score=9, created_ms=T * 1000 + ms, **more) for ms in offsets_ms]
    return [fake.actions.answer(item).id for item in new]


def test_row__prints_pacific_time_and_escaped_text(wootric: FakeWootric, probe: Probe) -> None:
    wootric.actions.answer(
        NewAnswer(
            score=3,
            text="it's <slow> & old",
            email="ana@acme.example",
            external_id="u-42",
            properties={"company": "Smith & Sons", "seats_amount": 12},
            created_ms=int(MONDAY_S) * 1000,
        )
    )
    row = probe.rows("/v1/responses", {})[0]
    assert row == {
        "id": 500001,
        "end_user_id": 7001,
        "survey_id": 9001,
        "score": 3,
        "text": "it&#39;s &lt;slow&gt; &amp; old",
        "completed": False,
        "excluded_from_calculations": False,
        "ip_address": "203.0.113.9",
        "origin_url": "https://app.example.com/home",
        "created_at": "2026-03-02 09:00:00 -0800",
        "updated_at": "2026-03-02 09:00:00 -0800",
        "tags": [],
        "notes": None,
        "end_user": {
            "email": "ana@acme.example",
            "properties": {"company": "Smith &amp; Sons", "seats_amount": 12},
        },
    }


def test_times__follow_daylight_saving(
    wootric: FakeWootric, probe: Probe, wootric_clock: ManualClock
) -> None:
    wootric_clock.now_s = 1_773_000_000
    for at_s in (1_772_963_998, 1_772_964_002):  # four seconds around 2026-03-08 02:00
        wootric.actions.answer(NewAnswer(score=8, created_ms=at_s * 1000))
    rows = probe.login().rows("/v1/responses", {"sort_order": "asc"})
    printed = [row["created_at"] for row in rows]
    assert printed == ["2026-03-08 01:59:58 -0800", "2026-03-08 03:00:02 -0700"]


@pytest.mark.parametrize(
    ("embed", "keys"),
    [
        ("properties", {"properties"}),
        ("email+properties", {"email", "properties"}),
        (
            "id+email+external_id+properties",
            {"id", "email", "external_id", "properties"},
        ),
    ],
)
def test_end_user_embed_switch__chooses_the_keys(
    wootric: FakeWootric, probe: Probe, embed: str, keys: set[str]
) -> None:
    add(wootric, 0)
    wootric.switch(end_user_embed=embed)
    assert set(probe.rows("/v1/responses", {})[0]["end_user"]) == keys


def test_text_switches__turn_off_escaping_and_null_notes(
    wootric: FakeWootric, probe: Probe
) -> None:
    add(wootric, 0, text="a & b")
    before = probe.rows("/v1/responses", {})[0]
    wootric.switch(html_escape_text=False, notes_when_empty="[]")
    after = probe.rows("/v1/responses", {})[0]
    assert (before["text"], before["notes"]) == ("a &amp; b", None)
    assert (after["text"], after["notes"]) == ("a & b", [])


def test_properties__are_those_of_the_time_of_the_answer(
    wootric: FakeWootric, probe: Probe
) -> None:
    add(wootric, 0, external_id="u-1", properties={"company_id": "c-1"})
    add(wootric, 1000, external_id="u-1", properties={"company_id": "c-2"})
    rows = probe.rows("/v1/responses", {"sort_order": "asc"})
    assert [row["end_user"]["properties"]["company_id"] for row in rows] == ["c-1", "c-2"]


def test_create_lag__shows_a_row_later_than_its_created_at(
    wootric: FakeWootric, probe: Probe, wootric_clock: ManualClock
) -> None:
    wootric.switch(create_lag_ms=5000)
    made = wootric.actions.answer(NewAnswer(score=9)).id
    wootric_clock.now_s += 4.9
    assert probe.ids() == []
    wootric_clock.now_s += 0.1
    assert probe.ids() == [made]
    assert probe.rows("/v1/responses", {})[0]["created_at"] == "2026-03-02 09:00:00 -0800"


def test_declines__are_listed_and_filtered_like_answers(wootric: FakeWootric, probe: Probe) -> None:
    made = [
        wootric.actions.decline(NewRow(created_ms=(T + i) * 1000, properties={"a": "<b>"})).id
        for i in range(3)
    ]
    assert probe.ids("/v1/declines", created__gte=T + 1) == made[1:]
    row = probe.rows("/v1/declines", {"per_page": 1})[0]
    assert row["id"] == made[-1]
    assert row["end_user"] == {"properties": {"a": "&lt;b&gt;"}}
    assert "score" not in row
