"""`nps accounts ...` and `nps company`."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from nps_cli import rows, tables
from nps_cli.contacts import COLUMNS as CONTACT_COLUMNS
from nps_cli.contacts import contacts_of
from nps_cli.errors import Failure
from nps_cli.progress import track
from nps_cli.space import Space, space_of
from nps_cli.tables import Column
from nps_core.folds import AccountView
from nps_core.models import UNMATCHED
from nps_core.reading import current, read_account, read_company

app = typer.Typer(help="Accounts and their NPS.", no_args_is_help=True)

NO_ANSWERS = (
    "No account has an answer yet. Connect Wootric with `nps connect`, then run `nps sync now`."
)
_COLUMNS = (
    Column("account", lambda row: row["name"] or row["account_id"]),
    Column.of("account_id", "id"),
    Column.of("owner"),
    Column("NPS", lambda row: tables.signed(row["all"]["nps_rounded"]), "right"),
    Column("answers", lambda row: row["all"]["n"], "right"),
    Column("NPS latest", lambda row: tables.signed(row["latest"]["nps_rounded"]), "right"),
    Column("contacts", lambda row: row["latest"]["n"], "right"),
    Column.of("class"),
    Column.of("class_reason", "because"),
    Column("last answer", lambda row: tables.minute(row["last_answered_at"])),
)
_TREND = (
    Column.of("month"),
    Column("NPS", lambda row: None if row["nps"] is None else f"{row['nps']:+.0f}", "right"),
    Column.of("n", "answers", right=True),
)


@app.command("list")
def list_accounts(ctx: typer.Context) -> None:
    """List all accounts with NPS over all answers and over each contact's latest answer."""
    space = space_of(ctx)
    known = _directory(space)
    unmatched, found = 0, []
    for stored in track(space.summaries.everything(), "accounts"):
        view = current(stored, space.ledgers, space.now, space.window_days)
        if view.account_id == UNMATCHED:
            unmatched = view.all.n
        else:
            entry = known.get(view.account_id, {})
            found.append(rows.account_row(view, entry, space.fallback_owner))
    tables.print_rows(found, _COLUMNS, as_json=space.options.json, empty=NO_ANSWERS)
    if unmatched and not space.options.json:
        typer.echo(
            f"{tables.counted(unmatched, 'answer')} of the last {space.window_days} days without"
            " account: add who wrote them with `nps directory import FILE.csv`."
        )


@app.command("show")
def show_account(
    ctx: typer.Context,
    account_id: Annotated[str, typer.Argument(metavar="ID", help="As in `nps accounts list`.")],
) -> None:
    """Show one account with its trend by month and its contacts."""
    space = space_of(ctx)
    view = None
    if account_id != UNMATCHED:
        view = read_account(
            space.summaries, space.ledgers, account_id, space.now, space.window_days
        )
    if view is None:
        raise Failure(f"there is no account {account_id!r}: `nps accounts list` names them all")
    known = space.item("DIRECTORY", f"account#{account_id}") or {}
    row = rows.account_row(view, known, space.fallback_owner)
    row["trend"] = rows.trend_rows(view.trend)
    row["contacts"] = [rows.contact_row(contact) for contact in contacts_of(space, account_id)]
    if space.options.json:
        tables.print_json(row)
    else:
        _print_account(row)


def company(ctx: typer.Context) -> None:
    """Show the company's NPS: all answers, and the latest answer of each contact."""
    space = space_of(ctx)
    views = list(space.summaries.everything())
    view = read_company(track(views, "accounts"), space.ledgers, space.now, space.window_days)
    accounts = [stored for stored in views if stored.account_id != UNMATCHED]
    row = rows.company_row(view, len(accounts), _unmatched(space, views))
    if space.options.json:
        tables.print_json(row)
        return
    screen = tables.console()
    screen.print(tables.facts(_totals(row)))
    screen.print(
        tables.facts([("accounts", row["accounts"]), ("without account", row["unmatched"])])
    )
    screen.print(tables.table(row["trend"], _TREND))


def _unmatched(space: Space, views: list[AccountView]) -> int:
    for view in views:
        if view.account_id == UNMATCHED:
            return current(view, space.ledgers, space.now, space.window_days).all.n
    return 0


def _directory(space: Space) -> dict[str, Mapping[str, Any]]:
    """Return the directory's account entries by account id."""
    entries = ((*entry["sk"].partition("#"), entry) for entry in space.directory.everything())
    return {value: entry for kind, _, value, entry in entries if kind == "account"}


def _print_account(row: rows.Row) -> None:
    screen = tables.console()
    head = [
        ("account", row["name"] or row["account_id"]),
        ("id", row["account_id"]),
        ("owner", row["owner"]),
        ("class", row["class"]),
        ("because", row["class_reason"]),
        *_totals(row),
    ]
    screen.print(tables.facts(head))
    screen.print(tables.table(row["trend"], _TREND))
    if row["contacts"]:
        screen.print(tables.table(row["contacts"], CONTACT_COLUMNS))


def _totals(row: rows.Row) -> list[tuple[str, object]]:
    return [
        (f"NPS, {row['window_days']} days", _sentence(row["all"], "answers")),
        ("NPS of latest", _sentence(row["latest"], "contacts")),
        ("last answer", tables.minute(row["last_answered_at"])),
        ("as of", tables.minute(row["as_of"])),
    ]


def _sentence(counts: rows.Row, unit: str) -> str:
    if not counts["n"]:
        return f"no {unit} in the window"
    return (
        f"{tables.signed(counts['nps_rounded'])} of {counts['n']} {unit}:"
        f" {counts['promoters']} promoters, {counts['passives']} passives,"
        f" {counts['detractors']} detractors, mean score {counts['mean']:.1f}"
    )
