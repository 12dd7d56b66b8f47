"""E-mail and external id of end users, cached, for rows that lack them.

Persons whom the sync has listed are in the table. The others are listed in bulk: one request brings
50 of them. The rest is looked up singly, at most once per missing person of a page. This module
logs nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from nps_core.connectors.wootric.protocol import page_params, row_ref
from nps_core.customers.people import Person
from nps_core.customers.ports import People
from nps_core.errors import SourceRejected, SourceUnavailable
from nps_core.sync.reading.cursor import PAGE_SIZE, Order, PageQuery

_NOBODY = Person(None, None)
_LAST_PAGE = 30
_FEW = 10
_BULK_PAGES_AT_ONCE = 60
"""Limits the cost of one page of answers; the next page resumes the listing."""
_MOST = 200_000
_MAX_AGE_S = 6 * 3600.0


class Api(Protocol):
    """The part of `WootricClient` that this cache needs."""

    def rows(self, path: str, params: Mapping[str, str]) -> list[Any]: ...

    def one(self, path: str) -> dict[str, Any] | None:
        """Return one record; None if there is none."""
        ...


class EndUsers:
    """Cache of the account's persons, for the life of a process but at most six hours."""

    def __init__(self, api: Api, stored: People, monotonic: Callable[[], float]) -> None:
        self._api, self._stored, self._monotonic = api, stored, monotonic
        self._forget()

    def learn(self, rows: Iterable[object]) -> None:
        """Cache the persons that the rows of a page name, without a request."""
        for row in rows:
            user = row.get("end_user") if isinstance(row, Mapping) else None
            if isinstance(user, Mapping) and "email" in user and isinstance(row, Mapping):
                self._keep(row.get("end_user_id"), user)

    def find(self, ids: Iterable[str], since_s: int) -> Mapping[str, Person]:
        """Return the persons that exist; `since_s` is the second of the first answer concerned.

        Raises like `WootricClient.page`.
        """
        if self._monotonic() - self._born_at > _MAX_AGE_S or len(self._known) > _MOST:
            self._forget()
        wanted = dict.fromkeys(ids)
        if unknown := self._missing(wanted):
            for user_id, known in self._stored.get_many(unknown).items():
                self._known[user_id] = known.person
        missing = len(self._missing(wanted))
        if missing > _FEW or (missing and self._listed_all):
            self._bulk(wanted)
        elif missing > 1:
            self._recent(since_s)
        refused = self._look_up(self._missing(wanted))
        return {user_id: refused.get(user_id) or self._known[user_id] for user_id in wanted}

    def _look_up(self, ids: Iterable[str]) -> dict[str, Person]:
        """Look persons up singly. Returns those whom the source cannot show, as nobody.

        One broken record must not hold up the answers of the page. It is asked for again whenever
        the answer is read. After a second failure that may pass, the source is taken for down.
        """
        refused: dict[str, Person] = {}
        failures = 0
        for user_id in ids:
            try:
                self._keep(user_id, self._api.one(f"end_users/{user_id}") or {})
            except SourceRejected:
                refused[user_id] = _NOBODY
            except SourceUnavailable:
                failures += 1
                if failures > 1:
                    raise
                refused[user_id] = _NOBODY
        return refused

    def _missing(self, ids: Iterable[str]) -> list[str]:
        return [user_id for user_id in ids if user_id not in self._known]

    def _forget(self) -> None:
        self._known: dict[str, Person] = {}
        self._born_at = self._monotonic()
        self._cursor = 0
        self._listed_all = False

    def _keep(self, user_id: object, user: Mapping[str, Any]) -> None:
        if isinstance(user_id, int | str) and not isinstance(user_id, bool):
            self._known[str(user_id)] = Person(user.get("email"), user.get("external_id"))

    def _take(self, params: Mapping[str, str]) -> tuple[int, int, int]:
        """Read one page. Returns its number of rows, of new persons, and its last second."""
        rows = self._api.rows("/v1/end_users", params)
        before = len(self._known)
        for row in rows:
            if isinstance(row, Mapping):
                self._keep(row.get("id"), row)
        seconds = [ref.second for ref in map(row_ref, rows) if ref.second is not None]
        return len(rows), len(self._known) - before, max(seconds, default=0)

    def _recent(self, since_s: int) -> None:
        """List recently changed persons first: each survey changes its end user."""
        params = {"page": "1", "per_page": str(PAGE_SIZE), "sort_order": "asc"}
        self._take({**params, "sort_key": "updated_at", "updated[gte]": str(since_s)})

    def _bulk(self, wanted: Iterable[str]) -> None:
        """List persons by creation, from the end of the last listing, until `wanted` are cached."""
        for _ in range(_BULK_PAGES_AT_ONCE):
            number, _, last = self._take(page_params(PageQuery(self._cursor)))
            self._listed_all = number < PAGE_SIZE
            if last > self._cursor:
                self._cursor = last
            elif not self._listed_all:
                self._same_second()
                self._cursor += 1
            if self._listed_all or not self._missing(wanted):
                return

    def _same_second(self) -> None:
        """List persons imported in one second: by e-mail, from both ends."""
        ends: tuple[Order, ...] = ("asc", "desc")
        for order in ends:
            for page in range(1, _LAST_PAGE + 1):
                query = PageQuery(self._cursor, self._cursor + 1, page, order)
                number, new, _ = self._take(page_params(query, "email"))
                if number < PAGE_SIZE:
                    return
                if order == "desc" and not new:
                    return
