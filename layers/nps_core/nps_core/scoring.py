"""The definition of NPS, in one place.

0-6 detractor, 7-8 passive, 9-10 promoter; NPS = 100 * (promoters - detractors) / answers, from -100
to 100, kept unrounded. Without answers there is no NPS.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Direction = Literal["up", "down", "same", "first"]


ScoreClass = Literal["promoter", "passive", "detractor"]


NPS = "NPS"


PASSIVE_FROM, PROMOTER_FROM = 7, 9
"""Scores at which a class begins: lower ones are detractors."""


def categorize(score: int) -> ScoreClass:
    """Return the class of a score. Raises ValueError outside 0 to 10."""
    if not 0 <= score <= 10:
        raise ValueError("an NPS score is an integer of 0 to 10")
    return _class_from(score)


def is_detractor(score: int | None) -> bool:
    """Whether there is a score, and it is 0 to 6."""
    return score is not None and score < PASSIVE_FROM


def rounded(nps: Fraction | float) -> int:
    """Round half away from zero: the only rounding of an NPS."""
    exact = nps if isinstance(nps, Fraction) else Fraction(nps)
    whole = math.floor(abs(exact) + Fraction(1, 2))
    return whole if nps >= 0 else -whole


@dataclass(frozen=True, slots=True)
class Counts:
    """Number of answers of each class, and the sum of their scores."""

    promoters: int = 0
    passives: int = 0
    detractors: int = 0
    score_sum: int = 0

    @property
    def n(self) -> int:
        return self.promoters + self.passives + self.detractors

    @property
    def nps(self) -> float | None:
        """Unrounded NPS; None without answers."""
        return float(self._exact()) if self.n else None

    @property
    def nps_rounded(self) -> int | None:
        """NPS as displayed: rounded from the integers, not from the float; None without answers."""
        return rounded(self._exact()) if self.n else None

    @property
    def mean(self) -> float | None:
        """Mean score, 0 to 10, which is not NPS; None without answers."""
        return self.score_sum / self.n if self.n else None

    def _exact(self) -> Fraction:
        return Fraction(100 * (self.promoters - self.detractors), self.n)


def count(scores: Iterable[int]) -> Counts:
    """Count scores of 0 to 10."""
    tally = {"promoter": 0, "passive": 0, "detractor": 0}
    total = 0
    for score in scores:
        tally[categorize(score)] += 1
        total += score
    return Counts(tally["promoter"], tally["passive"], tally["detractor"], total)


def direction(latest: int, previous: int | None) -> Direction:
    if previous is None:
        return "first"
    if latest == previous:
        return "same"
    return "up" if latest > previous else "down"


def account_class(latest: Counts) -> tuple[ScoreClass | None, str]:
    """Return the class of an account, from the latest answer of each contact, and its reason.

    With three or more contacts the sign of NPS decides. With fewer, the class of their mean score
    decides and the reason says so, because one more answer could reverse it.
    """
    if not latest.n:
        return None, "no answer in the window"
    heard = f"over the latest answers of {latest.n} contact{'s' if latest.n > 1 else ''}"
    if latest.n >= 3:
        nps = latest.nps_rounded or 0
        if latest.promoters > latest.detractors:
            return "promoter", f"NPS {nps:+d} {heard}"
        if latest.promoters < latest.detractors:
            return "detractor", f"NPS {nps:+d} {heard}"
        return "passive", f"NPS 0 {heard}"
    mean = Fraction(latest.score_sum, latest.n)
    shown = f"mean score {float(mean):.1f} {heard}, too few for a score"
    return _class_from(mean), shown


def _class_from(score: int | Fraction) -> ScoreClass:
    if score < PASSIVE_FROM:
        return "detractor"
    return "passive" if score < PROMOTER_FROM else "promoter"
