"""Every open reading of Wootric's API, over real HTTP, with simulated time.

Whatever the source turns out to do: after some hours the stored answers are the source's own, or an
open gap says what is wrong. `complete_to` is held to its word after every tick, and every run ends.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from nps_local.fakes.wootric.server import FakeWootric
from nps_testing.effort import usually
from nps_testing.fakes.sync import MovingTime
from nps_testing.worlds.open_readings import OpenReading, Reading, source_clock

DAY_S = 86_400.0
ZONES = [
    "Asia/Kolkata",
    "America/Los_Angeles",
    "Europe/Berlin",
    "Pacific/Auckland",
    "UTC",
]
RIGHT: dict[str, Reading] = {
    "as documented": Reading(),
    "pages of 25": Reading({"per_page_most": 25}),
    "pages of 10": Reading({"per_page_most": 10}),
    "page 31 refused": Reading({"page_over_cap": "error400"}),
    "page 0 is the first": Reading({"page_below_one": "first_page"}),
    "more than 50 a page clamped": Reading({"per_page_over_max": "clamp"}),
    "bounds in whole seconds": Reading({"bounds": "whole_second"}),
    "updated filter supported": Reading({"responses_updated_filter": "supported"}),
    "updated filter refused": Reading({"responses_updated_filter": "error400"}),
    "excluded filter supported": Reading({"excluded_filter": "supported"}),
    "answer by its id": Reading({"response_by_id": "offered"}),
    "notes as empty lists": Reading({"notes_when_empty": "[]"}),
    "person without e-mail": Reading({"end_user_embed": "properties"}),
    "person with everything": Reading({"end_user_embed": "id+email+external_id+properties"}),
    "tags as objects": Reading({"tag_shape": "objects"}),
    "unknown keys": Reading({"unnamed_keys": True}),
    "times of Berlin": Reading({"payload_time_zone": "Europe/Berlin"}),
    "times of Kathmandu": Reading({"payload_time_zone": "Asia/Kathmandu"}),
    "text not escaped": Reading({"html_escape_text": False}),
    "notes move updated_at": Reading({"note_edit_bumps_updated_at": True}),
    "flags move updated_at": Reading({"flag_edit_bumps_updated_at": True}),
    "edits move the person": Reading({"answer_edit_bumps_end_user": True}),
    "answers move the person": Reading({"new_answer_bumps_end_user": True}),
    "people who were never asked": Reading({"hide_never_surveyed_end_users": False}),
    "ties in order": Reading({"tie_order": "stable"}),
    "a limit for each endpoint": Reading({"rate_limit_scope": "endpoint"}),
    "no limit for answers": Reading({"unlimited_endpoints": ("/v1/responses",)}),
    "no Date": Reading({"sends_date": False}),
    "tokens of two minutes": Reading({"token_ttl": 120}),
    "token as in 2022": Reading({"token_shape": "observed_2022"}),
    "a new token ends the old": Reading({"new_token_kills_old": True}),
    "listed 14 minutes late": Reading({"create_lag_ms": 840_000}),
    "people erased at once": Reading({"delete_end_user": "immediate"}),
    "source 25 minutes ahead": Reading(source_is_ahead_s=1_500.0),
    "source 25 minutes behind": Reading(source_is_ahead_s=-1_500.0),
    "source 30 days ahead": Reading(source_is_ahead_s=30 * DAY_S),
    "source 30 days behind": Reading(source_is_ahead_s=-30 * DAY_S),
    "Date 25 minutes behind": Reading({"clock_skew_s": -1_500.0}),
    "Date 25 minutes ahead": Reading({"clock_skew_s": 1_500.0}),
    "Date 30 days ahead": Reading({"clock_skew_s": 30 * DAY_S}),
}
TOLD: dict[str, Reading] = {
    "created filter ignored": Reading({"created_filter": "ignored"}, told="filter"),
    "Date 30 days behind": Reading({"clock_skew_s": -30 * DAY_S}, told="clock"),
    "summary counts excluded answers": Reading({"summary_counts": "all"}, told="counts"),
    "summary counts one metric": Reading({"summary_counts": "one_metric"}, told="counts"),
    "summary of another zone": Reading({"account_time_zone": "Asia/Tokyo"}, told="counts"),
    **{
        f"no offset, {zone}": Reading(
            {"times_have_offset": False, "payload_time_zone": zone}, told="offset"
        )
        for zone in ZONES
    },
}
REFUSED: dict[str, Reading] = {
    "sort ignored": Reading({"sort_params": "ignored"}, told="sort"),
    "filter of people ignored": Reading({"end_users_updated_filter": "ignored"}, told="filter"),
}
BUSY_HOURS, QUIET_HOURS = usually(1.5, soak=72.0), usually(5.0, soak=28.0)


@contextmanager
def living(reading: Reading) -> Iterator[OpenReading]:
    time = MovingTime()
    with FakeWootric(now=source_clock(time, reading.source_is_ahead_s)) as source:
        world = OpenReading(reading, source, time)
        world.live(BUSY_HOURS)
        world.settle(QUIET_HOURS)
        yield world


@pytest.mark.parametrize("reading", RIGHT.values(), ids=list(RIGHT))
def test_reading_that_the_sync_allows_for__ends_with_the_sources_own_answers(
    reading: Reading,
) -> None:
    with living(reading) as world:
        assert world.differences() == []
        assert world.gaps == []


@pytest.mark.parametrize("reading", TOLD.values(), ids=list(TOLD))
def test_reading_that_cannot_be_proven__is_an_open_gap_that_says_so(reading: Reading) -> None:
    with living(reading) as world:
        assert any(reading.told in gap.reason for gap in world.gaps), world.gaps


@pytest.mark.parametrize("reading", REFUSED.values(), ids=list(REFUSED))
def test_reading_without_which_a_list_cannot_be_read__fails_every_run_and_says_so(
    reading: Reading,
) -> None:
    with living(reading) as world:
        record = world.account.tick()
        assert (record.status, reading.told in str(record.error)) == ("failed", True), record


@pytest.mark.parametrize("ahead_s", [1_500.0, 30 * DAY_S, -1_500.0, -30 * DAY_S])
def test_clock_of_ours_that_is_wrong_for_one_tick__leaves_no_trace(ahead_s: float) -> None:
    time = MovingTime()
    at: dict[str, float] = {"wrong_s": 0.0}
    with FakeWootric(now=lambda: time() - at["wrong_s"]) as source:
        world = OpenReading(Reading(), source, time)
        world.live(0.5)
        for wrong_s in (ahead_s, 0.0):
            time.epoch_s += wrong_s - at["wrong_s"]
            at["wrong_s"] = wrong_s
            world.account.new_process()  # a process's own monotonic clock never jumps
            world.account.tick()
        world.live(BUSY_HOURS)
        world.settle(QUIET_HOURS)
        assert world.differences() == []
        assert world.gaps == []


def test_excluded_answers_that_no_list_shows__cost_no_counted_answer() -> None:
    """Those that were never seen are unknown; those that were seen are looked up by their id."""
    with living(Reading({"list_excluded": False})) as world:
        store = world.source.store.answers
        counted = [
            line for line in world.differences() if not store[int(line.split()[1][:-1])].excluded
        ]
        assert counted == []
        assert all(gap.kind != "counts" for gap in world.gaps)
