"""Items that released versions stored, kept in tests/support/stored, and changes of them.

`responses.jsonl` and `state.jsonl` are a week of two Wootric accounts; `rare.jsonl` adds items that
such a week does not reach, and `versions.jsonl` answers of unusual versions. `older` keeps items
whose format has changed since.
"""

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from nps_core.numbers.ledger import decode
from nps_testing.stacks import stored

Item = dict[str, Any]
Path_ = tuple[str | int, ...]
"""Path of a field: the attribute, then the steps inside the attribute's JSON text."""

STRANGE = "a_field_of_tomorrow"


def stored_items() -> list[Item]:
    """Return every sample of the current formats, as plain values."""
    return _read_all("")


def older_items() -> list[Item]:
    """Return items of formats that are no longer written."""
    return _read_all("older/")


def _read_all(folder: str) -> list[Item]:
    files = sorted((stored.FOLDER / folder).glob("*.jsonl"))
    return [_with_bytes(item) for path in files for item in stored.read_file(folder + path.stem)]


def _with_bytes(item: Item) -> Item:
    return {
        name: b64decode(value["$base64"])
        if isinstance(value, dict) and "$base64" in value
        else value
        for name, value in item.items()
    }


def kind_of(item: Mapping[str, Any]) -> str:
    """Return the kind of an item by its keys, as in the table in keys.py."""
    head, *more = str(item["pk"]).split("#")
    if "sk" not in item:
        return f"<token> {more[0]}"
    first = str(item["sk"]).split("#")[0]
    return f"{head} {first}" if head in ("CONN", "ACCT") else head


def fields(item: Item) -> list[Path_]:
    """Return the path of every field of an item, except the keys of its table."""
    found: list[Path_] = [(name,) for name in item if name not in ("pk", "sk")]
    if holds_text(item):
        found += [("state", *path) for path in _inner(json.loads(item["state"]))]
    return found


def holds_text(item: Item) -> bool:
    """Whether `state` is JSON text of ours; the text in `properties` is the customer's."""
    return kind_of(item) == "CONN CHECKPOINT"


def _inner(value: object) -> Iterator[Path_]:
    places: Iterator[tuple[str | int, Any]] = iter(())
    if isinstance(value, dict):
        places = iter(value.items())
    elif isinstance(value, list):
        places = enumerate(value)
    for place, inside in places:
        if isinstance(value, dict):
            yield (place,)
        for path in _inner(inside):
            yield (place, *path)


def shape(path: Path_) -> str:
    """Return a path without list indexes: `state.todo.0` and `state.todo.1` become equal."""
    return ".".join(str(step) for step in path if isinstance(step, str))


def without(item: Item, path: Path_) -> Item:
    """Return the item without one field."""
    if len(path) == 1:
        return {name: value for name, value in item.items() if name != path[0]}
    text = json.loads(item["state"])
    parent = _at(text, path[1:-1])
    del parent[path[-1]]
    return {**item, "state": _as_text(text)}


def with_strange_fields(item: Item) -> Item:
    """Return the item with an unknown field, in itself and in every JSON text inside."""
    more: Item = {**item, STRANGE: [1, Decimal("0.5"), {"deep": "x"}]}
    if holds_text(item):
        more["state"] = _as_text(_strange(json.loads(item["state"])))
    return more


def _strange(value: Any) -> Any:
    if isinstance(value, list):
        return [_strange(inside) for inside in value]
    if isinstance(value, dict):
        inside = {name: _strange(each) for name, each in value.items()}
        return {**inside, STRANGE: {"deep": [1]}}
    return value


def _at(value: Any, path: Path_) -> Any:
    for step in path:
        value = value[step]
    return value


def _as_text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def holds(new: Any, old: Any) -> bool:
    """Whether `new` has everything of `old`, also inside JSON texts and packed votes."""
    if isinstance(old, dict):
        return all(name in new and holds(new[name], inside) for name, inside in old.items())
    if isinstance(old, list):
        return len(new) >= len(old) and all(map(holds, new, old))
    if isinstance(old, bytes):
        return decode(new) == decode(old)
    if isinstance(old, str) and old.startswith("{"):
        return holds(json.loads(new), json.loads(old))
    return bool(new == old)


def told_apart(samples: list[Item]) -> list[tuple[Item, Path_]]:
    """Return every field of the samples once, with a sample that has it."""
    seen: dict[str, tuple[Item, Path_]] = {}
    for item in samples:
        for path in fields(item):
            seen.setdefault(shape(path), (item, path))
    return list(seen.values())
