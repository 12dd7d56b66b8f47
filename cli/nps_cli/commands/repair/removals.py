"""`nps sync removals ...`: answers that the source no longer has."""

from typing import Annotated

import typer

from nps_cli.connections.chosen import ConnectionOption, chosen
from nps_cli.shell import tables
from nps_cli.shell.columns import Column
from nps_cli.shell.errors import Failure
from nps_cli.shell.stack import Stack, stack_of
from nps_core.sync.proof.suspects import Suspect

app = typer.Typer(help="Answers that Wootric no longer has.", no_args_is_help=True)

YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]

_COLUMNS = (
    Column.of("account_token", "account", rank=3),
    *(Column.of(name) for name in ("kind", "id", "state")),
    Column("answered", lambda row: tables.minute(row.answered_at)),
    Column("missed", lambda row: tables.minute(row.missed_at), rank=2),
    Column("removed", lambda row: tables.minute(row.removed_at), rank=1),
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


def _accept(stack: Stack, token: str, suspects: list[Suspect]) -> int:
    store = stack.proof_store(token)
    return sum(store.accept(suspect, stack.now) for suspect in suspects)


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
