"""Ledger items of StateTable: packed votes behind a version."""

import zlib
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from nps_core import keys
from nps_core.aws import items
from nps_core.errors import UnreadableItem
from nps_core.keys import CONTACT_PREFIX, LEDGER_PREFIX
from nps_core.numbers.ledger import Ledger, decode, encode, joined_contacts
from nps_core.numbers.ports import LedgerRef

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


_KNOWN = {"pk", "sk", "votes", "version", "split"}


class DynamoLedgerStore:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client, self._table = client, table

    def get_many(self, refs: Collection[LedgerRef]) -> dict[LedgerRef, Ledger]:
        wanted = [{"pk": pk, "sk": sk} for pk, sk in dict.fromkeys(refs)]
        found = items.get_items(self._client, self._table, wanted)
        stored = {(item["pk"], item["sk"]): _from_item(item) for item in found}
        return {ref: stored.get(ref, Ledger()) for ref in refs}

    def put(self, ref: LedgerRef, ledger: Ledger) -> bool:
        item = {
            **ledger.unknown,
            "pk": ref[0],
            "sk": ref[1],
            "version": ledger.version + 1,
            "votes": encode(ledger.votes),
            "split": ledger.is_split or None,
        }
        if ledger.version == 0:
            return items.put_if(self._client, self._table, item, "attribute_not_exists(pk)")
        # This condition is all the concurrency control there is.
        return items.put_if(
            self._client, self._table, item, "version = :seen", {":seen": ledger.version}
        )

    def months(self, account_id: str, first_month: str) -> Iterator[Ledger]:
        bounds = {
            ":pk": f"ACCT#{account_id}",
            ":from": f"{LEDGER_PREFIX}{first_month}",
            ":to": f"{LEDGER_PREFIX}~",
        }
        found = items.query(
            self._client, self._table, "pk = :pk AND sk BETWEEN :from AND :to", bounds
        )
        return (_from_item(item) for item in found)

    def of_account(self, account_id: str) -> Iterator[tuple[LedgerRef, Ledger]]:
        found = items.query(
            self._client, self._table, "pk = :pk", {":pk": keys.ledger(account_id, "").pk}
        )
        for item in found:
            if item["sk"].startswith((LEDGER_PREFIX, CONTACT_PREFIX)):
                yield (item["pk"], item["sk"]), _from_item(item)

    def contacts(self, account_id: str, skip: items.Skip | None = None) -> list[Ledger]:
        """Return one ledger for each contact; an item that cannot be read goes to `skip`."""
        bounds = {":pk": f"ACCT#{account_id}", ":prefix": CONTACT_PREFIX}
        found = items.query(
            self._client, self._table, "pk = :pk AND begins_with(sk, :prefix)", bounds
        )
        return joined_contacts(items.readable(found, _of_contact, skip))


def _of_contact(item: Mapping[str, Any]) -> tuple[str, Ledger]:
    return item["sk"].removeprefix(CONTACT_PREFIX), _from_item(item)


def _from_item(item: Mapping[str, Any]) -> Ledger:
    try:
        votes, version = decode(item["votes"]), int(item["version"])
    except (LookupError, TypeError, ValueError, zlib.error):
        # Not chained, and without the key: both may name contacts.
        raise UnreadableItem(
            "a ledger lacks its votes or version, or they cannot be read"
        ) from None
    unknown = {name: item[name] for name in item.keys() - _KNOWN}
    return Ledger(votes, version, bool(item.get("split")), unknown)
