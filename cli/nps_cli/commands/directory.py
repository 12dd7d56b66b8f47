"""`nps directory ...`: accounts and owners that the answers do not name."""

from pathlib import Path
from typing import Annotated

import typer

from nps_cli.directory.csv_file import COLUMNS, FileRejected, parse
from nps_cli.directory.rematch import KnownDirectory, rematch
from nps_cli.shell import tables
from nps_cli.shell.columns import Column
from nps_cli.shell.errors import Failure
from nps_cli.shell.progress import track
from nps_cli.shell.stack import Stack, rows_of, stack_of
from nps_core.addresses import domain_of
from nps_core.customers.entries import DirectoryEntry

app = typer.Typer(help="Accounts and owners known from elsewhere.", no_args_is_help=True)

_SHOWN_ERRORS = 20
_COLUMNS = (
    *(Column.of(name) for name in ("kind", "value")),
    *(Column.of(name, rank=1) for name in ("account_id", "owner")),
    Column.of("name", rank=2, wraps_at=16),
)


@app.command("list")
def list_directory(ctx: typer.Context) -> None:
    """List the entries, by kind and value."""
    from nps_core.views.directory import DirectoryRow

    stack = stack_of(ctx)
    found = rows_of(DirectoryRow, stack.directory.everything(), "value")
    empty = (
        "The directory is empty: fill it with `nps directory import FILE.csv`"
        f" (columns {', '.join(COLUMNS)})."
    )
    tables.print_rows(found, _COLUMNS, as_json=stack.options.json, empty=empty)


@app.command("import")
def import_directory(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="kind,value,account_id,...")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and count only.")] = False,
) -> None:
    """Add or replace the entries of FILE, then match the unmatched answers again.

    Columns: kind (account, external_id, email or domain), value, account_id (the account of
    the value), and for kind account also owner (e-mail address) and name. If any line is wrong,
    nothing is written.
    """
    entries = _read(file)
    stack = stack_of(ctx)
    _warn_of_owners(stack, entries)
    before = list(stack.directory.everything())
    if not dry_run:
        for entry in track(entries, "entries", len(entries)):
            stack.directory.put(entry)
    known = KnownDirectory.of((*before, *entries))
    unmatched, matched = rematch(stack, known, dry_run=dry_run)
    _report(stack, len(entries), unmatched, matched, dry_run=dry_run)


def _read(file: Path) -> list[DirectoryEntry]:
    try:
        return parse(file.read_bytes())
    except OSError as exc:
        raise Failure(f"cannot read {file}: {exc.strerror}") from exc
    except FileRejected as exc:
        shown = exc.errors[:_SHOWN_ERRORS]
        if len(exc.errors) > len(shown):
            shown.append(f"and {len(exc.errors) - len(shown)} more")
        raise Failure("\n".join([f"{file}: nothing was written", *shown])) from exc


def _warn_of_owners(stack: Stack, entries: list[DirectoryEntry]) -> None:
    """Warn of owners who cannot be mailed: their alerts would go to the fallback owner."""
    domains = {domain_of(entry.owner) for entry in entries if entry.owner}
    for domain in sorted(domains - stack.owners.domains):
        typer.echo(
            f"warning: owners at {domain} cannot be mailed, their alerts go to the fallback owner;"
            " add the domain to the parameter RecipientDomains and deploy",
            err=True,
        )


def _report(stack: Stack, entries: int, unmatched: int, matched: int, *, dry_run: bool) -> None:
    from nps_core.views.directory import DirectoryImport

    if stack.options.json:
        tables.print_json(
            DirectoryImport(
                entries=entries,
                written=0 if dry_run else entries,
                unmatched=unmatched,
                matched=matched,
                dry_run=dry_run,
            )
        )
    else:
        lines = tables.counted(entries, "entry", "entries")
        answers = tables.counted(unmatched, "unmatched answer")
        typer.echo(
            f"{lines} checked, nothing written; {matched} of {answers} would match."
            if dry_run
            else f"{lines} written; {matched} of {answers} now matched."
        )
