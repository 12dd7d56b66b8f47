from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from nps_cli.checks.time_zone import Vote, count_day
from nps_cli.checks.zone_check import check
from nps_core.connections.settings import Connection
from nps_testing.factories import NOW
from nps_testing.stacks.environment import TOKEN

FIX = "deploy with WootricTimeZone={}"
LOS_ANGELES = Connection(TOKEN, "", "NPS", "America/Los_Angeles", 80)


class Api:
    """Lists answers, latest first, and counts days in its own time zone."""

    def __init__(self, minutes: float, answers: int, zone: str, more: int = 0) -> None:
        seconds = (int((NOW - timedelta(minutes=minutes * n)).timestamp()) for n in range(answers))
        scores = Random(1)
        self.votes = [Vote(second, scores.randint(0, 10)) for second in seconds]
        self.zone, self.more, self.asked = ZoneInfo(zone), more, list[str]()

    def __call__(self, path: str, params: Mapping[str, str]) -> Any:
        self.asked.append(path)
        if path == "/v1/nps_summary":
            day = date.fromisoformat(params["date[start]"])
            counts = count_day(self.votes, day, self.zone)._asdict()
            return {**counts, "promoters": counts["promoters"] + self.more}
        size = int(params["per_page"])
        first = (int(params["page"]) - 1) * size
        return [
            {"id": first + number, "created_at": str(_time(vote)), "score": vote.score}
            for number, vote in enumerate(self.votes[first : first + size])
        ]


def _time(vote: Vote) -> datetime:
    return datetime.fromtimestamp(vote.second, UTC)


def test_the_right_zone__is_confirmed() -> None:
    found = check(Api(37, 300, "America/Los_Angeles"), LOS_ANGELES, NOW, FIX)
    assert found.ok
    assert found.detail.startswith("America/Los_Angeles, as Wootric counts the ")
    assert "recent day" in found.detail


def test_a_wrong_zone__is_told_with_one_that_fits() -> None:
    found = check(Api(37, 300, "Europe/Berlin"), LOS_ANGELES, NOW, FIX)
    assert not found.ok
    assert "in America/Los_Angeles it would be" in found.detail
    assert (
        found.fix
        == "deploy with WootricTimeZone=Europe/Berlin, or another zone at UTC+1 to UTC+1:30"
    )


def test_few_answers__cannot_tell() -> None:
    found = check(Api(37, 3, "Europe/Berlin"), LOS_ANGELES, NOW, FIX)
    assert (found.ok, found.detail) == (
        True,
        "America/Los_Angeles: not enough answers yet to check",
    )


def test_too_many_answers_a_day__are_left_to_the_audit() -> None:
    api = Api(1, 2_000, "Europe/Berlin")
    found = check(api, LOS_ANGELES, NOW, FIX)
    assert found.ok
    assert "nps sync audit" in found.detail
    assert len(api.asked) <= 8


def test_counts_that_no_zone_explains__are_not_blamed_on_it() -> None:
    found = check(Api(37, 300, "America/Los_Angeles", more=500), LOS_ANGELES, NOW, FIX)
    assert found.ok
    assert found.detail.startswith("not clear: ")


def test_another_metric__has_no_counts() -> None:
    api = Api(37, 300, "Europe/Berlin")
    assert check(api, replace(LOS_ANGELES, metric="CES"), NOW, FIX).ok
    assert api.asked == []
