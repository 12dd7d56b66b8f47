"""`nps responses list` and `nps declines list`."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import typer

from nps_cli.commands.contacts import AccountOption
from nps_cli.shell import tables
from nps_cli.shell.columns import Column
from nps_cli.shell.progress import track
from nps_cli.shell.stack import Stack, answer_keys, report_unreadable, rows_of, stack_of
from nps_core.answers.models import Answer

if TYPE_CHECKING:
    from nps_core.views.responses import ResponseRow

app = typer.Typer(help="Stored answers.", no_args_is_help=True)
declines_app = typer.Typer(help="Surveys that were declined.", no_args_is_help=True)

_COMMENT = 60
_BATCH = 100


def _not_counted(row: "ResponseRow") -> str | None:
    return "deleted" if row.deleted else "excluded" if row.excluded else None


_COLUMNS = (
    Column.of("id", right=True),
    Column.of("score", right=True),
    Column("comment", lambda row: tables.shorten(row.text, _COMMENT), wraps_at=24),
    Column("who", lambda row: row.email or row.external_id or row.end_user_id, rank=1),
    Column.of("account_id", "account", rank=3, wraps_at=12),
    Column.of("metric", rank=6),
    Column("not counted", _not_counted, rank=3),
    Column("answered", lambda row: tables.minute(row.answered_at), rank=2),
    Column.of("source", rank=5),
)
_DECLINE_COLUMNS = (
    Column.of("id", right=True),
    Column("who", lambda row: row.email or row.external_id or row.end_user_id),
    Column.of("account_id", "account", rank=1, wraps_at=12),
    Column("declined", lambda row: tables.minute(row.answered_at)),
    Column.of("source", rank=2),
)


@app.command("list")
def list_responses(ctx: typer.Context, account: AccountOption = None) -> None:
    """List stored answers, oldest first, including those that do not count."""
    from nps_core.views.responses import ResponseRow

    stack = stack_of(ctx)
    every = _of_account(stack, account) if account else stack.answers.everything(report_unreadable)
    found = _sorted(answer for answer in track(every, "answers") if answer.key.kind == "response")
    empty = "No answer is stored yet. Connect Wootric with `nps connect`, then run `nps sync now`."
    if account:
        empty = f"No answer of account {account!r}: `nps accounts list` shows the accounts."
    tables.print_rows(
        rows_of(ResponseRow, found, "key"),
        _COLUMNS,
        as_json=stack.options.json,
        empty=empty,
    )


@declines_app.command("list")
def list_declines(ctx: typer.Context) -> None:
    """List declined surveys, oldest first."""
    from nps_core.views.responses import DeclineRow

    stack = stack_of(ctx)
    every = track(stack.answers.everything(report_unreadable), "declines")
    found = _sorted(answer for answer in every if answer.key.kind == "decline")
    tables.print_rows(
        rows_of(DeclineRow, found, "key"),
        _DECLINE_COLUMNS,
        as_json=stack.options.json,
        empty="No declined survey is stored: there was none, or `nps sync now` has not run yet.",
    )


def _of_account(stack: Stack, account_id: str) -> Iterable[Answer]:
    """Yield the account's answers by key: a scan would read the answers of all accounts."""
    keys = answer_keys(stack, account_id)
    for start in range(0, len(keys), _BATCH):
        batch = stack.answers.get_many(keys[start : start + _BATCH], report_unreadable)
        # A ledger keeps a tombstone of an answer that moved to another account.
        yield from (answer for answer in batch.values() if answer.ledger_account == account_id)


def _sorted(answers: Iterable[Answer]) -> list[Answer]:
    return sorted(answers, key=lambda answer: (answer.answered_at, answer.key))
