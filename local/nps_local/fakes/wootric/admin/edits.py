"""Edits of answers by control calls and tests."""

from collections.abc import Iterable, Mapping
from typing import Any

from nps_local.fakes.wootric.actions import Actions
from nps_local.fakes.wootric.data.model import Answer

_FIELDS = frozenset(
    ("score", "text", "excluded", "completed", "tags", "note", "notes", "properties", "notify")
)


def edit_many(actions: Actions, edits: Iterable[Mapping[str, Any]], author: str) -> list[Answer]:
    """Apply all edits, each with the `id` of its answer, or none if one is wrong.

    Raises:
        ApiError: 404, the answer does not exist or is deleted.
        ValueError: the field does not exist.
    """
    pairs = [(actions.live_answer(edit["id"]), _checked(edit)) for edit in edits]
    for answer, changes in pairs:
        _edit(actions, answer, changes, author)
    return [answer for answer, _ in pairs]


def _checked(edit: Mapping[str, Any]) -> dict[str, Any]:
    changes = {name: value for name, value in edit.items() if name != "id"}
    if unknown := set(changes) - _FIELDS:
        raise ValueError(f"an answer has no field {sorted(unknown)}")
    return changes


def _edit(actions: Actions, answer: Answer, changes: dict[str, Any], author: str) -> None:
    by_person: dict[str, Any] = {
        name: changes[name] for name in ("score", "text") if name in changes
    }
    if by_person:
        actions.edit(answer, by_person, notify=changes.get("notify", True))
    if "excluded" in changes or "completed" in changes:
        excluded, completed = changes.get("excluded"), changes.get("completed")
        actions.flag(answer, excluded=excluded, completed=completed)
    if "tags" in changes:
        actions.tag(answer, changes["tags"])
    if "notes" in changes:
        answer.notes.clear()
        actions.store.changed(answer)
    for text in [*changes.get("notes", ()), *([changes["note"]] if "note" in changes else ())]:
        actions.note(answer, text, author)
    if "properties" in changes:
        actions.snapshot_properties(answer, changes["properties"])
