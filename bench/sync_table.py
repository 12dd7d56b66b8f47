"""The table that `sync.py` prints."""

import math
from dataclasses import dataclass

from nps_testing.worlds.sync_account import SyncAccount

PAGE = 50


@dataclass(frozen=True)
class Row:
    """One measured row. `holds` is None for a figure without a bar."""

    title: str
    figure: str
    bar: str = ""
    holds: bool | None = None
    ratio: float | None = None
    """Requests over the smallest possible number: 50 rows a request."""


def heading() -> str:
    return f"{'what':80} {'measured':64} {'bar':38} ratio  result"


def line(row: Row) -> str:
    ratio = "     " if row.ratio is None else f"{row.ratio:5.3f}"
    result = {True: "ok", False: "MISSED", None: "-"}[row.holds]
    return f"{row.title:80} {row.figure:64} {row.bar:38} {ratio}  {result}"


def ratio(requests: int, rows: int) -> float:
    """Return requests over the smallest possible number."""
    return requests / math.ceil(rows / PAGE)


def responses_asked(account: SyncAccount) -> int:
    """The requests so far for the account's list of answers."""
    return account.asked("GET /v1/responses")
