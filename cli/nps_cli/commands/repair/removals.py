"""`nps sync removals ...`: answers that the source no longer has."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from nps_cli.connections.chosen import ConnectionOption, chosen
from nps_cli.shell import tables
from nps_cli.shell.columns import Column
from nps_cli.shell.errors import Failure
from nps_cli.shell.progress import track
from nps_cli.shell.stack import Stack, stack_of
from nps_cli.shell.time_options import parse_time
from nps_core.sync.proof.suspects import Suspect

if TYPE_CHECKING:
    from nps_cli.sync.undo import Undo
    from nps_core.views.sync.removals import RemovalUndone

app = typer.Typer(help="Answers that Wootric no longer has.", no_args_is_help=True)

YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]

_COLUMNS = (
    Column.of("account_token", "account", rank=3),
    *(Column.of(name) for name in ("key", "state")),
    Column("answered", lambda row: tables.minute(row.answered_at)),
    Column("missed", lambda row: tables.minute(row.missed_at), rank=2),
    Column("removed", lambda row: tables.minute(row.removed_at), rank=1),
    Column("undo until", lambda row: tables.minute(row.undo_until), rank=2),
)


@app.command("list")
def list_removals(ctx: typer.Context, connection: ConnectionOption = None) -> None:
    """List the answers under suspicion, and those removed in the last 30 days."""
    from nps_core.views.sync.removals import removal_rows

    stack = stack_of(ctx)
    found = [
        row
        for one in chosen(stack, connection)
        for row in removal_rows(
            sorted(
                stack.proof_store(one.account_token).suspicions(),
                key=lambda suspicion: (suspicion.second, suspicion.key),
            ),
            stack.now,
            is_braked=_is_braked(stack, one.account_token),
        )
    ]
    empty = "No stored answer is missing in Wootric, and none was removed in the last 30 days."
    tables.print_rows(found, _COLUMNS, as_json=stack.options.json, empty=empty)


@app.command("accept")
def accept_removals(
    ctx: typer.Context, connection: ConnectionOption = None, yes: YesOption = False
) -> None:
    """Let the sync remove the answers that are under suspicion now, however many they are.

    It lifts the brake for these alone. The sync removes each once two lists a day apart lack it
    and its id is gone.
    """
    from nps_core.views.sync.removals import RemovalAcceptance

    stack = stack_of(ctx)
    waiting = {
        one.account_token: [
            suspect
            for suspect in stack.proof_store(one.account_token).suspects()
            if suspect.accepted_at is None
        ]
        for one in chosen(stack, connection)
    }
    _require_consent(stack, waiting, yes=yes)
    found = [
        RemovalAcceptance(account_token=token, accepted=_accept(stack, token, suspects))
        for token, suspects in waiting.items()
    ]
    if stack.options.json:
        tables.print_json_rows(found)
        return
    for row in found:
        count = tables.counted(row.accepted, "removal")
        tables.say(f"{row.account_token}: {count} accepted; the next runs carry them out.")


@app.command("undo")
def undo_removals(
    ctx: typer.Context,
    keys: Annotated[
        list[str] | None,
        typer.Argument(metavar="KEY", help="As in `nps sync removals list`."),
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            "--since", metavar="DATE|TIME", parser=parse_time, help="All removed from then on; UTC."
        ),
    ] = None,
    connection: ConnectionOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be undone.")
    ] = False,
) -> None:
    """Count deleted answers again, as they were: by KEY, or all removed since a time.

    A deleted answer keeps its content for 30 days. If Wootric still lacks the answer, it is under
    suspicion again with the next list, and removed after a second one a day later.
    """
    stack = stack_of(ctx)
    wanted = keys or []
    if bool(wanted) == (since is not None):
        raise typer.BadParameter("give either KEYs or --since TIME", param_hint="'KEY'")
    found = [
        (undo, undo.chosen())
        for undo in (
            _undo(stack, one.account_token, wanted, since) for one in chosen(stack, connection)
        )
    ]
    from nps_core.views.sync.removals import key_of

    _require_found(wanted, [key_of(one) for _, removals in found for one in removals])
    rows = [
        row
        for undo, removals in found
        for row in undo.carry_out(
            track(removals, "removals", len(removals)), lambda: stack.now, dry_run=dry_run
        )
    ]
    if stack.options.json:
        tables.print_json_rows(rows)
    else:
        _tell_undone(rows, dry_run=dry_run)
    if wanted and any(row.why for row in rows):
        raise typer.Exit(1)


def _undo(stack: Stack, token: str, keys: list[str], since: datetime | None) -> "Undo":
    from nps_cli.repair.ingest import ingest_of
    from nps_cli.sync.undo import Undo

    ingest = ingest_of(stack, stack.directory)
    return Undo(token, stack.proof_store(token), ingest, keys, since)


def _require_found(wanted: list[str], found: list[str]) -> None:
    for key in wanted:
        if key not in found:
            raise Failure(f"no removal {key!r}: `nps sync removals list` shows them")
        if found.count(key) > 1:
            raise Failure(f"{key!r} was removed in several accounts: name one by --connection")


def _tell_undone(rows: "list[RemovalUndone]", *, dry_run: bool) -> None:
    left = [row for row in rows if row.why is not None]
    count = tables.counted(len(rows) - len(left), "removal")
    tables.say(f"{count} {'to undo' if dry_run else 'undone'}.")
    for row in left:
        tables.say(f"{row.account_token} {row.key} stays removed: {row.why}.")


def _accept(stack: Stack, token: str, suspects: list[Suspect]) -> int:
    store = stack.proof_store(token)
    every = track(suspects, "removals", len(suspects))
    return sum(store.accept(suspect, stack.now) for suspect in every)


def _require_consent(stack: Stack, waiting: dict[str, list[Suspect]], *, yes: bool) -> None:
    number = sum(map(len, waiting.values()))
    if yes or not number:
        return
    if stack.options.json:
        raise Failure(f"--json does not ask: give --yes to accept {number:,}")
    accounts = ", ".join(token for token, suspects in waiting.items() if suspects)
    what = tables.counted(number, "answer or decline", "answers and declines")
    typer.confirm(f"Remove {what} of {accounts}, once each is proven to be gone?", abort=True)


def _is_braked(stack: Stack, token: str) -> bool:
    return any(gap.is_open and gap.kind == "brake" for gap in stack.proof_store(token).gaps())
