"""`nps mail ...`: the outbox, with mails sent and mails due."""

from typing import TYPE_CHECKING, Annotated

import typer

from nps_cli.shell import tables
from nps_cli.shell.columns import Column
from nps_cli.shell.errors import Failure
from nps_cli.shell.stack import Stack, report_unreadable, rows_of, stack_of

if TYPE_CHECKING:
    from nps_core.mails.render import RenderedMail
    from nps_core.outbox.mail_states import OutboxMail

app = typer.Typer(help="Mails sent and due.", no_args_is_help=True)

_COLUMNS = (
    Column.of("key", rank=2),
    Column.of("kind", rank=5),
    Column.of("to"),
    Column.of("state"),
    Column("due", lambda row: tables.minute(row.due_at), rank=4),
    Column("sent", lambda row: tables.minute(row.sent_at), rank=3),
    Column.of("subject", rank=1, wraps_at=30),
)


@app.command("list")
def list_mails(ctx: typer.Context) -> None:
    """List mails, sent ones included, by the time they are due."""
    from nps_core.views.mails import MailRow

    stack = stack_of(ctx)
    found = rows_of(MailRow, stack.follow_up.mails(report_unreadable), "key")
    found.sort(key=lambda row: (row.due_at, row.key))
    empty = "No mail yet: one comes when the first sync has finished, then one per low score."
    tables.print_rows(found, _COLUMNS, as_json=stack.options.json, empty=empty)


@app.command("show")
def show_mail(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY", help="As in `nps mail list`.")],
    html: Annotated[bool, typer.Option("--html", help="Print the HTML part alone.")] = False,
) -> None:
    """Show one mail, rendered again from the stored data: bodies are never kept.

    A sent mail keeps the subject it was sent with. A mail whose answer is gone, or whose person
    was erased, no longer has a body.
    """
    from nps_core.views.mails import mail_detail, mail_row

    stack = stack_of(ctx)
    mail = stack.follow_up.mail(key)
    if mail is None:
        raise Failure(f"there is no mail {key!r}: `nps mail list` shows them all")
    body = body_of(stack, mail)
    row = mail_row(mail, body.subject if body else None)
    if html:
        typer.echo(_required(body).html)
    elif stack.options.json:
        tables.print_json(
            mail_detail(row, body.text if body else None, body.html if body else None)
        )
    else:
        tables.print_facts(list(row.as_json().items()))
        typer.echo(f"\n{_required(body).text}")


def body_of(stack: Stack, mail: "OutboxMail") -> "RenderedMail | None":
    """Render a mail from the stored data; None when its answer, person or task is gone."""
    try:
        from nps_core.mails.kind import Stores
        from nps_core.mails.prepare import preview
    except ImportError as exc:
        raise Failure(f"this needs {exc.name}: run `make install` in the checkout") from exc
    stores = Stores(
        answers=stack.answers,
        follow_up=stack.follow_up,
        profiles=stack.profiles,
        ledgers=stack.ledgers,
        summaries=stack.summaries.everything,
        window_days=stack.window_days,
    )
    return preview(mail, stores, stack.now)


def _required(body: "RenderedMail | None") -> "RenderedMail":
    if body is None:
        raise Failure("the answer, person or task of this mail is gone: it no longer has a body")
    return body
