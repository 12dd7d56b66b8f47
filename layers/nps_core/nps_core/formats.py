"""Values that outlive a deployment, as the plain values that are stored, and back.

The previous version wrote some of them, and after a rollback the next version did. So a missing
field takes its default, and an unknown field is kept and written back. A type decides how a field
is parsed, not which words it may have: a new word in a known field raises nothing.
"""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import date, datetime
from functools import cache
from types import MappingProxyType, NoneType, UnionType
from typing import Any, NamedTuple, Self, Union, get_args, get_origin, get_type_hints

from nps_core.errors import UnreadableItem
from nps_core.keys import AnswerKey, parse_answer_key
from nps_core.times import from_iso, iso

IN_KEY = MappingProxyType({"in_key": True})
"""Metadata of a field that is part of the item's key, so that no attribute repeats it."""
LEFT_OUT = MappingProxyType({"left_out": True})
"""Metadata of a field that is written only when it is not None."""
AS_TEXT = MappingProxyType({"as_text": True})
"""Metadata of a mapping that is stored as JSON text: DynamoDB would change its numbers."""
_TABLE_KEY = {"pk", "sk"}


@dataclass(frozen=True, slots=True)
class Stored:
    """Base of a value that is stored and rewritten.

    `unknown`: fields of another version. They survive `replace`; equality ignores them.
    """

    unknown: Mapping[str, Any] = field(
        default_factory=dict, kw_only=True, repr=False, compare=False
    )

    def to_item(self) -> dict[str, Any]:
        """Return plain values, in the order of the fields; `from_item` is the inverse."""
        plain: dict[str, Any] = {}
        for spec in self._fields():
            value = getattr(self, spec.name)
            if not spec.in_key and (value is not None or not spec.left_out):
                plain[spec.name] = _text(value) if spec.as_text else _plain(value)
        return {**plain, **self.unknown}

    @classmethod
    def from_item(
        cls, item: Mapping[str, Any], beside: Collection[str] = (), **in_key: Any
    ) -> Self:
        """Parse an item. `beside`: attributes of the item that are not part of the value.

        Raises UnreadableItem, which names the field and shows no content.
        """
        values: dict[str, Any] = dict(in_key)
        specs = cls._fields()
        for spec in specs:
            if spec.name not in in_key:
                values |= spec.value_in(item, cls.__name__)
        own = {*_TABLE_KEY, *beside, *(spec.name for spec in specs)}
        unknown = {name: value for name, value in item.items() if name not in own}
        return cls(**values, unknown=unknown)

    def to_json(self) -> str:
        """Return a text for storage; `from_json` is the inverse."""
        return json.dumps(self.to_item(), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Parse a text that `to_json` of any version wrote. Raises UnreadableItem."""
        try:
            data = json.loads(text)
        except (ValueError, TypeError):
            data = None
        if not isinstance(data, dict):
            raise UnreadableItem(f"{cls.__name__} is not a JSON object")
        return cls.from_item(data)

    @classmethod
    def _fields(cls) -> "tuple[_Field, ...]":
        return _fields_of(cls)  # type: ignore[arg-type]  # a class can be hashed; mypy looks at its instances


class _Field(NamedTuple):
    name: str
    read: Callable[[Any], Any]
    is_required: bool
    is_optional: bool
    """Whether its type allows None."""
    in_key: bool
    left_out: bool
    as_text: bool

    def value_in(self, item: Mapping[str, Any], owner: str) -> dict[str, Any]:
        """Return the field's value by its name; empty if the default applies."""
        plain = item.get(self.name)
        if plain is not None:
            try:
                return {self.name: self.read(plain)}
            except UnreadableItem as exc:
                raise UnreadableItem(f"{owner}.{self.name}: {exc}") from None
            except (ValueError, TypeError, AttributeError):
                # Not chained: these errors quote the content.
                raise UnreadableItem(f"{owner}.{self.name} cannot be read") from None
        if self.is_required and not self.is_optional:
            raise UnreadableItem(f"{owner}.{self.name} is missing")
        return {self.name: None} if self.is_required else {}


@cache
def _fields_of(cls: type[Stored]) -> tuple[_Field, ...]:
    hints = get_type_hints(cls)
    return tuple(
        _Field(
            spec.name,
            json.loads if "as_text" in spec.metadata else _reader(hints[spec.name]),
            spec.default is MISSING and spec.default_factory is MISSING,
            NoneType in get_args(hints[spec.name]),
            "in_key" in spec.metadata,
            "left_out" in spec.metadata,
            "as_text" in spec.metadata,
        )
        for spec in fields(cls)
        if spec.name != "unknown"
    )


def _reader(hint: Any) -> Callable[[Any], Any]:
    """Return the parser from a plain value, never None, to the type."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        (hint,) = (arg for arg in args if arg is not NoneType)
        return _reader(hint)
    if origin is tuple:
        read = _reader(args[0])
        return lambda values: tuple(read(value) for value in values)
    if origin is frozenset:
        return frozenset
    if not isinstance(hint, type):
        return lambda value: value
    if issubclass(hint, Stored):
        return hint.from_item
    if issubclass(hint, tuple):
        return _list_reader(hint)
    return _BY_TYPE.get(hint, lambda value: value)


def _whole(value: Any) -> int:
    """Return a whole number; arithmetic on a text would fail far from its reader."""
    if not isinstance(value, int):
        raise TypeError("not a whole number")
    return value


_BY_TYPE: Mapping[type, Callable[[Any], Any]] = {
    int: _whole,
    datetime: from_iso,
    date: date.fromisoformat,
    AnswerKey: parse_answer_key,
}


def _list_reader(hint: Any) -> Callable[[Any], Any]:
    """Return the parser of a named tuple, stored as a list; further values are its `unknown`."""
    readers = [_reader(each) for name, each in get_type_hints(hint).items() if name != "unknown"]

    def read(values: list[Any]) -> Any:
        known = [each(value) for each, value in zip(readers, values, strict=False)]
        more = {"unknown": tuple(values[len(readers) :])} if "unknown" in hint._fields else {}
        return hint(*known, **more)

    return read


def _text(values: Mapping[str, Any]) -> str:
    return json.dumps(dict(values), sort_keys=True, ensure_ascii=False)


def _plain(value: Any) -> Any:
    match value:
        case Stored():
            return value.to_item()
        case AnswerKey():
            return str(value)
        case datetime():
            return iso(value)
        case date():
            return value.isoformat()
        case frozenset():
            return sorted(value)
        case tuple():
            values = (*value[:-1], *value.unknown) if hasattr(value, "unknown") else value
            return [_plain(entry) for entry in values]
    return value
