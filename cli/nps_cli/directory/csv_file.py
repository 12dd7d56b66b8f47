"""Parses a directory file: all entries, or every error with its line and column."""

import csv
import io
from collections.abc import Callable, Mapping

from nps_core.addresses import FREE_MAIL, address
from nps_core.answers.matching import own_id
from nps_core.answers.models import UNMATCHED
from nps_core.connectors import fields
from nps_core.customers.entries import DirectoryEntry
from nps_core.keys import DirectoryKind

COLUMNS = ("kind", "value", "account_id", "owner", "name")
_KINDS: dict[str, DirectoryKind] = {
    "account": "account",
    "external_id": "external_id",
    "email": "email",
    "domain": "domain",
}
_MAX = 200  # as for an account id that comes with an answer: DynamoDB limits the length of keys


class FileRejected(ValueError):
    """The file has errors; `errors` names each by line and column."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.errors = errors


class _CellError(ValueError):
    def __init__(self, column: str, why: str) -> None:
        super().__init__(f"column {column}: {why}")


def parse(data: bytes) -> list[DirectoryEntry]:
    """Read a CSV file with the columns kind, value, account_id, owner, name.

    Raises:
        FileRejected: with the line and column of every error.
    """
    reader = csv.DictReader(io.StringIO(_text(data), newline=""), strict=True, restkey="")
    errors: list[str] = []
    entries: dict[tuple[str, str], tuple[int, DirectoryEntry]] = {}
    try:
        _check_header([name.strip() for name in reader.fieldnames or ()])
        reader.fieldnames = [name.strip() for name in reader.fieldnames or ()]
        for row in reader:
            line = reader.line_num
            try:
                entry = _entry(row)
                _add(entries, entry, line)
            except _CellError as exc:
                errors.append(f"line {line}, {exc}")
    except (csv.Error, _CellError) as exc:
        errors.append(f"line {max(reader.reader.line_num, 1)}, {exc}")
    if errors:
        raise FileRejected(errors)
    return [entry for _, entry in entries.values()]


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = data[: exc.start].count(b"\n") + 1
        raise FileRejected([f"line {line}: not UTF-8; save the file as CSV UTF-8"]) from exc


def _check_header(names: list[str]) -> None:
    for required in ("kind", "value"):
        if required not in names:
            raise _CellError(required, f"missing; the first line names {', '.join(COLUMNS)}")
    for name in names:
        if name not in COLUMNS:
            raise _CellError(repr(name), f"unknown; the columns are {', '.join(COLUMNS)}")


def _entry(row: Mapping[str, str | None]) -> DirectoryEntry:
    if "" in row:
        raise _CellError(str(len(COLUMNS) + 1), "more cells than the first line has columns")
    cells = {name: (value or "").strip() for name, value in row.items()}
    kind = _KINDS.get(cells["kind"])
    if kind is None:
        raise _CellError("kind", f"must be one of {', '.join(_KINDS)}")
    for name in ("value", "account_id", "name"):
        if len(cells.get(name, "")) > _MAX:
            raise _CellError(name, f"longer than {_MAX} characters")
    value = _VALUES[kind](cells["value"])
    account_id = cells.get("account_id", "")
    if kind == "account":
        return _account(cells, value, account_id)
    for name in ("owner", "name"):
        if cells.get(name):
            raise _CellError(name, "belongs to a line of kind account")
    if not account_id:
        raise _CellError("account_id", "missing")
    return DirectoryEntry(kind, value, _account_id("account_id", account_id))


def _account(cells: Mapping[str, str], value: str, account_id: str) -> DirectoryEntry:
    if account_id and _account_id("account_id", account_id) != value:
        raise _CellError("account_id", "for kind account it is the value; leave it empty")
    owner = address(cells.get("owner") or None)
    if cells.get("owner") and owner is None:
        raise _CellError("owner", "not a plain e-mail address")
    return DirectoryEntry("account", value, value, owner, cells.get("name") or None)


def _account_id(column: str, value: str) -> str:
    if value == UNMATCHED:
        raise _CellError(column, f"an account id does not read {UNMATCHED}: that is our own name")
    return own_id(value)


def _required(value: str) -> str:
    if not value:
        raise _CellError("value", "missing")
    return value


def _email(value: str) -> str:
    folded, _ = fields.email(_required(value))
    if folded is None or address(folded) is None:
        raise _CellError("value", "not a plain e-mail address")
    return folded


def _domain(value: str) -> str:
    domain = _required(value).lower()
    if address(f"someone@{domain}") is None:
        raise _CellError("value", "not a domain such as acme.example")
    if domain in FREE_MAIL:
        raise _CellError("value", "a free-mail domain does not identify a company")
    return domain


_VALUES: dict[str, Callable[[str], str]] = {
    "account": lambda value: _account_id("value", _required(value)),
    "external_id": _required,
    "email": _email,
    "domain": _domain,
}


def _add(
    entries: dict[tuple[str, str], tuple[int, DirectoryEntry]], entry: DirectoryEntry, line: int
) -> None:
    first_line, first = entries.setdefault((entry.kind, entry.value), (line, entry))
    if first != entry:
        raise _CellError("value", f"line {first_line} has other values for the same {entry.kind}")
