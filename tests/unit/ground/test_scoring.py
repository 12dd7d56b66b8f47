from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nps_core.scoring import (
    Counts,
    Direction,
    ScoreClass,
    account_class,
    categorize,
    count,
    direction,
    is_detractor,
    rounded,
)

scores = st.lists(st.integers(0, 10), max_size=60)


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        *((n, "detractor") for n in range(7)),
        *((7, "passive"), (8, "passive"), (9, "promoter"), (10, "promoter")),
    ],
)
def test_categorize__follows_the_standard(score: int, expected: ScoreClass) -> None:
    assert categorize(score) == expected


@pytest.mark.parametrize("score", range(11))
def test_detractor__is_what_the_class_says(score: int) -> None:
    assert is_detractor(score) == (categorize(score) == "detractor")
    assert not is_detractor(None)


@pytest.mark.parametrize(
    ("nps", "shown"), [(12.5, 13), (-12.5, -13), (-0.3, 0), (33.33, 33), (0.49999999999999994, 0)]
)
def test_an_nps__is_rounded_half_away_from_zero(nps: float, shown: int) -> None:
    assert rounded(nps) == shown


@pytest.mark.parametrize("score", [-1, 11, 100])
def test_categorize__refuses_what_is_no_score(score: int) -> None:
    with pytest.raises(ValueError, match="0 to 10"):
        categorize(score)


@pytest.mark.parametrize(
    ("promoters", "passives", "detractors", "nps", "shown"),
    [
        (1, 0, 0, 100.0, 100),
        (0, 0, 1, -100.0, -100),
        (0, 1, 0, 0.0, 0),
        (1, 0, 1, 0.0, 0),
        (2, 0, 1, 100 / 3, 33),
        (1, 0, 2, -100 / 3, -33),
        (1, 7, 0, 12.5, 13),
        (0, 7, 1, -12.5, -13),
        (3, 5, 0, 37.5, 38),
        (0, 5, 3, -37.5, -38),
        (1, 199, 0, 0.5, 1),
        (0, 199, 1, -0.5, -1),
        (1, 200, 0, 100 / 201, 0),
        (0, 200, 1, -100 / 201, 0),
        (201, 199, 0, 50.25, 50),
        (2306, 1409, 1095, 100 * 1211 / 4810, 25),
    ],
)
def test_nps__is_exact_and_shown_half_away_from_zero(
    promoters: int, passives: int, detractors: int, nps: float, shown: int
) -> None:
    counts = Counts(promoters, passives, detractors)
    assert counts.nps == pytest.approx(nps, abs=1e-12)
    assert counts.nps_rounded == shown


def test_nps__of_nothing_is_no_number() -> None:
    assert (Counts().nps, Counts().nps_rounded, Counts().mean, Counts().n) == (None, None, None, 0)


def test_count__of_a_known_sample() -> None:
    counted = count([10, 9, 9, 8, 7, 6, 0])
    assert counted == Counts(promoters=3, passives=2, detractors=2, score_sum=49)
    assert counted.mean == 7.0


@given(scores)
def test_nps__is_bounded_and_the_sum_of_its_classes(values: list[int]) -> None:
    counts = count(values)
    assert counts.n == len(values)
    assert counts.score_sum == sum(values)
    if counts.nps is None or counts.nps_rounded is None:
        assert not values
        return
    assert -100 <= counts.nps <= 100
    assert abs(counts.nps - counts.nps_rounded) <= 0.5


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_rounding__is_odd_and_that_of_decimal_arithmetic(
    promoters: int, passives: int, detractors: int
) -> None:
    shown = Counts(promoters, passives, detractors).nps_rounded
    mirrored = Counts(detractors, passives, promoters).nps_rounded
    n = promoters + passives + detractors
    if not n:
        assert shown is None
        return
    assert shown is not None
    assert mirrored == -shown
    exact = Decimal(100 * (promoters - detractors)) / n
    assert shown == int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))


@pytest.mark.parametrize(
    ("latest", "previous", "expected"),
    [(5, None, "first"), (5, 5, "same"), (6, 5, "up"), (4, 5, "down"), (0, 10, "down")],
)
def test_direction__compares_with_the_answer_before(
    latest: int, previous: int | None, expected: Direction
) -> None:
    assert direction(latest, previous) == expected


@pytest.mark.parametrize(
    ("values", "klass", "reason"),
    [
        ([], None, "no answer in the window"),
        (
            [9],
            "promoter",
            "mean score 9.0 over the latest answers of 1 contact, too few for a score",
        ),
        (
            [8],
            "passive",
            "mean score 8.0 over the latest answers of 1 contact, too few for a score",
        ),
        (
            [6],
            "detractor",
            "mean score 6.0 over the latest answers of 1 contact, too few for a score",
        ),
        (
            [9, 8],
            "passive",
            "mean score 8.5 over the latest answers of 2 contacts, too few for a score",
        ),
        (
            [10, 8],
            "promoter",
            "mean score 9.0 over the latest answers of 2 contacts, too few for a score",
        ),
        (
            [10, 4],
            "passive",
            "mean score 7.0 over the latest answers of 2 contacts, too few for a score",
        ),
        (
            [10, 3],
            "detractor",
            "mean score 6.5 over the latest answers of 2 contacts, too few for a score",
        ),
        ([9, 8, 8], "promoter", "NPS +33 over the latest answers of 3 contacts"),
        ([9, 8, 6], "passive", "NPS 0 over the latest answers of 3 contacts"),
        ([7, 8, 6], "detractor", "NPS -33 over the latest answers of 3 contacts"),
        ([9] + [8] * 200, "promoter", "NPS +0 over the latest answers of 201 contacts"),
    ],
)
def test_account_class__carries_its_reason(
    values: list[int], klass: ScoreClass | None, reason: str
) -> None:
    assert account_class(count(values)) == (klass, reason)
