"""`nps accounts ...` and `nps company`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from nps_cli.commands.contacts import COLUMNS as CONTACT_COLUMNS
from nps_cli.commands.contacts import contact_rows
from nps_cli.shell import tables
from nps_cli.shell.columns import Column
from nps_cli.shell.errors import Failure
from nps_cli.shell.progress import track
from nps_cli.shell.stack import Stack, stack_of
from nps_core.answers.matching import asked_id
from nps_core.answers.models import UNMATCHED
from nps_core.numbers.account_numbers import AccountView
from nps_core.numbers.current import current, read_account, read_company
from nps_core.scoring import rounded

if TYPE_CHECKING:
    from nps_core.customers.entries import DirectoryEntry
    from nps_core.views.accounts import AccountDetail, AccountRow, Company, Month, Numbers

app = typer.Typer(help="Accounts and their NPS.", no_args_is_help=True)

NO_ANSWERS = (
    "No account has an answer yet. Connect Wootric with `nps connect`, then run `nps sync now`."
)
_MONTHS_SHOWN = 6
_LEVELS = "\u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"
_COLUMNS = (
    Column("account", lambda row: row.name or row.account_id, wraps_at=24),
    Column.of("account_id", "id", rank=1),
    Column.of("owner", rank=4),
    Column("NPS", lambda row: tables.signed(row.all.nps_rounded), "right"),
    Column("trend", lambda row: spark(row.trend)),
    Column("answers", lambda row: row.all.n, "right", rank=2),
    Column("NPS latest", lambda row: tables.signed(row.latest.nps_rounded), "right", rank=3),
    Column("contacts", lambda row: row.latest.n, "right", rank=6),
    Column.of("account_class", "class", rank=1),
    Column.of("class_reason", "because", rank=7, wraps_at=40),
    Column("last answer", lambda row: tables.minute(row.last_answered_at), rank=5),
)
_TREND = (
    Column.of("month"),
    Column("NPS", lambda row: tables.signed(_rounded(row.nps)), "right"),
    Column.of("n", "answers", right=True),
)


_LEGEND = (
    "NPS: all answers. NPS latest, class: the latest answer of each contact. trend: NPS of the"
    f" {_MONTHS_SHOWN} latest months, {_LEVELS[0]} below -75, {_LEVELS[-1]} from +75, \u00b7 none."
)


@app.command("list")
def list_accounts(ctx: typer.Context) -> None:
    """List all accounts with NPS over all answers and over each contact's latest answer."""
    from nps_core.views.accounts import account_row, account_trend

    stack = stack_of(ctx)
    known = _directory(stack)
    unmatched = 0
    found: list[AccountRow] = []
    for stored in track(stack.summaries.everything(), "accounts"):
        view = current(stored, stack.ledgers, stack.now, stack.window_days)
        if view.account_id == UNMATCHED:
            unmatched = view.all.n
        else:
            row = account_row(view, known.get(view.account_id), stack.fallback_owner)
            found.append(row if stack.options.json else account_trend(row, view))
    tables.print_rows(found, _COLUMNS, as_json=stack.options.json, empty=NO_ANSWERS)
    if stack.options.json:
        return
    if found:
        tables.say(_LEGEND)
    if unmatched:
        tables.say(
            f"{tables.counted(unmatched, 'answer')} of the last {stack.window_days} days without"
            " account: add who wrote them with `nps directory import FILE.csv`."
        )


@app.command("show")
def show_account(
    ctx: typer.Context,
    account_id: Annotated[
        str, typer.Argument(metavar="ID", parser=asked_id, help="As in `nps accounts list`.")
    ],
) -> None:
    """Show one account with its trend by month and its contacts."""
    from nps_core.views.accounts import account_detail, account_row

    stack = stack_of(ctx)
    view = None
    if account_id != UNMATCHED:
        view = read_account(
            stack.summaries, stack.ledgers, account_id, stack.now, stack.window_days
        )
    if view is None:
        raise Failure(f"there is no account {account_id!r}: `nps accounts list` shows them all")
    known = stack.directory.entry("account", account_id)
    row = account_row(view, known, stack.fallback_owner)
    account = account_detail(row, view, contact_rows(stack, account_id))
    if stack.options.json:
        tables.print_json(account)
    else:
        _print_account(account)


def company(ctx: typer.Context) -> None:
    """Show the company's NPS: all answers, and the latest answer of each contact."""
    from nps_core.views import accounts as account_views

    stack = stack_of(ctx)
    views = list(stack.summaries.everything())
    view = read_company(track(views, "accounts"), stack.ledgers, stack.now, stack.window_days)
    accounts = [stored for stored in views if stored.account_id != UNMATCHED]
    row = account_views.company(view, len(accounts), _unmatched(stack, views))
    if stack.options.json:
        tables.print_json(row)
        return
    tables.print_facts(_totals(row))
    tables.print_facts([("accounts", row.accounts), ("without account", row.unmatched)])
    tables.print_table(row.trend, _TREND)


def _rounded(nps: float | None) -> int | None:
    return None if nps is None else rounded(nps)


def spark(points: "Sequence[Month]") -> str:
    """Draw the NPS of the latest months, one character each."""
    return "".join(_level(point.nps) for point in points[-_MONTHS_SHOWN:])


def _level(nps: float | None) -> str:
    return "\u00b7" if nps is None else _LEVELS[min(7, int((nps + 100) // 25))]


def _unmatched(stack: Stack, views: list[AccountView]) -> int:
    for view in views:
        if view.account_id == UNMATCHED:
            return current(view, stack.ledgers, stack.now, stack.window_days).all.n
    return 0


def _directory(stack: Stack) -> "dict[str, DirectoryEntry]":
    """Return the directory's account entries by account id."""
    entries = stack.directory.everything()
    return {entry.value: entry for entry in entries if entry.kind == "account"}


def _print_account(row: "AccountDetail") -> None:
    head = [
        ("account", row.name or row.account_id),
        ("id", row.account_id),
        ("owner", row.owner),
        ("class", row.account_class),
        ("because", row.class_reason),
        *_totals(row),
    ]
    tables.print_facts(head)
    tables.print_table(row.trend, _TREND)
    if row.contacts:
        tables.print_table(row.contacts, CONTACT_COLUMNS)


def _totals(row: "AccountRow | Company") -> list[tuple[str, object]]:
    return [
        (f"NPS, {row.window_days} days", _sentence(row.all, "answers")),
        ("NPS of latest", _sentence(row.latest, "contacts")),
        ("last answer", tables.minute(row.last_answered_at)),
        ("as of", tables.minute(row.as_of)),
    ]


def _sentence(counts: "Numbers", unit: str) -> str:
    if not counts.n:
        return f"no {unit} in the window"
    return (
        f"{tables.signed(counts.nps_rounded)} of {counts.n} {unit}:"
        f" {counts.promoters} promoters, {counts.passives} passives,"
        f" {counts.detractors} detractors, mean score {counts.mean:.1f}"
    )
