"""The layout of the plain-text part."""

import textwrap
from collections.abc import Iterable

_WIDTH = 76


def wrapped(text: str, first: str = "", rest: str | None = None) -> list[str]:
    """Wrap one paragraph; a long word (an address, a link) stays whole and usable."""
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=first if rest is None else rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def pairs(rows: Iterable[tuple[str, str]]) -> list[str]:
    """Return a wrapped `name: value` per pair."""
    return [line for name, value in rows for line in wrapped(f"{name}: {value}", "", "  ")]
