"""Sync state in StateTable: lease, checkpoints, run log, finished backfill, requests.

Fencing: taking the lease raises its number. Opening a checkpoint stamps the number into it, and
every later write has the condition `fence = :mine`. A run that has lost its lease (it slept, or its
clock did) fails that condition as soon as the next holder has opened the checkpoint. One write unit
per page.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from nps_core import keys
from nps_core.aws import items
from nps_core.errors import LeaseLost, UnreadableItem
from nps_core.outbox.items import mail_item
from nps_core.outbox.mail_states import OutboxMail
from nps_core.sync.lease import Grant, Held
from nps_core.sync.requests import OperatorRequests
from nps_core.times import epoch_ms, iso

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LEASE_FOR = timedelta(seconds=12)
"""Three renewals long, and short enough that the tick after a crash can wait it out.

A run that hangs in a request for longer may be overtaken by the next tick: it then fails its
fence and stops, which costs one page and harms nothing.
"""
_RUNS_KEPT = timedelta(days=180)


class DynamoSyncState:
    def __init__(self, client: "DynamoDBClient", table: str, account_token: str) -> None:
        """One connection: `account_token` is its Wootric account."""
        self._client, self._table, self._token = client, table, account_token

    def acquire(self, run_id: str, now: datetime) -> Grant | Held:
        """Take the lease if it is free or has expired."""
        values = {
            ":me": run_id,
            ":until": epoch_ms(now + LEASE_FOR),
            ":now": epoch_ms(now),
            # No lease can end later than this, unless a clock was set back since.
            ":absurd": epoch_ms(now + 2 * LEASE_FOR),
            ":zero": 0,
            ":one": 1,
        }
        old = self._update(
            "LEASE",
            "SET holder = :me, until_ms = :until, fence = if_not_exists(fence, :zero) + :one",
            "attribute_not_exists(holder) OR attribute_not_exists(until_ms)"
            " OR until_ms < :now OR until_ms > :absurd",
            values,
            returns="UPDATED_OLD",
        )
        if old is None:
            lease = self._get("LEASE") or {}
            return Held(str(lease.get("holder", "")), int(lease.get("until_ms", 0)))
        return Grant(run_id, int(old.get("fence", 0)) + 1, old.get("holder"))

    def renew(self, grant: Grant, now: datetime) -> None:
        """Extend the lease. Raises LeaseLost if another run has taken it."""
        renewed = self._update(
            "LEASE",
            "SET until_ms = :until",
            "fence = :mine AND holder = :me",
            {":until": epoch_ms(now + LEASE_FOR), ":mine": grant.fence, ":me": grant.run_id},
        )
        if renewed is None:
            raise LeaseLost("another run has taken over the connection")

    def release(self, grant: Grant) -> None:
        """Release the lease; harmless if it is already lost."""
        self._update("LEASE", "REMOVE holder, until_ms", "fence = :mine", {":mine": grant.fence})

    def open_checkpoint(self, grant: Grant, name: str) -> str | None:
        """Claim and read a checkpoint; None before the first save. Raises LeaseLost."""
        item = self._update(
            f"CHECKPOINT#{name}",
            "SET fence = :mine",
            "attribute_not_exists(fence) OR fence <= :mine",
            {":mine": grant.fence},
            returns="ALL_NEW",
        )
        if item is None:
            raise LeaseLost("another run has taken over the connection")
        text = _state(item)
        if text == "":
            raise UnreadableItem(f"CHECKPOINT#{name} has lost its state")
        return text

    def save_checkpoint(self, grant: Grant, name: str, state: str) -> None:
        """Write a checkpoint whose rows are stored. Raises LeaseLost and writes nothing."""
        is_ours = items.set_values(
            self._client,
            self._table,
            self._key(f"CHECKPOINT#{name}"),
            {"run_id": grant.run_id, "state": state},
            "fence = :mine",
            {":mine": grant.fence},
        )
        if not is_ours:
            raise LeaseLost("another run has taken over the connection")

    def read_checkpoint(self, name: str) -> str | None:
        """Read a checkpoint without claiming it. Empty, which cannot be parsed, if it is lost."""
        return _state(self._get(f"CHECKPOINT#{name}") or {})

    def requests(self) -> OperatorRequests:
        return OperatorRequests.from_item(self._get("WANTED") or {})

    def request_audit(self, at: datetime) -> None:
        """Ask the next run for an audit. A repeat asks for another one."""
        self._update("WANTED", "SET audit_at = :at", "", {":at": iso(at)})

    def request_backfill(self, since_s: int, at: datetime) -> None:
        """Ask the next run to read history from `since_s` on; the last request wins."""
        values = {":at": iso(at), ":since": since_s}
        self._update("WANTED", "SET backfill_at = :at, since_s = :since", "", values)

    def put_run(self, record: Mapping[str, Any], now: datetime) -> None:
        pk, sk = keys.run(record["run_id"])
        expires = int((now + _RUNS_KEPT).timestamp())
        item = {"pk": pk, "sk": sk, **record, "expires_at": expires}
        items.put(self._client, self._table, item)

    def mark_crashed(self, run_id: str, now: datetime) -> None:
        """Close the record of a run that left it open: a crash, or the timeout."""
        pk, sk = keys.run(run_id)
        why = "the run ended without a report; the next one went on from its checkpoint"
        items.update_if(
            self._client,
            self._table,
            {"pk": pk, "sk": sk},
            "SET #s = :failed, ended_at = :now, #e = :why",
            "#s = :running",
            {":failed": "failed", ":running": "running", ":now": iso(now), ":why": why},
            ExpressionAttributeNames={"#s": "status", "#e": "error"},
        )

    def backfill_finished(self) -> bool:
        return "backfilled_at" in (self._get("PROFILE") or {})

    def finish_backfill(self, mail: OutboxMail | None, now: datetime) -> bool:
        """Mark the first backfill as finished and post its mail, both or neither, only once."""
        mark: Any = {
            "Update": {
                "TableName": self._table,
                "Key": items.to_wire(self._key("PROFILE")),
                "UpdateExpression": "SET backfilled_at = :now",
                "ConditionExpression": "attribute_not_exists(backfilled_at)",
                "ExpressionAttributeValues": items.to_wire({":now": iso(now)}),
            }
        }
        writes = [mark]
        if mail is not None:
            put = {
                "TableName": self._table,
                "Item": items.to_wire(mail_item(mail)),
                "ConditionExpression": "attribute_not_exists(pk)",
            }
            writes.append({"Put": put})
        return items.transact_if(self._client, writes)

    def _key(self, sk: str) -> dict[str, str]:
        return keys.connection(self._token, sk)._asdict()

    def _get(self, sk: str) -> items.Item | None:
        return items.get_item(self._client, self._table, self._key(sk))

    def _update(
        self,
        sk: str,
        update: str,
        condition: str,
        values: Mapping[str, Any],
        returns: str = "NONE",
    ) -> items.Item | None:
        """Update one item of the connection; None if the condition does not hold.

        An empty condition always holds.
        """
        return items.update_if(
            self._client,
            self._table,
            self._key(sk),
            update,
            condition,
            values,
            ReturnValues=returns,
        )


def _state(item: Mapping[str, Any]) -> str | None:
    """Return a checkpoint's text; None if a run has claimed it but none has saved it yet.

    Empty if it was saved and is lost: that must not look like "never synced".
    """
    return item.get("state") or ("" if "run_id" in item else None)
