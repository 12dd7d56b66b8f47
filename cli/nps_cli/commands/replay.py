"""`nps replay`: feed stored answers to the consumers of the stream again."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from typing import Annotated

import typer

from nps_cli.connections.chosen import connection_tokens
from nps_cli.repair.consumers import CONSUMERS, Consumer, Consumers, events
from nps_cli.shell import tables
from nps_cli.shell.errors import Failure, explain, translated
from nps_cli.shell.options import Options
from nps_cli.shell.progress import track
from nps_cli.shell.stack import Stack, stack_of
from nps_cli.shell.time_options import parse_time
from nps_core.answers.models import Listed
from nps_core.times import iso

BATCH = 100


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for: answers with start <= answered_at < end."""

    start: datetime
    end: datetime
    only: Consumer | None = None
    connection: str | None = None

    @property
    def consumers(self) -> tuple[Consumer, ...]:
        """Who is fed."""
        return (self.only,) if self.only else CONSUMERS

    def command(self, start: datetime, options: Options) -> str:
        """Return the command that does the same from a later start on."""
        words = ["nps", "replay", "--from", iso(start), "--to", iso(self.end)]
        words += ["--only", self.only] if self.only else []
        words += ["--connection", self.connection] if self.connection else []
        return shlex.join(words + options.words())


def replay(
    ctx: typer.Context,
    start: Annotated[
        datetime, typer.Option("--from", metavar="TIME", parser=parse_time, help="A day or a time.")
    ],
    end: Annotated[
        datetime | None,
        typer.Option("--to", metavar="TIME", parser=parse_time, help="Before it; else until now."),
    ] = None,
    only: Annotated[
        Consumer | None, typer.Option("--only", metavar="FUNCTION", help="rollup or notify.")
    ] = None,
    connection: Annotated[
        str | None,
        typer.Option("--connection", metavar="TOKEN", help="Only answers of this account token."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count only.")] = False,
) -> None:
    """Feed the answers given from --from on and before --to to rollup and notify once more.

    It brings back numbers and tasks that a lost stream batch or a restore has cost. Both functions
    know what they have seen, so what is there already does not change, and history alerts nobody.
    Times are UTC; a day is its midnight.
    """
    stack = stack_of(ctx)
    request = Request(start, end or stack.now, only, connection)
    if request.start >= request.end:
        raise typer.BadParameter(
            f"{iso(request.start)} is not before the end, {iso(request.end)}", param_hint="'--from'"
        )
    found = _listed(stack, request)
    batches = [found[first : first + BATCH] for first in range(0, len(found), BATCH)]
    if not dry_run:
        _feed(stack, request, batches)
    _report(stack, request, len(found), len(batches), dry_run=dry_run)


def _listed(stack: Stack, request: Request) -> list[Listed]:
    """Return the answers of all chosen connections in one order of time, so that one can go on."""
    tokens = connection_tokens(stack)
    if request.connection and request.connection not in tokens:
        names = ", ".join(tokens)
        raise Failure(f"there is no connection {request.connection!r}: this stack has {names}")
    chosen = [request.connection] if request.connection else tokens
    each = (stack.answers.between(one, "response", request.start, request.end) for one in chosen)
    return list(track(merge(*each, key=lambda one: one.answered_at), "answers"))


def _feed(stack: Stack, request: Request, batches: Sequence[Sequence[Listed]]) -> None:
    """Feed every batch to every consumer; a failure tells how to go on from there."""
    consumers = Consumers(stack)
    for number, batch in enumerate(track(batches, "batches", len(batches))):
        try:
            stored = stack.answers.get_many([one.key for one in batch])
            answers = [stored[one.key] for one in batch if one.key in stored]
            for event in events(answers):
                for consumer in request.consumers:
                    consumers.feed(consumer, event)
        except translated() as exc:
            done = f"{number * BATCH:,} of {tables.counted(sum(map(len, batches)), 'answer')}"
            again = request.command(batch[0].answered_at, stack.options)
            raise Failure(f"{explain(exc)}\n{done} done; go on with: {again}") from exc


def _report(stack: Stack, request: Request, answers: int, batches: int, *, dry_run: bool) -> None:
    if stack.options.json:
        from nps_core.views.repair import Replay

        tables.print_json(
            Replay(
                start=request.start,
                end=request.end,
                answers=answers,
                batches=batches,
                functions=request.consumers,
                dry_run=dry_run,
            )
        )
        return
    what = f"{tables.counted(answers, 'answer')} in {tables.counted(batches, 'batch', 'batches')}"
    verb = "would be fed" if dry_run else "fed"
    tables.say(
        f"{what} {verb} to {' and '.join(request.consumers)}: answered from {iso(request.start)}"
        f" on, before {iso(request.end)}."
    )
