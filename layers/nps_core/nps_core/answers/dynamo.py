"""ResponsesTable: one item per answer or decline, and its index by day."""

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from nps_core.answers.models import Answer, Listed
from nps_core.answers.stamps import decode, encode
from nps_core.aws import items
from nps_core.errors import UnreadableItem
from nps_core.keys import DAY_INDEX, AnswerKey, Kind, day_of, parse_answer_key
from nps_core.scoring import NPS
from nps_core.times import from_iso, iso

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_TIMES = (
    *("answered_at", "updated_at", "event_at", "rest_at", "first_seen_at"),
    *("deleted_at", "erased_at", "finest_at"),
)
_PLAIN = (
    *("score", "text", "metric", "metric_known", "email", "external_id", "end_user_id"),
    *("is_unknown_user", "account_id", "account_name", "account_rule", "owner", "survey_id"),
    *("origin_url", "completed", "excluded", "deleted", "erased", "event_rank", "source"),
    *("first_source", "previous_score", "rev", "is_form", "contact"),
    "restored_rev",
)
_OFTEN_FALSE = ("is_unknown_user", "excluded", "deleted", "erased", "is_form")
"""Stored only when true. Most answers have none of them, and an item below 1 KB costs one write
unit."""
_JSON = ("properties", "extra", "typed")
_KNOWN = {"pk", "day", "tags", "notes", "cut", "stamps", *_JSON, *_TIMES, *_PLAIN}
_NEEDED = ("metric", "rev", "answered_at", "updated_at")
_DEFAULTS: Mapping[str, Any] = {
    "metric_known": False,
    "account_rule": "unmatched",
    "event_rank": 0,
    "source": "webhook",
    "first_source": "webhook",
}
"""For attributes that every version so far writes: the weakest claim, should a later version omit
one."""


class DynamoAnswerStore:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client, self._table = client, table

    def get(self, key: AnswerKey) -> Answer | None:
        item = items.get_item(self._client, self._table, {"pk": str(key)})
        return _read(item) if item else None

    def get_many(
        self,
        keys: Collection[AnswerKey],
        skip: items.Skip | None = None,
        *,
        may_lag: bool = False,
    ) -> Mapping[AnswerKey, Answer]:
        wanted = [{"pk": str(key)} for key in dict.fromkeys(keys)]
        found = items.get_items(self._client, self._table, wanted, may_lag=may_lag)
        return {answer.key: answer for answer in items.readable(found, _read, skip)}

    def between(
        self, account_token: str, kind: Kind, start: datetime, end: datetime
    ) -> Iterator[Listed]:
        """Yield the answers with start <= answered_at < end, by time: one index query per UTC day.

        The index lags behind a write by a moment.
        """
        day = start.replace(hour=0, minute=0, second=0, microsecond=0)
        while day < end:
            found = items.query(
                self._client,
                self._table,
                "#day = :day AND answered_at BETWEEN :from AND :to",
                # As text, a whole second sorts last within its second: "." comes before "Z".
                {
                    ":day": day_of(account_token, kind, day),
                    ":from": f"{start.replace(microsecond=0):%Y-%m-%dT%H:%M:%S}.",
                    ":to": f"{end:%Y-%m-%dT%H:%M:%S}Z",
                },
                IndexName=DAY_INDEX,
                ExpressionAttributeNames={"#day": "day"},
            )
            listed = [_listed(item) for item in found]
            listed.sort(key=lambda one: (one.answered_at, one.key))
            yield from (answer for answer in listed if start <= answer.answered_at < end)
            day += timedelta(days=1)

    def put(self, answer: Answer, expected_rev: int | None) -> bool:
        if expected_rev is None:
            return items.put_if(
                self._client, self._table, to_item(answer), "attribute_not_exists(pk)"
            )
        return items.put_if(
            self._client, self._table, to_item(answer), "rev = :seen", {":seen": expected_rev}
        )

    def everything(self, skip: items.Skip | None = None) -> Iterator[Answer]:
        """Yield every stored answer and decline: a full scan, for an operator's lists only."""
        return items.readable(items.scan(self._client, self._table), _read, skip)


def to_item(answer: Answer) -> dict[str, Any]:
    """Turn an answer into its item, without empty collections and flags that are usually false."""
    token, kind = answer.key.account_token, answer.key.kind
    item: dict[str, Any] = {
        **answer.unknown,
        "pk": str(answer.key),
        "day": day_of(token, kind, answer.answered_at),
    }
    item |= {name: getattr(answer, name) for name in _PLAIN}
    item |= {name: iso(value) for name in _TIMES if (value := getattr(answer, name)) is not None}
    item |= {name: None for name in _OFTEN_FALSE if not getattr(answer, name)}
    item |= {name: _json(getattr(answer, name)) for name in _JSON}
    item["stamps"] = encode(answer.stamps, answer.answered_at)
    item["tags"] = list(answer.tags) or None
    item["notes"] = list(answer.notes) or None
    item["cut"] = list(answer.cut) or None
    return item


def from_item(item: Mapping[str, Any]) -> Answer:
    """Inverse of `to_item`. Raises KeyError or ValueError if the item is not an answer."""
    values: dict[str, Any] = {name: item.get(name) for name in _PLAIN}
    values |= {name: from_iso(item[name]) if name in item else None for name in _TIMES}
    values |= {name: bool(item.get(name)) for name in _OFTEN_FALSE}
    values |= {name: json.loads(item.get(name, "{}")) for name in _JSON}
    for name in _NEEDED:
        if values[name] is None:
            raise KeyError(name)
    values |= {name: value for name, value in _DEFAULTS.items() if values[name] is None}
    values["event_at"] = values["event_at"] or values["updated_at"]
    values["first_seen_at"] = values["first_seen_at"] or values["event_at"]
    numbers = (values["rev"], values["event_rank"])
    if not all(isinstance(one, int) for one in numbers) or values["score"] not in (
        None,
        *range(11),
    ):
        raise ValueError("rev, event_rank or score is not an integer that a number can rely on")
    return Answer(
        key=parse_answer_key(item["pk"]),
        stamps=decode(item.get("stamps"), values["answered_at"]),
        tags=tuple(item.get("tags", ())),
        notes=tuple(item.get("notes", ())),
        cut=tuple(item.get("cut", ())),
        unknown={name: item[name] for name in item.keys() - _KNOWN},
        **values,
    )


def _read(item: items.Item) -> Answer:
    try:
        return from_item(item)
    except KeyError as exc:
        raise UnreadableItem(f"the stored answer {item['pk']} lacks {exc}") from None
    except (TypeError, ValueError):
        # Not chained: these errors quote the content.
        raise UnreadableItem(f"the stored answer {item['pk']} cannot be read") from None


def _listed(item: Mapping[str, Any]) -> Listed:
    key = parse_answer_key(item["pk"])
    score = item.get("score")
    is_out = bool(item.get("excluded") or item.get("deleted"))
    counts = key.kind == "response" and item.get("metric") == NPS and not is_out
    return Listed(
        key,
        from_iso(item["answered_at"]),
        score if counts and score in range(11) else None,
        item.get("end_user_id"),
        bool(item.get("deleted")),
        bool(item.get("erased")),
    )


def _json(values: Mapping[str, Any]) -> str | None:
    """Encode as JSON, which keeps a number as it was; DynamoDB would turn 1.10 into 1.1."""
    if not values:
        return None
    return json.dumps(dict(values), separators=(",", ":"), ensure_ascii=False, sort_keys=True)
