"""Gaps and suspects of a connection, in StateTable.

Closed and settled ones stay for 180 days: they are the log of past gaps.
"""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from nps_core import keys
from nps_core.aws import items
from nps_core.errors import UnreadableItem
from nps_core.keys import AnswerKey
from nps_core.sync.proof.gaps import Gap
from nps_core.sync.proof.suspects import Suspect
from nps_core.times import iso

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEPT = timedelta(days=180)
_GAP, _MISSING = "GAP#", "MISSING#"

_log = logging.getLogger(__name__)


class DynamoProofStore:
    def __init__(self, client: "DynamoDBClient", table: str, account_token: str) -> None:
        """One connection: `account_token` is its Wootric account."""
        self._client, self._table, self._token = client, table, account_token

    def gaps(self) -> list[Gap]:
        """Return all gaps, closed ones of the last 180 days included, by stream, kind and range."""
        return [_gap(item) for item in self._all(_GAP)]

    def put_gap(self, gap: Gap) -> None:
        """Write the gap; one per stream, kind and start."""
        sk = f"{_GAP}{gap.stream}#{gap.kind}#{gap.from_s}"
        expires = None if gap.closed_at is None else _expiry(gap.closed_at)
        self._put(sk, {**gap.to_item(), "expires_at": expires})

    def close_gap(self, gap: Gap, at: datetime) -> None:
        self.put_gap(replace(gap, closed_at=at))

    def suspects(self) -> list[Suspect]:
        """Return the suspects that are not settled."""
        return [suspect for suspect in self.suspicions() if suspect.is_open]

    def suspicions(self) -> list[Suspect]:
        """Return all suspicions, those settled in the last 180 days included."""
        found = (_suspect(item, self._token) for item in self._all(_MISSING))
        return [suspect for suspect in found if suspect is not None]

    def put_suspect(self, suspect: Suspect) -> None:
        self._put(_sk(suspect), _suspect_item(suspect))

    def accept(self, suspect: Suspect, at: datetime) -> bool:
        """Record an operator's consent. Returns False if the suspicion is settled."""
        return items.set_values(
            self._client,
            self._table,
            keys.connection(self._token, _sk(suspect))._asdict(),
            {"accepted_at": iso(at)},
            "attribute_exists(pk) AND attribute_not_exists(settled_at)",
        )

    def settle(self, suspect: Suspect, outcome: str, at: datetime) -> None:
        """Record the outcome: `deleted`, `erased`, `listed again`, `not stored` or `undone`."""
        self._put_settled(replace(suspect, outcome=outcome, settled_at=at), at)

    def forget(self, settled: Suspect, at: datetime) -> None:
        """Record that the content of a deleted answer was dropped."""
        self._put_settled(replace(settled, forgotten_at=at), settled.settled_at or at)

    def _put_settled(self, settled: Suspect, at: datetime) -> None:
        self._put(_sk(settled), {**_suspect_item(settled), "expires_at": _expiry(at)})

    def _all(self, prefix: str) -> Iterator[items.Item]:
        pk, _ = keys.connection(self._token, "")
        condition = "pk = :pk AND begins_with(sk, :prefix)"
        return items.query(self._client, self._table, condition, {":pk": pk, ":prefix": prefix})

    def _put(self, sk: str, item: items.Item) -> None:
        key = keys.connection(self._token, sk)._asdict()
        items.put(self._client, self._table, {**key, **item})


def _gap(item: items.Item) -> Gap:
    """Parse a gap. An unreadable one stays open: its loss must prove nothing."""
    _, stream, kind, begin_s = item["sk"].split("#")
    from_s = int(begin_s)
    try:
        return Gap.from_item(item, ("expires_at",), stream=stream, kind=kind, from_s=from_s)
    except UnreadableItem as exc:
        _log.error("a gap cannot be read: %s", exc)
        begin = datetime.fromtimestamp(from_s, UTC)
        why = f"its record cannot be read: {exc}"
        to_s = item.get("to_s")
        end_s = to_s if isinstance(to_s, int) else from_s + 1
        return Gap(stream, kind, from_s, end_s, why, begin, "")


def _suspect(item: items.Item, token: str) -> Suspect | None:
    """Parse a suspect. An unreadable one is dropped; two further listings without it restore it."""
    try:
        _, kind, answer_id = item["sk"].split("#", 2)
        key = AnswerKey(token, kind, answer_id)
        return Suspect.from_item(item, ("kind", "id", "expires_at"), key=key)
    except UnreadableItem as exc:
        _log.error("a suspect cannot be read: %s", exc)
        return None


def _suspect_item(suspect: Suspect) -> items.Item:
    return {"kind": suspect.key.kind, "id": suspect.key.id, **suspect.to_item()}


def _sk(suspect: Suspect) -> str:
    return f"{_MISSING}{suspect.key.kind}#{suspect.key.id}"


def _expiry(at: datetime) -> int:
    return int((at + _KEPT).timestamp())
