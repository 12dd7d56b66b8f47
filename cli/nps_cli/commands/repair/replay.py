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
    """Answers with start <= answered_at < end."""

    start: datetime
    end: datetime
    only: Consumer | None = None
    connection: str | None = None

    @property
    def consumers(self) -> tuple[Consumer, ...]:
        return (self.only,) if self.only else CONSUMERS

    def command(self, start: datetime, options: Options) -> str:
        """Return the command that continues this replay at a later start."""
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
        typer.Option("--to", metavar="TIME", parser=parse_time, help="Exclusive; default: now."),
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
    """Feed the answers of a period to rollup and notify again.

    The period includes --from and excludes --to. Replay rebuilds numbers and tasks that a lost
    stream batch or a restore left out. Both functions are idempotent: nothing that is already there
    changes, and history alerts nobody. Times are UTC; a day means its midnight.
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
    """Return the answers of the chosen connections in order of time, so that replay can resume."""
    tokens = connection_tokens(stack)
    if request.connection and request.connection not in tokens:
        names = ", ".join(tokens)
        raise Failure(f"there is no connection {request.connection!r}: this stack has {names}")
    chosen = [request.connection] if request.connection else tokens
    lists = (
        stack.answers.between(token, "response", request.start, request.end) for token in chosen
    )
    return list(track(merge(*lists, key=lambda answer: answer.answered_at), "answers"))


def _feed(stack: Stack, request: Request, batches: Sequence[Sequence[Listed]]) -> None:
    """Feed every batch to every consumer. A failure names the command that continues."""
    consumers = Consumers(stack)
    for number, batch in enumerate(track(batches, "batches", len(batches))):
        try:
            stored = stack.answers.get_many([listed.key for listed in batch])
            answers = [stored[listed.key] for listed in batch if listed.key in stored]
            for event in events(answers):
                for consumer in request.consumers:
                    consumers.feed(consumer, event)
        except translated() as exc:
            done = f"{number * BATCH:,} of {tables.counted(sum(map(len, batches)), 'answer')}"
            again = request.command(batch[0].answered_at, stack.options)
            raise Failure(f"{explain(exc)}\n{done} done; continue with: {again}") from exc


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
