"""`nps contacts list`."""

from collections.abc import Iterator
from typing import Annotated

import typer

from nps_cli import rows, tables
from nps_cli.progress import track
from nps_cli.space import Space, space_of
from nps_cli.tables import Column
from nps_core.folds import ContactView, fold_contact

app = typer.Typer(help="People, their latest score and its direction.", no_args_is_help=True)

AccountOption = Annotated[
    str | None, typer.Option("--account", metavar="ID", help="Only those of this account.")
]
COLUMNS = (
    Column("contact", lambda row: row["email"] or row["end_user_id"]),
    Column.of("account_id", "account", rank=2, wraps_at=12),
    Column.of("latest_score", "score", right=True),
    Column.of("latest_class", "class", rank=5),
    Column("answered", lambda row: tables.minute(row["latest_at"]), rank=3),
    Column.of("previous_score", "before", right=True, rank=1),
    Column.of("direction"),
    Column("change", lambda row: tables.signed(row["delta"]), "right", rank=4),
)


@app.command("list")
def list_contacts(ctx: typer.Context, account: AccountOption = None) -> None:
    """List contacts per account; anonymous visitors, who cannot be compared, are left out."""
    space = space_of(ctx)
    accounts = [account] if account else [view.account_id for view in space.summaries.everything()]
    found = [
        rows.contact_row(contact)
        for account_id in track(accounts, "accounts", len(accounts))
        for contact in contacts_of(space, account_id)
    ]
    empty = "No contact has answered yet: run `nps sync now`."
    if account:
        empty = f"No contact of account {account!r}: `nps accounts list` names the accounts."
    tables.print_rows(found, COLUMNS, as_json=space.options.json, empty=empty)


def contacts_of(space: Space, account_id: str) -> Iterator[ContactView]:
    """Yield the contacts of an account (or of the unmatched) with an answer that counts."""
    shown = rows.contact_account(account_id)
    for ledger in space.ledgers.contacts(account_id):
        if view := fold_contact(shown, ledger.votes):
            yield view
