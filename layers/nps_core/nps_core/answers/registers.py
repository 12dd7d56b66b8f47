"""The fields of an answer, each with the stamp of the version that its value comes from.

`later` joins two values of a field; the result of many does not depend on their order.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from nps_core.answers.models import Answer, Incoming, Stamp, Stamps
from nps_core.answers.stamps import PERSONAL, own_stamp, precedence, usual_stamp

_NEVER_EMPTIED = ("email", "external_id", "end_user_id", "survey_id", "origin_url", "metric")
_EMPTY: Mapping[str, Any] = {
    **dict.fromkeys(("score", "text", "completed", *_NEVER_EMPTIED)),
    **{"excluded": False, "tags": (), "notes": (), "properties": {}},
}
"""Each field that a version may lack, and its value if all versions do."""
_EXTRA, _TYPED = "extra.", "typed."
_PROPERTIES = _TYPED + "properties"


class Register(NamedTuple):
    """The newest known value of a field."""

    value: Any
    stamp: Stamp


Registers = Mapping[str, Register]
"""By name: a field, or `extra.<name>`. A form has only texts; so the newest value that is not from
a form is kept as well, after `typed.`, and gives the texts their types back."""


def later(one: Register, other: Register) -> Register:
    """Return the newer value.

    Different values of versions with equal stamps have no order: the one with the greater text.
    """
    if one.stamp == other.stamp:
        return one if _canonical(one.value) >= _canonical(other.value) else other
    return one if precedence(one.stamp) > precedence(other.stamp) else other


def joined(one: Registers, other: Registers) -> Registers:
    both = {name: later(one[name], other[name]) for name in one.keys() & other.keys()}
    return {**one, **other, **both}


def of_version(version: Incoming, stamp: Stamp, *, is_personal: bool) -> Registers:
    """Return what a version says; without `is_personal`, nothing about the person."""
    said = {name: getattr(version, name) for name in _EMPTY}
    said |= {name: said[name] or None for name in _NEVER_EMPTIED}
    extra = version.extra
    if not is_personal:
        said |= dict.fromkeys(PERSONAL)
        extra = {}
    found = {name: Register(value, stamp) for name, value in said.items() if value is not None}
    found |= {_EXTRA + name: Register(value, stamp) for name, value in extra.items()}
    return {**found, **_typed(found)}


def of_answer(answer: Answer) -> Registers:
    """Return what is stored; `values` is the inverse."""
    own, stamps = own_stamp(answer), answer.stamps
    found: dict[str, Register] = {}
    for name in _EMPTY:
        value = getattr(answer, name) if name != "metric" or answer.metric_known else None
        stamp = stamps.get(name)
        if stamp is None and (value or name not in stamps):
            # A value with an empty stamp: an earlier version of the code has set it since.
            stamp = usual_stamp(answer, name, value, own)
        if stamp is not None:
            found[name] = Register(_as_said(name, value, stamp), stamp)
    for name, value in answer.extra.items():
        stamp = stamps.get(_EXTRA + name) or own
        found[_EXTRA + name] = Register(value if stamp.is_typed else _as_form(value), stamp)
    kept = {
        _TYPED + name: Register(value, stamp)
        for name, value in answer.typed.items()
        if (stamp := stamps.get(_TYPED + name)) is not None
    }
    return {**found, **kept, **_typed(found)}


def values(answer: Answer, fields: Registers, own: Stamp) -> dict[str, Any]:
    """Return the fields of the answer with these values, and the stamps that are not the usual.

    `own`: the stamp of the newest version, whose times the answer has.
    """
    extra = [name for name in fields if name.startswith(_EXTRA)]
    typed = [name for name in fields if name.startswith(_TYPED) and _is_of_use(name, fields)]
    stamps = _strange(answer)
    shown: dict[str, Any] = {}
    for name, empty in _EMPTY.items():
        known = fields.get(name)
        shown[name] = empty if known is None else _shown(name, fields)
        stamp = None if known is None else known.stamp
        if stamp != usual_stamp(answer, name, shown[name], own):
            stamps[name] = stamp
    stamps |= {name: fields[name].stamp for name in extra if fields[name].stamp != own}
    stamps |= {name: fields[name].stamp for name in typed}
    return {
        **shown,
        "text": shown["text"] or None,
        "metric": shown["metric"] or answer.metric,
        "metric_known": shown["metric"] is not None,
        "extra": {name.removeprefix(_EXTRA): _shown(name, fields) for name in extra},
        "typed": {name.removeprefix(_TYPED): fields[name].value for name in typed},
        "stamps": stamps,
    }


def without_personal(stamps: Stamps) -> Stamps:
    """Return the stamps of what an erasure leaves."""
    return {name: stamp for name, stamp in stamps.items() if name in _EMPTY.keys() - set(PERSONAL)}


def _typed(found: Registers) -> dict[str, Register]:
    """Return the values that are not from a form, for the texts of forms."""
    return {
        _TYPED + name: Register(_numbers(name, value), stamp)
        for name, (value, stamp) in found.items()
        if stamp.is_typed and (name == "properties" or name.startswith(_EXTRA))
    }


def _numbers(name: str, value: Any) -> Any:
    """Return what a form changes: of the properties all that is not text."""
    if name != "properties":
        return value
    return {key: each for key, each in value.items() if not isinstance(each, str)}


def _is_of_use(typed: str, fields: Registers) -> bool:
    """Whether the shown value is from a form, so that the typed one cannot be told from it."""
    shown = fields.get(typed.removeprefix(_TYPED))
    return shown is not None and not shown.stamp.is_typed


def _shown(name: str, fields: Registers) -> Any:
    """Return the value to show: a text of a form with the type that is known for it."""
    value, stamp = fields[name]
    typed = fields.get(_TYPED + name)
    if stamp.is_typed or typed is None:
        return value
    if name == "properties":
        return {key: _with_type(each, typed.value.get(key)) for key, each in value.items()}
    return _with_type(value, typed.value)


def _with_type(value: Any, typed: Any) -> Any:
    return typed if _is_number(typed) and _as_form(typed) == value else value


def _as_said(name: str, value: Any, stamp: Stamp) -> Any:
    """Return the value as its version said it."""
    if name == "text":
        return value or ""
    if name == "properties" and not stamp.is_typed:
        return {key: _as_form(each) for key, each in value.items()}
    return value


def _as_form(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if _is_number(value) else value


def _is_number(value: object) -> bool:
    return isinstance(value, bool | int | float)


def _strange(answer: Answer) -> dict[str, Stamp | None]:
    """Return the stamps of fields that only another version has."""
    return {
        name: stamp
        for name, stamp in answer.stamps.items()
        if name not in _EMPTY and not name.startswith((_EXTRA, _TYPED))
    }


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
