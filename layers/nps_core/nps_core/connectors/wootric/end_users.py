"""Who answered, for rows that do not say it: e-mail and external id of end users, cached.

Whoever the sync has listed before is in the table. For the others in bulk as the normal path: one
request brings 50 people. Single lookups fill what is left, at most one per missing person of a
page. Nothing here is ever logged.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from nps_core.connectors.wootric.protocol import page_params, row_ref
from nps_core.customers.people import Person
from nps_core.customers.ports import People
from nps_core.sync.reading.cursor import PAGE_SIZE, Order, PageQuery

_LAST_PAGE = 30
_FEW = 10
_BULK_PAGES_AT_ONCE = 60
"""Bounds what one page of answers can cost; the next page goes on where this one stopped."""
_MOST = 200_000
_MAX_AGE_S = 6 * 3600.0


class Api(Protocol):
    """The part of `WootricClient` that is needed."""

    def rows(self, path: str, params: Mapping[str, str]) -> list[Any]:
        """Return a list."""
        ...

    def one(self, path: str) -> dict[str, Any] | None:
        """Return one record, None when there is none."""
        ...


class EndUsers:
    """Cache of the account's people, for the life of a process but not longer than six hours."""

    def __init__(self, api: Api, stored: People, monotonic: Callable[[], float]) -> None:
        """Nothing is read before somebody is missing."""
        self._api, self._stored, self._monotonic = api, stored, monotonic
        self._forget()

    def learn(self, rows: Iterable[object]) -> None:
        """Remember whoever the rows of a page name, at no cost."""
        for row in rows:
            user = row.get("end_user") if isinstance(row, Mapping) else None
            if isinstance(user, Mapping) and "email" in user and isinstance(row, Mapping):
                self._keep(row.get("end_user_id"), user)

    def find(self, ids: Iterable[str], since_s: int) -> Mapping[str, Person]:
        """Return the people that exist; `since_s`: second of the first answer they are needed for.

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
        for user_id in self._missing(wanted):
            self._keep(user_id, self._api.one(f"end_users/{user_id}") or {})
        return {user_id: self._known[user_id] for user_id in wanted}

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
        """Read one page; returns how many rows, how many of them new, and the last second."""
        rows = self._api.rows("/v1/end_users", params)
        before = len(self._known)
        for row in rows:
            if isinstance(row, Mapping):
                self._keep(row.get("id"), row)
        seconds = [ref.second for ref in map(row_ref, rows) if ref.second is not None]
        return len(rows), len(self._known) - before, max(seconds, default=0)

    def _recent(self, since_s: int) -> None:
        """Whoever changed lately: asking survey after survey changes people."""
        params = {"page": "1", "per_page": str(PAGE_SIZE), "sort_order": "asc"}
        self._take({**params, "sort_key": "updated_at", "updated[gte]": str(since_s)})

    def _bulk(self, wanted: Iterable[str]) -> None:
        """List people by age from where the last listing ended, until all wanted ones are known."""
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
        """People imported together: by e-mail from both ends; whoever is left is asked singly."""
        ends: tuple[Order, ...] = ("asc", "desc")
        for order in ends:
            for page in range(1, _LAST_PAGE + 1):
                query = PageQuery(self._cursor, self._cursor + 1, page, order)
                number, new, _ = self._take(page_params(query, "email"))
                if number < PAGE_SIZE:
                    return
                if order == "desc" and not new:
                    return
