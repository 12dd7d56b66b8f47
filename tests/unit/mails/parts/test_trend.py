import re

import pytest

from nps_core.mails.parts.trend import HALF_HEIGHT, bars, text_lines
from nps_core.mails.parts.wording import signed
from nps_core.mails.render import render
from nps_core.numbers.account_numbers import MonthPoint
from nps_core.scoring import Counts, rounded
from nps_testing.mail_samples import MONTHS, TREND, make_account, make_detractor_mail

MARK = re.compile(r'<td(?: class="pale-\w+")? height="(\d+)" bgcolor="#\w{6}" style="height:\1px')


@pytest.mark.parametrize(
    ("counts", "nps", "up", "down"),
    [
        (Counts(9, 0, 0), 100.0, HALF_HEIGHT, 0),
        (Counts(0, 0, 9), -100.0, 0, HALF_HEIGHT),
        (Counts(5, 5, 0), 50.0, 15, 0),
        (Counts(0, 99, 1), -1.0, 0, 2),
        (Counts(4, 1, 4), 0.0, 2, 0),
    ],
)
def test_bar__is_as_high_as_its_score(counts: Counts, nps: float, up: int, down: int) -> None:
    assert counts.nps == nps
    (bar,) = bars((MonthPoint("2026-03", counts),))
    assert (bar.up, bar.down) == (up, down)


def test_month_without_answers__is_a_gap_and_not_a_zero() -> None:
    gap, zero = bars((MonthPoint("2026-02", Counts()), MonthPoint("2026-03", Counts(3, 0, 3))))
    assert (gap.value, gap.up, gap.down) == ("\u2013", 0, 0)
    assert (zero.value, zero.up, zero.down) == ("0", 2, 0)


def test_bar_of_few_answers__is_faint() -> None:
    few, enough = bars(
        (MonthPoint("2026-02", Counts(2, 2, 0)), MonthPoint("2026-03", Counts(3, 2, 0)))
    )
    assert few.is_pale
    assert not enough.is_pale


def test_trend_in_html__has_a_bar_per_month_with_answers_and_all_labels() -> None:
    html = render(make_detractor_mail()).html
    assert len(MARK.findall(html)) == sum(point.counts.n > 0 for point in TREND)
    for label in ("Apr", "Jul", "Nov", "Mar"):
        assert f">{label}</td>" in html
    assert "NPS by month, Apr 2025 to Mar 2026" in html
    assert "Faint bars rest on fewer than 5 answers." in html


def test_trend_of_enough_answers__does_not_speak_of_faint_bars() -> None:
    trend = tuple(MonthPoint(month, Counts(2, 3, 1)) for month in MONTHS)
    assert "Faint bars" not in render(make_detractor_mail(account=make_account(trend=trend))).html


def test_account_without_trend__has_no_chart() -> None:
    html = render(make_detractor_mail(account=make_account(trend=()))).html
    assert "NPS by month" not in html


def test_trend_in_text__has_a_line_per_month() -> None:
    months = (
        MonthPoint("2026-01", Counts()),
        MonthPoint("2026-02", Counts(detractors=1)),
        MonthPoint("2026-03", Counts(0, 133, 67)),
    )
    assert text_lines(months) == [
        "  Jan 2026     -  no answers",
        "  Feb 2026  \u2212100  1 answer",
        "  Mar 2026   \u221234  200 answers",
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(12.5, "+13"), (-12.5, "\u221213"), (0.4, "0"), (-0.4, "0"), (100.0, "+100")],
)
def test_score__is_rounded_half_away_from_zero(value: float, shown: str) -> None:
    assert signed(rounded(value)) == shown
