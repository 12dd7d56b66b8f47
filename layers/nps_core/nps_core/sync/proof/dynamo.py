"""Gaps of a connection, and stored answers that the source seems to have lost. In StateTable.

Closed and settled ones stay for 180 days: they are the log of what was missing.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from nps_core import keys
from nps_core.aws import items
from nps_core.sync.proof.gaps import Gap
from nps_core.sync.proof.suspects import Suspect
from nps_core.times import iso

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEPT = timedelta(days=180)
_GAP, _MISSING = "GAP#", "MISSING#"


class DynamoProofStore:
    """Implements `ProofStore` for one connection."""

    def __init__(self, client: "DynamoDBClient", table: str, account_token: str) -> None:
        """Bind to the table named `table` and one Wootric account."""
        self._client, self._table, self._token = client, table, account_token

    def gaps(self) -> list[Gap]:
        """Return all gaps, closed ones of the last 180 days too, by stream, kind and range."""
        return [Gap.from_item(item) for item in self._all(_GAP)]

    def put_gap(self, gap: Gap) -> None:
        """Write a gap as it is now; one per stream, kind and begin."""
        sk = f"{_GAP}{gap.stream}#{gap.kind}#{gap.from_s}"
        expires = None if gap.closed_at is None else _expiry(gap.closed_at)
        self._put(sk, {**gap.to_item(), "expires_at": expires})

    def close_gap(self, gap: Gap, at: datetime) -> None:
        """Close a gap: its range has been proven."""
        self.put_gap(replace(gap, closed_at=at))

    def suspects(self) -> list[Suspect]:
        """Return the suspects, without those that are settled."""
        return [
            Suspect.from_item(item, self._token)
            for item in self._all(_MISSING)
            if "settled_at" not in item
        ]

    def put_suspect(self, suspect: Suspect) -> None:
        """Note that an answer is missing at the source."""
        self._put(_sk(suspect), suspect.to_item())

    def settle(self, suspect: Suspect, outcome: str, at: datetime) -> None:
        """Note what became of it: `deleted`, `erased` or `listed again`."""
        more = {"outcome": outcome, "settled_at": iso(at), "expires_at": _expiry(at)}
        self._put(_sk(suspect), {**suspect.to_item(), **more})

    def _all(self, prefix: str) -> Iterator[items.Item]:
        pk, _ = keys.connection(self._token, "")
        condition = "pk = :pk AND begins_with(sk, :prefix)"
        return items.query(self._client, self._table, condition, {":pk": pk, ":prefix": prefix})

    def _put(self, sk: str, item: items.Item) -> None:
        key = keys.connection(self._token, sk)._asdict()
        items.put(self._client, self._table, {**key, **item})


def _sk(suspect: Suspect) -> str:
    return f"{_MISSING}{suspect.key.kind}#{suspect.key.id}"


def _expiry(at: datetime) -> int:
    return int((at + _KEPT).timestamp())
