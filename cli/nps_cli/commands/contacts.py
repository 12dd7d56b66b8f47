"""`nps contacts list`."""

from typing import TYPE_CHECKING, Annotated

import typer

from nps_cli.shell import tables
from nps_cli.shell.columns import Column
from nps_cli.shell.progress import track
from nps_cli.shell.stack import Stack, report_unreadable, stack_of
from nps_core.answers.matching import asked_id
from nps_core.numbers.account_numbers import ContactView, fold_contact

if TYPE_CHECKING:
    from nps_core.views.contacts import ContactRow

app = typer.Typer(help="People, their latest score and its direction.", no_args_is_help=True)

AccountOption = Annotated[
    str | None,
    typer.Option("--account", metavar="ID", parser=asked_id, help="Only contacts of this account."),
]
COLUMNS = (
    Column("contact", lambda row: row.name or row.email or row.end_user_id),
    Column("address", lambda row: row.email if row.name else None, rank=6),
    Column.of("account_id", "account", rank=2, wraps_at=12),
    Column.of("latest_score", "score", right=True),
    Column.of("latest_class", "class", rank=5),
    Column("answered", lambda row: tables.minute(row.latest_at), rank=3),
    Column.of("previous_score", "before", right=True, rank=1),
    Column.of("direction"),
    Column("change", lambda row: tables.signed(row.delta), "right", rank=4),
)


@app.command("list")
def list_contacts(ctx: typer.Context, account: AccountOption = None) -> None:
    """List contacts per account, without anonymous visitors, who cannot be compared."""
    stack = stack_of(ctx)
    accounts = [account] if account else [view.account_id for view in stack.summaries.everything()]
    found = [
        row
        for account_id in track(accounts, "accounts", len(accounts))
        for row in contact_rows(stack, account_id)
    ]
    empty = "No contact has answered yet: run `nps sync now`."
    if account:
        empty = f"No contact of account {account!r}: `nps accounts list` shows the accounts."
    tables.print_rows(found, COLUMNS, as_json=stack.options.json, empty=empty)


def contact_rows(stack: Stack, account_id: str) -> "list[ContactRow]":
    """Return the contacts of an account (or of the unmatched) with an answer that counts."""
    from nps_core.views.contacts import contact_account, contact_row

    shown = contact_account(account_id)
    views: list[tuple[str, ContactView]] = []
    people: dict[str, set[str]] = {}
    for ledger in stack.ledgers.contacts(account_id, report_unreadable):
        if view := fold_contact(shown, ledger.votes):
            # All votes of a contact belong to one Wootric account; its token begins their ids.
            token = next(iter(ledger.votes)).partition("#")[0]
            views.append((token, view))
            if view.end_user_id is not None:
                people.setdefault(token, set()).add(view.end_user_id)
    known = {token: stack.people(token).get_many(ids) for token, ids in people.items()}
    return [
        contact_row(view, known.get(token, {}).get(view.end_user_id or "")) for token, view in views
    ]
