"""`nps mail ...`: the outbox, what was sent and what is due."""

from typing import TYPE_CHECKING, Annotated

import typer

from nps_cli.shell import tables
from nps_cli.shell.errors import Failure
from nps_cli.shell.stack import Stack, stack_of
from nps_cli.shell.tables import Column
from nps_core import keys
from nps_core.follow_up.dynamo import DynamoFollowUp
from nps_core.views import records

if TYPE_CHECKING:
    from nps_core.mails.render import RenderedMail

app = typer.Typer(help="Mails sent and due.", no_args_is_help=True)

_COLUMNS = (
    Column.of("key", rank=2),
    Column.of("kind", rank=5),
    Column.of("to"),
    Column.of("state"),
    Column("due", lambda row: tables.minute(row["due_at"]), rank=4),
    Column("sent", lambda row: tables.minute(row["sent_at"]), rank=3),
    Column.of("subject", rank=1, wraps_at=30),
)


@app.command("list")
def list_mails(ctx: typer.Context) -> None:
    """List mails, by the time they are due; the ones sent as well."""
    stack = stack_of(ctx)
    found = [records.mail_row(item) for item in stack.partition(keys.MAIL)]
    found.sort(key=lambda row: (row["due_at"] or row["sent_at"] or "", row["key"] or ""))
    empty = "No mail yet: one comes when the first sync has finished, then one per low score."
    tables.print_rows(found, _COLUMNS, as_json=stack.options.json, empty=empty)


@app.command("show")
def show_mail(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY", help="As in `nps mail list`.")],
    html: Annotated[bool, typer.Option("--html", help="Print the HTML part alone.")] = False,
) -> None:
    """Show one mail, written anew from what is stored now: bodies are never kept.

    The subject of a mail that was sent is the one it was sent with. A mail whose answer has gone,
    or whose person was erased, has no body any more.
    """
    stack = stack_of(ctx)
    item = stack.item(keys.MAIL, key)
    if item is None:
        raise Failure(f"there is no mail {key!r}: `nps mail list` names them all")
    row = records.mail_row(item)
    body = body_of(stack, key)
    row["subject"] = row["subject"] or (body.subject if body else None)
    if html:
        typer.echo(_required(body).html)
    elif stack.options.json:
        parts = {"text": body.text, "html": body.html} if body else {"text": None, "html": None}
        tables.print_json({**row, **parts})
    else:
        tables.console().print(tables.facts(list(row.items())))
        typer.echo(f"\n{_required(body).text}")


def body_of(stack: Stack, key: str) -> "RenderedMail | None":
    """Write a mail from what is stored now; None when its answer, person or task is gone."""
    try:
        from nps_core.mails.kind import Stores  # noqa: PLC0415  lists need no mail templates
        from nps_core.mails.prepare import preview  # noqa: PLC0415
    except ImportError as exc:
        raise Failure(f"this needs {exc.name}: run `make install` in the checkout") from exc
    follow_up = DynamoFollowUp(stack.dynamodb, stack.state_table)
    mail = follow_up.mail(key)
    if mail is None:
        return None
    stores = Stores(
        answers=stack.answers,
        follow_up=follow_up,
        profiles=stack.profiles,
        ledgers=stack.ledgers,
        summaries=stack.summaries.everything,
        window_days=stack.window_days,
    )
    return preview(mail, stores, stack.now)


def _required(body: "RenderedMail | None") -> "RenderedMail":
    if body is None:
        raise Failure(
            "the answer, its person or the task behind this mail is gone: it has no body any more"
        )
    return body
