"""The twelve-month trend as geometry: bar heights for the HTML, lines for the text."""

from dataclasses import dataclass
from typing import Literal

from nps_core.mails.model import TrendPoint
from nps_core.mails.wording import MIN_ANSWERS, month, plural, signed
from nps_core.scoring import rounded

HALF_HEIGHT = 30  # pixels for 100 points on either side of zero
Kind = Literal["up", "down", "flat"]
_FLAT_HEIGHT = 2  # a score of zero is a thin bar, so that it is not a gap


@dataclass(frozen=True)
class Bar:
    """One month; a gap (no answers) has no height on either side."""

    label: str
    n: int
    value: str
    up: int
    down: int
    kind: Kind
    is_pale: bool


def bars(points: tuple[TrendPoint, ...]) -> tuple[Bar, ...]:
    """Turn the months into bars, in their order."""
    return tuple(_bar(point) for point in points)


def caption(points: tuple[TrendPoint, ...]) -> str:
    """Name the time that the bars cover."""
    first, last = month(points[0].month), month(points[-1].month)
    return f"NPS by month, {first} to {last}"


def has_pale(points: tuple[TrendPoint, ...]) -> bool:
    """Tell whether a month rests on so few answers that its bar is drawn pale."""
    return any(_is_pale(point) for point in points)


def text_lines(points: tuple[TrendPoint, ...]) -> list[str]:
    """Write one line per month."""
    return [f"  {month(point.month)}  {_in_words(point)}" for point in points]


def _is_pale(point: TrendPoint) -> bool:
    return 0 < point.n < MIN_ANSWERS


def _bar(point: TrendPoint) -> Bar:
    label = month(point.month)[:3]
    if point.nps is None or point.n == 0:
        return Bar(label, point.n, "\u2013", 0, 0, "flat", is_pale=False)
    value = rounded(point.nps)
    kind: Kind = "up" if value > 0 else "down" if value < 0 else "flat"
    height = max(_FLAT_HEIGHT, min(HALF_HEIGHT, round(abs(point.nps) * HALF_HEIGHT / 100)))
    up, down = (0, height) if kind == "down" else (height, 0)
    return Bar(label, point.n, signed(value), up, down, kind, is_pale=_is_pale(point))


def _in_words(point: TrendPoint) -> str:
    if point.nps is None or point.n == 0:
        return "   -  no answers"
    return f"{signed(rounded(point.nps)):>4}  {plural(point.n, 'answer')}"
