"""Entries of the directory: an account's own data, or the account of a contact. Pure."""

from dataclasses import dataclass

from nps_core.keys import DirectoryKind


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """Kind `account` holds an account's name and owner; the other kinds map to an account."""

    kind: DirectoryKind
    value: str
    account_id: str | None
    """None only if another version wrote none: such an entry maps to no account."""
    owner: str | None = None
    name: str | None = None
