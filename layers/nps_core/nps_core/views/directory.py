"""The directory; `DirectoryRow.model_validate(entry)` takes the fields from an entry."""

from nps_core.views.view import View


class DirectoryRow(View):
    """An account's own data, or the account of a contact."""

    kind: str
    value: str
    account_id: str | None
    owner: str | None
    name: str | None


class DirectoryImport(View):
    """Result of an import, or its preview."""

    entries: int
    written: int
    unmatched: int
    matched: int
    dry_run: bool
