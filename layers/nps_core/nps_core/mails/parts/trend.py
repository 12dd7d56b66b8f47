"""The twelve-month trend as geometry: bar heights for the HTML, lines for the text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from nps_core.mails.parts.wording import MIN_ANSWERS, month, plural, signed
from nps_core.numbers.account_numbers import MonthPoint

HALF_HEIGHT = 30  # pixels for 100 points on either side of zero
Slope = Literal["up", "down", "flat"]
_FLAT_HEIGHT = 2  # a score of zero is a thin bar, to differ from a gap


@dataclass(frozen=True)
class Bar:
    """One month; a gap (no answers) has no height on either side."""

    label: str
    n: int
    value: str
    up: int
    down: int
    kind: Slope
    is_pale: bool


def bars(points: Sequence[MonthPoint]) -> tuple[Bar, ...]:
    return tuple(_bar(point) for point in points)


def caption(points: Sequence[MonthPoint]) -> str:
    """Return the caption, with the first and the last month."""
    first, last = month(points[0].month), month(points[-1].month)
    return f"NPS by month, {first} to {last}"


def has_pale(points: Sequence[MonthPoint]) -> bool:
    """Whether a month has so few answers that its bar is drawn pale."""
    return any(_is_pale(point) for point in points)


def text_lines(points: Sequence[MonthPoint]) -> list[str]:
    return [f"  {month(point.month)}  {_in_words(point)}" for point in points]


def _is_pale(point: MonthPoint) -> bool:
    return 0 < point.counts.n < MIN_ANSWERS


def _bar(point: MonthPoint) -> Bar:
    label, n = month(point.month)[:3], point.counts.n
    nps, value = point.counts.nps, point.counts.nps_rounded
    if nps is None or value is None:
        return Bar(label, n, "\u2013", 0, 0, "flat", is_pale=False)
    slope: Slope = "up" if value > 0 else "down" if value < 0 else "flat"
    height = max(_FLAT_HEIGHT, min(HALF_HEIGHT, round(abs(nps) * HALF_HEIGHT / 100)))
    up, down = (0, height) if slope == "down" else (height, 0)
    return Bar(label, n, signed(value), up, down, slope, is_pale=_is_pale(point))


def _in_words(point: MonthPoint) -> str:
    value = point.counts.nps_rounded
    if value is None:
        return "   -  no answers"
    return f"{signed(value):>4}  {plural(point.counts.n, 'answer')}"
