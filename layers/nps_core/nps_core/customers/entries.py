"""What the directory knows of an account, or to which account somebody belongs. Pure."""

from dataclasses import dataclass

from nps_core.keys import DirectoryKind


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """`account` gives an account its name and owner, the other kinds name an account."""

    kind: DirectoryKind
    value: str
    account_id: str | None
    """None only where another version has written none: such an entry names no account."""
    owner: str | None = None
    name: str | None = None
