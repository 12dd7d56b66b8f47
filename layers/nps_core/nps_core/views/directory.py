"""The directory; `DirectoryRow.model_validate(entry)` takes the fields from an entry."""

from nps_core.views.view import View


class DirectoryRow(View):
    """What is known of an account, or to whom a person belongs."""

    kind: str
    value: str
    account_id: str | None
    owner: str | None
    name: str | None


class DirectoryImport(View):
    """What an import has done, or would do."""

    entries: int
    written: int
    unmatched: int
    matched: int
    dry_run: bool
