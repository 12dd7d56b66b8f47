"""How many removals in a day wait for an operator."""

from datetime import UTC, datetime, timedelta

import pytest

from nps_core.keys import AnswerKey
from nps_core.sync.proof.brake import most_in_a_day, weigh
from nps_core.sync.proof.suspects import Suspect
from nps_testing.stacks.environment import TOKEN

NOW = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)


def suspicion(outcome: str | None = None, hours: float = 0, *, accepted: bool = False) -> Suspect:
    """A suspicion, open or settled so many hours ago."""
    return Suspect(
        AnswerKey(TOKEN, "response", "1"),
        1_772_000_000,
        "7",
        NOW - timedelta(hours=30),
        accepted_at=NOW if accepted else None,
        outcome=outcome,
        settled_at=NOW - timedelta(hours=hours) if outcome else None,
    )


@pytest.mark.parametrize(
    ("stored", "most"), [(0, 20), (20, 20), (2_000, 20), (2_099, 20), (2_100, 21), (20_000, 200)]
)
def test_most_in_a_day__is_twenty_or_a_hundredth(stored: int, most: int) -> None:
    assert most_in_a_day(stored) == most


def test_weight__has_open_suspicions_and_the_removals_of_a_day() -> None:
    assert weigh([suspicion(), suspicion("deleted", 23), suspicion("erased", 1)], NOW) == 3
    assert weigh([suspicion("deleted", 25), suspicion("listed again", 1)], NOW) == 0


def test_weight__is_without_what_an_operator_has_accepted() -> None:
    assert weigh([suspicion(accepted=True), suspicion("deleted", 1, accepted=True)], NOW) == 0
