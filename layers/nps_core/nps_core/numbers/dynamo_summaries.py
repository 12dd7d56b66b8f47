"""Account summaries of StateTable: stored folds for lists, exact until their `valid_until`."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nps_core.aws import items
from nps_core.errors import UnreadableItem
from nps_core.keys import ACCOUNT, account_summary
from nps_core.numbers.account_numbers import AccountView, MonthPoint
from nps_core.scoring import Counts
from nps_core.times import from_iso, iso

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoSummaryStore:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client, self._table = client, table

    def get_versioned(self, account_id: str) -> tuple[AccountView | None, int]:
        pk, sk = account_summary(account_id)
        item = items.get_item(self._client, self._table, {"pk": pk, "sk": sk})
        if item is None:
            return None, 0
        if not isinstance(item.get("version"), int):
            raise UnreadableItem("version is missing in the summary of an account")
        return _from_item(item), item["version"]

    def get(self, account_id: str) -> AccountView | None:
        return self.get_versioned(account_id)[0]

    def put(self, view: AccountView, expected_version: int) -> bool:
        pk, sk = account_summary(view.account_id)
        item = {"pk": pk, "sk": sk, "version": expected_version + 1, **_to_item(view)}
        if expected_version == 0:
            return items.put_if(self._client, self._table, item, "attribute_not_exists(pk)")
        return items.put_if(
            self._client, self._table, item, "version = :seen", {":seen": expected_version}
        )

    def everything(self) -> Iterator[AccountView]:
        """Yield all summaries, by account id, including that of the unmatched answers."""
        found = items.query(self._client, self._table, "pk = :pk", {":pk": ACCOUNT})
        return (_from_item(item) for item in found)


def _to_item(view: AccountView) -> dict[str, Any]:
    return {
        "name": view.name,
        "owner": view.owner,
        "as_of": iso(view.as_of),
        "window_days": view.window_days,
        "all": asdict(view.all),
        "latest": asdict(view.latest),
        "class": view.account_class,
        "class_reason": view.class_reason,
        "last_answered_at": _iso(view.last_answered_at),
        "valid_until": _iso(view.valid_until),
        "trend": json.dumps(
            [[p.month, *asdict(p.counts).values()] for p in view.trend], separators=(",", ":")
        ),
    }


def _from_item(item: Mapping[str, Any]) -> AccountView:
    """Parse a summary. One with another version's fields counts as out of date.

    A summary is a fold: readers fold it again, and the rollup rewrites it.
    """
    try:
        return _read(item)
    except (LookupError, TypeError, ValueError):
        return _out_of_date(item["sk"])


def _read(item: Mapping[str, Any]) -> AccountView:
    counts = _counts(item["all"])
    return AccountView(
        account_id=item["sk"],
        name=item.get("name"),
        owner=item.get("owner"),
        as_of=from_iso(item["as_of"]),
        window_days=item["window_days"],
        all=counts,
        latest=_counts(item["latest"]),
        account_class=item.get("class"),
        class_reason=item["class_reason"],
        last_answered_at=_time(item.get("last_answered_at")),
        trend=tuple(MonthPoint(row[0], Counts(*row[1:5])) for row in json.loads(item["trend"])),
        # Only an empty window is exact for ever.
        valid_until=from_iso(item["valid_until"]) if counts.n else None,
    )


def _counts(stored: Mapping[str, int]) -> Counts:
    return Counts(**{count.name: stored[count.name] for count in fields(Counts)})


def _out_of_date(account_id: str) -> AccountView:
    never = datetime.fromtimestamp(0, UTC)
    empty = Counts()
    return AccountView(account_id, None, None, never, 0, empty, empty, None, "", None, (), None)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)


def _time(text: str | None) -> datetime | None:
    return None if text is None else from_iso(text)
