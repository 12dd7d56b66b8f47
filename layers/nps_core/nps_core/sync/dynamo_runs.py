"""The run log as operators read it: the runs of all connections."""

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from nps_core import keys
from nps_core.aws import items
from nps_core.sync.runlog import RunRecord

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ALL = "pk = :pk"
_BEGINNING = "pk = :pk AND begins_with(sk, :prefix)"


class DynamoRunLog:
    """Reads the records that `DynamoSyncState.put_run` writes. Run ids sort by time."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client, self._table = client, table

    def runs(
        self, skip: items.Skip | None = None, *, newest_first: bool = False
    ) -> Iterator[RunRecord]:
        """Yield all runs, by id or backwards; `skip` receives the unreadable ones."""
        found = self._query(_ALL, ScanIndexForward=not newest_first)
        return items.readable(found, RunRecord.from_item, skip)

    def run(self, run_id: str) -> RunRecord | None:
        item = items.get_item(self._client, self._table, keys.run(run_id)._asdict())
        return RunRecord.from_item(item) if item else None

    def latest(self) -> RunRecord | None:
        """Return the run that began last."""
        found = self._query(_ALL, Limit=1, ScanIndexForward=False)
        return next(map(RunRecord.from_item, found), None)

    def beginning(self, prefix: str, limit: int) -> list[RunRecord]:
        """Return at most `limit` runs whose id begins with the prefix."""
        found = self._query(_BEGINNING, {":prefix": prefix}, Limit=limit)
        return [RunRecord.from_item(item) for item in islice(found, limit)]

    def _query(
        self, condition: str, values: dict[str, str] | None = None, **more: Any
    ) -> Iterator[items.Item]:
        every = {":pk": keys.RUN, **(values or {})}
        return items.query(self._client, self._table, condition, every, **more)
