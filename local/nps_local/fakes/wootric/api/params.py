"""Reads list parameters as Wootric does: refuses invalid values, ignores unknown names."""

import re
from dataclasses import dataclass
from typing import Literal

from nps_local.fakes.wootric.data.timeline import Window
from nps_local.fakes.wootric.switches import Switches
from nps_local.fakes.wootric.wire import Request, invalid

MAX_PAGE = 30
MAX_PER_PAGE = 50
DEFAULT_PER_PAGE = 25
_NUMBER = re.compile(r"-?\d{1,15}")
_OPERATORS = ("eq", "lt", "lte", "gt", "gte")


@dataclass(frozen=True)
class Paging:
    """A page of a sorted list; `offset` is None beyond the page cap."""

    offset: int | None
    limit: int
    descending: bool


def paging(request: Request, switches: Switches, default_order: Literal["asc", "desc"]) -> Paging:
    """Read page, per_page and sort_order.

    Raises:
        ApiError: 400, the message names the parameter.
    """
    page = _whole(request, "page", 1)
    limit = _whole(request, "per_page", DEFAULT_PER_PAGE)
    if page < 1 and switches.page_below_one == "first_page":
        page = 1
    if page < 1:
        raise invalid("page", "does not have a valid value")
    if limit > MAX_PER_PAGE and switches.per_page_over_max == "clamp":
        limit = MAX_PER_PAGE
    if not 1 <= limit <= MAX_PER_PAGE:
        raise invalid("per_page", "does not have a valid value")
    if page > MAX_PAGE and switches.page_over_cap == "error400":
        raise invalid("page", "does not have a valid value")
    limit = min(limit, switches.per_page_most)
    order = request.params.get("sort_order", default_order)
    if order not in ("asc", "desc"):
        raise invalid("sort_order", "does not have a valid value")
    if switches.sort_params == "ignored":
        order = default_order
    offset = None if page > MAX_PAGE else (page - 1) * limit
    return Paging(offset, limit, order == "desc")


def window(request: Request, name: str, bounds: Literal["ms", "whole_second"]) -> Window:
    """Read `name[gte]` and its siblings (Unix seconds) as a half-open range.

    Raises:
        ApiError: 400 `created[gt] is invalid` for anything but whole seconds.
    """
    low: list[int] = []
    high: list[int] = []
    for operator in _OPERATORS:
        text = request.params.get(f"{name}[{operator}]")
        if text is None:
            continue
        start = whole_number(text, f"{name}[{operator}]") * 1000
        # Rows carry milliseconds: "after T" begins either 1 ms or one second later.
        end = start + (1 if bounds == "ms" else 1000)
        if operator in ("eq", "gte"):
            low.append(start)
        if operator == "gt":
            low.append(end)
        if operator == "lt":
            high.append(start)
        if operator in ("eq", "lte"):
            high.append(end)
    return Window(max(low, default=None), min(high, default=None))


def created(request: Request, switches: Switches) -> Window:
    """Read the filter by creation, which the switch may ignore. Raises ApiError like `window`."""
    given = window(request, "created", switches.bounds)
    return given if switches.created_filter == "supported" else Window()


def filters(request: Request, name: str) -> list[str]:
    """Return the parameters of a filter that are present, such as `updated[gte]`."""
    known = [f"{name}[{operator}]" for operator in _OPERATORS]
    return [parameter for parameter in known if parameter in request.params]


def whole_number(text: str, name: str) -> int:
    """Read an integer.

    Raises:
        ApiError: 400 `page is invalid`.
    """
    if not _NUMBER.fullmatch(text):
        raise invalid(name, "is invalid")
    return int(text)


def flag(value: object, name: str) -> bool:
    """Read `true` or `false`.

    Raises:
        ApiError: 400 `completed is invalid`.
    """
    text = str(value).lower()
    if text not in ("true", "false"):
        raise invalid(name, "is invalid")
    return text == "true"


def _whole(request: Request, name: str, default: int) -> int:
    text = request.params.get(name)
    return default if text is None else whole_number(text, name)
