"""The check of the time zone: compares the source's counts of a few days with its lists."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from nps_cli.checks.time_zone import (
    OFFSETS,
    Vote,
    count_day,
    decisive_days,
    example_zone,
    fitting,
    offset_ranges,
)
from nps_cli.shell import tables
from nps_core.connections.settings import Connection
from nps_core.connectors.wootric.protocol import counts_of, page_params, row_ref
from nps_core.errors import SourceUnavailable
from nps_core.scoring import NPS
from nps_core.sync.lists import STREAMS
from nps_core.sync.proof.counting import ClassCounts
from nps_core.sync.reading.cursor import PAGE_SIZE, PageQuery
from nps_core.views.checks import Check

_MOST_PAGES = 8
_MOST_DAYS = 3
_CLEAR = len(OFFSETS) * 3 // 4
"""A day that rules out this many offsets is decisive."""
_DAY_S = 86_400
_NAME = "time_zone"

Ask = Callable[[str, Mapping[str, str]], Any]
"""Asks the API for a path and returns its JSON. Raises SourceUnavailable."""


def check(ask: Ask, connection: Connection, now: datetime, fix: str) -> Check:
    """Compare recent days; passes when they decide nothing. `fix` has {} for the name of a zone.

    Raises what `ask` raises.
    """
    zone = connection.time_zone
    if connection.metric != NPS:
        return Check.passed(_NAME, f"{zone} not checked: Wootric counts days of NPS surveys only")
    votes, days, is_all = _listed(ask, connection, now)
    if not days:
        few = f"{zone}: not enough answers yet to check"
        many = f"{zone} not checked: too many answers a day; `nps sync audit` compares all days"
        return Check.passed(_NAME, few if is_all else many)
    sources = {day: _count(ask, day) for day in days}
    ours = {day: count_day(votes, day, connection.zone) for day in days}
    wrong = next((day for day in days if sources[day] != ours[day]), None)
    if wrong is None:
        counted = tables.counted(sum(counts.n for counts in ours.values()), "answer")
        recent = tables.counted(len(days), "recent day")
        return Check.passed(_NAME, f"{zone}, as Wootric counts the {counted} of {recent}")
    difference = (
        f"of {wrong} Wootric counts {_classes(sources[wrong])};"
        f" in {zone} it would be {_classes(ours[wrong])}"
    )
    offsets = _possible(votes, sources)
    if not offsets:
        return Check.passed(_NAME, f"not clear: {difference}, and no other time zone fits either")
    example = example_zone(offsets, wrong) or "ZONE"
    remedy = f"{fix.format(example)}, or another zone at {offset_ranges(offsets)}"
    return Check.failed(_NAME, difference, remedy)


def _possible(votes: Sequence[Vote], sources: Mapping[date, ClassCounts]) -> list[timedelta]:
    """Return the offsets that fit all days. A day that fits none of the offsets left is ignored."""
    left: list[timedelta] = []
    for day, source in sources.items():
        offsets = fitting(votes, day, source)
        left = [offset for offset in offsets if offset in left] or left or offsets
    return left


def _classes(counts: ClassCounts) -> str:
    return (
        f"{counts.promoters} promoters, {counts.passives} passives, {counts.detractors} detractors"
    )


def _listed(ask: Ask, connection: Connection, now: datetime) -> tuple[list[Vote], list[date], bool]:
    """List the latest answers until a few days are decisive. Returns (votes, days, is_all)."""
    to_s, rows = int(now.timestamp()), dict[str, Any]()
    votes: list[Vote] = []
    days: list[tuple[int, date]] = []
    is_all = False
    for number in range(1, _MOST_PAGES + 1):
        page = ask(f"/v1/{STREAMS[0]}", page_params(PageQuery(0, to_s, number, "desc")))
        if not isinstance(page, list):
            raise SourceUnavailable(f"/v1/{STREAMS[0]} answers no list")
        rows |= {row_ref(row).id: row for row in page}
        votes = [vote for row in rows.values() if (vote := _vote(row)) is not None]
        is_all = len(page) < PAGE_SIZE
        # A complete list has nothing before it. Otherwise more of the oldest second may follow.
        from_s = _oldest(rows.values(), to_s) + (-2 * _DAY_S if is_all else 1)
        days = decisive_days(votes, from_s, to_s, connection.zone)[:_MOST_DAYS]
        if is_all or (len(days) == _MOST_DAYS and days[-1][0] >= _CLEAR):
            break
    return votes, [day for _, day in days], is_all


def _oldest(rows: Iterable[Any], default: int) -> int:
    seconds = (row_ref(row).second for row in rows)
    return min((second for second in seconds if second is not None), default=default)


def _vote(row: Any) -> Vote | None:
    second = row_ref(row).second
    if second is None or row.get("excluded_from_calculations"):
        return None
    score = row.get("score")
    is_score = isinstance(score, int) and not isinstance(score, bool) and 0 <= score <= 10
    return Vote(second, score) if is_score else None


def _count(ask: Ask, day: date) -> ClassCounts:
    days = {"date[start]": day.isoformat(), "date[end]": day.isoformat()}
    summary = ask("/v1/nps_summary", days)
    return counts_of(summary if isinstance(summary, dict) else {})
