"""`nps mail ...`: the outbox, what was sent and what is due."""

from typing import Annotated

import typer

from nps_cli import log_rows, tables
from nps_cli.errors import Failure
from nps_cli.mail_body import Body, body_of
from nps_cli.space import space_of
from nps_cli.tables import Column
from nps_core import keys

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
    space = space_of(ctx)
    found = [log_rows.mail_row(item) for item in space.partition(keys.MAIL)]
    found.sort(key=lambda row: (row["due_at"] or row["sent_at"] or "", row["key"] or ""))
    empty = "No mail yet: one comes when the first sync has finished, then one per low score."
    tables.print_rows(found, _COLUMNS, as_json=space.options.json, empty=empty)


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
    space = space_of(ctx)
    item = space.item(keys.MAIL, key)
    if item is None:
        raise Failure(f"there is no mail {key!r}: `nps mail list` names them all")
    row = log_rows.mail_row(item)
    body = body_of(space, key)
    row["subject"] = row["subject"] or (body.subject if body else None)
    if html:
        typer.echo(_required(body).html)
    elif space.options.json:
        parts = {"text": body.text, "html": body.html} if body else {"text": None, "html": None}
        tables.print_json({**row, **parts})
    else:
        tables.console().print(tables.facts(list(row.items())))
        typer.echo(f"\n{_required(body).text}")


def _required(body: Body | None) -> Body:
    if body is None:
        raise Failure(
            "the answer, its person or the task behind this mail is gone: it has no body any more"
        )
    return body
