"""Items of released versions load, and are unchanged when written again.

Each kind of item in the table of keys.py has samples in tests/support/stored, as a released
version wrote them. A later version may omit or add a field; no reader fails for that.
"""

import json
import os
import re
from collections.abc import Iterator
from functools import cache

import pytest

from nps_core import formats, keys
from nps_core.aws import items
from nps_core.aws.clients import dynamodb
from nps_core.errors import UnreadableItem
from nps_testing import samples
from nps_testing.samples import STRANGE, Item, shape
from nps_testing.stacks.backends import moto_tables
from nps_testing.stored_kinds import KINDS

EVERY_KIND = pytest.mark.parametrize("name", KINDS)


@cache
def of_kind(name: str) -> list[Item]:
    return [item for item in samples.stored_items() if samples.kind_of(item) == name]


@pytest.fixture
def empty_tables(clean_environment: None) -> Iterator[None]:
    with moto_tables():
        yield


def rewritten(name: str, item: Item) -> Item:
    """Store the item alone, let the code read it and write it again, and return what is there."""
    table = os.environ["RESPONSES_TABLE" if "sk" not in item else "STATE_TABLE"]
    key: dict[str, str] = {part: item[part] for part in ("pk", "sk") if part in item}
    items.put(dynamodb(), table, item)
    try:
        KINDS[name].rewrite(item)
        found = items.get_item(dynamodb(), table, key)
    finally:
        items.delete(dynamodb(), table, key)
    assert found is not None
    return found


def rest(name: str, item: Item) -> Item:
    """The item without what each write moves."""
    return {field: value for field, value in item.items() if field not in KINDS[name].counts}


@EVERY_KIND
def test_sample__is_written_again_as_it_was(name: str, empty_tables: None) -> None:
    assert of_kind(name), "no sample of this kind: see CONTRIBUTING.md"
    for item in of_kind(name):
        assert rest(name, rewritten(name, item)) == rest(name, item)


def test_older_sample__loses_nothing_when_it_is_written_again(empty_tables: None) -> None:
    assert samples.older_items()
    for item in samples.older_items():
        name = samples.kind_of(item)
        assert samples.holds(rest(name, rewritten(name, item)), rest(name, item))


@EVERY_KIND
def test_sample__loads_without_a_field_that_is_not_needed(name: str, empty_tables: None) -> None:
    kind = KINDS[name]
    for item, path in samples.told_apart(of_kind(name)):
        if shape(path) not in kind.needs:
            rewritten(name, samples.without(item, path))


@EVERY_KIND
def test_sample__without_a_field_that_is_needed_says_which(name: str, empty_tables: None) -> None:
    kind, tried = KINDS[name], set()
    for item, path in samples.told_apart(of_kind(name)):
        if shape(path) in kind.needs:
            tried.add(shape(path))
            with pytest.raises(UnreadableItem, match=str(path[-1])):
                rewritten(name, samples.without(item, path))
    assert tried == kind.needs, "every field that is needed is in a sample"


@EVERY_KIND
def test_sample__keeps_the_fields_of_another_version(name: str, empty_tables: None) -> None:
    for item, _ in samples.told_apart(of_kind(name)):
        strange = samples.with_strange_fields(item)
        expected = strange if KINDS[name].keeps_unknown else item
        assert rest(name, rewritten(name, strange)) == rest(name, expected)
        assert STRANGE not in item


# ----------------------------------------------------------------------------- what is covered


def test_kinds__are_those_of_the_table_in_keys() -> None:
    rows = re.findall(r"^    ([A-Z<]\S*) {1,2} *(\S+)", keys.__doc__ or "", re.M)
    named = {
        samples.kind_of({"pk": pk, "sk": sk} if not sk.startswith("Answer") else {"pk": pk})
        for pk, sk in rows
    }
    assert named == set(KINDS)


def test_samples__are_all_of_a_known_kind() -> None:
    assert {samples.kind_of(item) for item in samples.stored_items()} == set(KINDS)


def test_checkpoints__of_the_samples_hold_every_value_there_is(empty_tables: None) -> None:
    found: set[str] = set()
    for item in of_kind("CONN CHECKPOINT"):
        items.put(dynamodb(), os.environ["STATE_TABLE"], item)
        inside = KINDS["CONN CHECKPOINT"].rewrite(item)
        assert isinstance(inside, list)
        found |= {type(value).__name__ for value in inside}
    whole_items = {"Gap", "Suspect", "Connection", "Profile", "Task", "Alert"}
    ours = (
        one for one in formats.Stored.__subclasses__() if one.__module__.startswith("nps_core.")
    )
    assert found | whole_items == {one.__name__ for one in ours}


def test_lists__that_another_version_has_made_longer_stay_so(empty_tables: None) -> None:
    name = "CONN CHECKPOINT"
    item = next(one for one in of_kind(name) if json.loads(one["state"]).get("sweep"))
    state = json.loads(item["state"])
    state["sweep"].append({"deep": 1})
    state["swept"].append("2026-03-02T17:00:00Z")
    longer = {**item, "state": json.dumps(state, separators=(",", ":"))}
    assert rewritten(name, longer) == longer
