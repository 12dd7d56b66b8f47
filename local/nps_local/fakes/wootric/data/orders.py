"""The account's data in the orders that lists and summaries need."""

from collections.abc import Callable, Iterable
from typing import Any, Literal, TypeVar

from nps_local.fakes.wootric.data.model import Answer, EndUser, Row
from nps_local.fakes.wootric.data.phrases import standing
from nps_local.fakes.wootric.data.store import Store
from nps_local.fakes.wootric.data.timeline import Timeline, Window

T = TypeVar("T", bound=Row | EndUser)
SortKey = Literal["created_at", "updated_at", "email"]
Orders = Callable[[SortKey], Timeline[T]]
ALL = Window()

_KEYS: dict[SortKey, Callable[[Any], Any]] = {
    "created_at": lambda item: item.created_ms,
    "updated_at": lambda item: item.updated_ms,
    "email": lambda user: user.email or "",
}


def by(sort_key: SortKey, items: Iterable[T]) -> Timeline[T]:
    return Timeline(_KEYS[sort_key], items)


def cut(
    orders: Orders[T], sort_key: SortKey, created: Window, updated: Window
) -> tuple[Timeline[T], Window]:
    """Return a sorted line, and the window of it that passes both filters."""
    if sort_key == "created_at" and updated == ALL:
        return orders(sort_key), created
    if sort_key == "updated_at" and created == ALL:
        return orders(sort_key), updated
    if created == updated == ALL:
        return orders(sort_key), ALL
    items = orders("updated_at").window(updated)
    return by(sort_key, [item for item in items if created.holds(item.created_ms)]), ALL


def excluded_or_not(rows: Iterable[Answer], excluded: bool | None) -> list[Answer]:
    """Keep the excluded answers, the others, or all (None)."""
    return [row for row in rows if excluded is None or row.excluded is excluded]


def answers(store: Store, sort_key: SortKey, excluded: bool | None) -> Timeline[Answer]:
    """Return the sorted line of listed answers; for `excluded` see `excluded_or_not`."""
    line = store.answer_line
    if sort_key == "created_at" and excluded is None:
        return line
    return store.answer_lines.line(
        (sort_key, excluded),
        _KEYS[sort_key],
        lambda: line.window(ALL),
        lambda row: row in line and (excluded is None or row.excluded is excluded),
    )


Counts = Literal["not_excluded", "all", "one_metric"]


def counted(store: Store, group: str, counts: Counts = "not_excluded") -> Timeline[Answer]:
    """Return the counted promoters, passives or detractors by creation."""
    line = store.answer_line

    def belongs(row: Answer) -> bool:
        if row.score is None or (row.excluded and counts != "all"):
            return False
        if counts == "one_metric" and row.survey_id % 2:
            return False
        return row in line and standing(row.score) == group

    return store.answer_lines.line(
        (group, counts), _KEYS["created_at"], lambda: line.window(ALL), belongs
    )


def people(store: Store, sort_key: SortKey, *, hides: bool) -> Timeline[EndUser]:
    """Return the sorted people; `hides` leaves out those never surveyed."""
    return store.user_lines.line(
        (sort_key, hides),
        _KEYS[sort_key],
        store.live_users,
        lambda user: not user.deleted and not (hides and user.last_surveyed_ms is None),
    )
