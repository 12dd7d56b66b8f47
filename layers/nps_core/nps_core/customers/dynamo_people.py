"""Profiles of end users in StateTable. One partition per Wootric account."""

import logging
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from nps_core import keys
from nps_core.aws import items
from nps_core.customers.people import Profile
from nps_core.errors import UnreadableItem

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


_log = logging.getLogger(__name__)


class DynamoPeople:
    def __init__(self, client: "DynamoDBClient", table: str, account_token: str) -> None:
        self._client, self._table, self._token = client, table, account_token

    def get_many(self, ids: Collection[str]) -> Mapping[str, Profile]:
        """Return the known ones, by id; an unreadable one counts as unknown."""
        wanted = [keys.person(self._token, user_id)._asdict() for user_id in dict.fromkeys(ids)]
        found = items.get_items(self._client, self._table, wanted)
        profiles = [_profile(item) for item in found if "erased" not in item]
        return {profile.id: profile for profile in profiles if profile is not None}

    def put(self, profile: Profile) -> None:
        key = keys.person(self._token, profile.id)._asdict()
        items.put(self._client, self._table, {**key, **profile.to_item()})

    def erase(self, user_id: str) -> None:
        """Forget a person whom the source has erased; only the id stays."""
        key = keys.person(self._token, user_id)._asdict()
        items.put(self._client, self._table, {**key, "erased": True})

    def ids(self, after: str) -> Iterator[str]:
        """Yield the ids of all known end users, in text order, from after `after` on."""
        pk, _ = keys.person(self._token, "")
        condition, values = "pk = :pk AND sk > :after", {":pk": pk, ":after": after or " "}
        found = items.query(self._client, self._table, condition, values)
        return (item["sk"] for item in found if "erased" not in item)


def _profile(item: items.Item) -> Profile | None:
    try:
        return Profile.from_item(item, id=item["sk"])
    except UnreadableItem as exc:
        _log.error("an end user cannot be read: %s", exc)
        return None
