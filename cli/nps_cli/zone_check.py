"""The check of the time zone: the source's own counts of one day against what it lists."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from nps_cli import tables
from nps_cli.checks import Check
from nps_cli.time_zone import (
    Vote,
    count_day,
    example_zone,
    fitting,
    offset_names,
    telling_day,
)
from nps_core.counting import ClassCounts
from nps_core.errors import SourceUnavailable
from nps_core.models import NPS
from nps_core.positions import PAGE_SIZE, PageQuery
from nps_core.source_accounts import Connection
from nps_core.wootric import STREAMS, counts_of, page_params, row_ref

_MOST_PAGES = 8
_DAY_S = 86_400
_NAME = "time_zone"

Ask = Callable[[str, Mapping[str, str]], Any]
"""Asks the API for a path and returns its JSON. Raises SourceUnavailable."""


def check(ask: Ask, connection: Connection, now: datetime, fix: str) -> Check:
    """Compare a recent day; ok also when nothing can be said. `fix` has {} for the name of a zone.

    Raises what `ask` raises.
    """
    zone = connection.time_zone
    if connection.metric != NPS:
        return Check(_NAME, True, f"{zone} not checked: Wootric counts days of NPS surveys only")
    votes, day, is_all = _listed(ask, connection, now)
    if day is None:
        few = f"{zone}: not enough answers yet to check"
        many = f"{zone} not checked: too many answers a day; `nps sync audit` compares all days"
        return Check(_NAME, True, few if is_all else many)
    source, ours = _count(ask, day), count_day(votes, day, connection.zone)
    if source == ours:
        answers = tables.counted(ours.n, "answer")
        return Check(_NAME, True, f"{zone}: Wootric counts the same {answers} of {day}")
    found = f"of {day} Wootric counts {_classes(source)}; in {zone} it would be {_classes(ours)}"
    offsets = fitting(votes, day, source)
    if not offsets:
        return Check(_NAME, True, f"not clear: {found}, and no other time zone fits either")
    example = example_zone(offsets, day) or "ZONE"
    remedy = f"{fix.format(example)}, or another zone at {offset_names(offsets)}"
    return Check(_NAME, False, found, remedy)


def _classes(counts: ClassCounts) -> str:
    return (
        f"{counts.promoters} promoters, {counts.passives} passives, {counts.detractors} detractors"
    )


def _listed(
    ask: Ask, connection: Connection, now: datetime
) -> tuple[list[Vote], date | None, bool]:
    """List the latest answers until a day among them tells; also whether these are all."""
    to_s, rows = int(now.timestamp()), dict[str, Any]()
    for number in range(1, _MOST_PAGES + 1):
        query = PageQuery(0, to_s, number, "desc")
        page = ask(f"/v1/{STREAMS[0]}", page_params(query))
        if not isinstance(page, list):
            raise SourceUnavailable(f"/v1/{STREAMS[0]} answers no list")
        rows |= {row_ref(row).id: row for row in page}
        seconds = [row_ref(row).second for row in rows.values()]
        oldest = min((second for second in seconds if second is not None), default=to_s)
        is_all = len(page) < PAGE_SIZE
        # Before all of them there is nothing; else more of the oldest second may follow.
        from_s = oldest - 2 * _DAY_S if is_all else oldest + 1
        votes = [vote for row in rows.values() if (vote := _vote(row)) is not None]
        day = telling_day(votes, from_s, to_s, connection.zone)
        if day is not None or is_all:
            return votes, day, is_all
    return votes, None, False


def _vote(row: Any) -> Vote | None:
    second = row_ref(row).second
    if second is None or row.get("excluded_from_calculations"):
        return None
    score = row.get("score")
    is_score = isinstance(score, int) and not isinstance(score, bool) and 0 <= score <= 10
    return Vote(second, score) if is_score else None


def _count(ask: Ask, day: date) -> ClassCounts:
    days = {"date[start]": day.isoformat(), "date[end]": day.isoformat()}
    found = ask("/v1/nps_summary", days)
    return counts_of(found if isinstance(found, dict) else {})
