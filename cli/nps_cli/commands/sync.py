"""`nps sync ...`: run the sync, audit it, read history, see its status."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from nps_cli.commands import sync_status
from nps_cli.commands.repair import removals
from nps_cli.connections.chosen import ConnectionOption, chosen
from nps_cli.shell import tables
from nps_cli.shell.columns import Column
from nps_cli.shell.errors import Failure
from nps_cli.shell.stack import Stack, stack_of
from nps_cli.shell.time_options import parse_time
from nps_core.scoring import NPS
from nps_core.times import iso

if TYPE_CHECKING:
    from nps_core.views.sync.report import RunReport
    from nps_core.views.sync.requested import AuditRow, BackfillRow

app = typer.Typer(help="The sync with Wootric.", no_args_is_help=True)
app.command("status")(sync_status.status)
app.add_typer(removals.app, name="removals")

_RUNS = (
    Column.of("account_token", "account"),
    *(Column.of(name) for name in ("kind", "status")),
    *(Column.of(name, right=True, rank=1) for name in ("created", "updated")),
    *(Column.of(name, right=True, rank=2) for name in ("fetched", "requests")),
    Column.of("error", wraps_at=20),
)
_COUNTS = (
    Column.of("of"),
    *(Column.of(name, right=True) for name in ("promoters", "passives", "detractors", "all")),
)
_NOTED = "{}: another run is in progress. The request is stored; the next tick carries it out."


class _Counts(NamedTuple):
    of: str
    promoters: int
    passives: int
    detractors: int
    all: int


@app.command("now")
def sync_now(ctx: typer.Context, connection: ConnectionOption = None) -> None:
    """Run the sync now, wait, and print its report. Repeating it is harmless."""
    from nps_cli.sync.call import call, require_no_failure
    from nps_core.views.sync.report import RunReport

    stack = stack_of(ctx)
    report = call(stack, {"schedule": "sync"}, connection)
    if stack.options.json:
        tables.print_json(report)
    elif isinstance(report, RunReport):
        _print_run(report)
    else:
        tables.print_table(report.runs, _RUNS)
    if report.status == "skipped" and not stack.options.json:
        typer.echo("Another run is in progress; `nps runs list` shows it.")
    require_no_failure(report)


@app.command("audit")
def sync_audit(
    ctx: typer.Context,
    connection: ConnectionOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only compare; read nothing again.")
    ] = False,
) -> None:
    """Compare Wootric's own counts with what is stored; if they differ, read everything again.

    Exit status 1 if it failed or the counts differ.
    """
    from nps_cli.sync.call import call, require_no_failure
    from nps_core.views.sync.report import runs_of
    from nps_core.views.sync.requested import audit_row

    stack = stack_of(ctx)
    report = call(stack, {"task": "audit", "dry_run": dry_run}, connection)
    found = [audit_row(run, dry_run=dry_run) for run in runs_of(report)]
    if stack.options.json:
        tables.print_json_rows(found)
    else:
        for row in found:
            _print_audit(stack, row)
    _require_look(found)
    require_no_failure(report)
    if any(row.holds is False for row in found):
        raise typer.Exit(1)


@app.command("backfill")
def sync_backfill(
    ctx: typer.Context,
    since: Annotated[
        datetime,
        typer.Option(
            "--since", metavar="DATE|TIME", parser=parse_time, help="A day or a time; UTC."
        ),
    ],
    connection: ConnectionOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show how much it would read.")
    ] = False,
) -> None:
    """Read history from a date on: answers before the first sync, or all of them again.

    History is counted and alerts nobody. Repeating it is harmless.
    """
    from nps_cli.sync.call import call, require_no_failure
    from nps_core.views.sync.report import runs_of
    from nps_core.views.sync.requested import backfill_row

    stack = stack_of(ctx)
    if since >= stack.now:
        raise typer.BadParameter(f"{iso(since)} is not in the past", param_hint="'--since'")
    report = call(stack, {"task": "backfill", "since": iso(since), "dry_run": dry_run}, connection)
    known = {row.account_token: row for row in chosen(stack, connection)}
    found = [
        backfill_row(run, known[run.account_token], since, dry_run=dry_run)
        for run in runs_of(report)
    ]
    if stack.options.json:
        tables.print_json_rows(found)
    else:
        for row in found:
            tables.say(_backfill_sentence(row, known[row.account_token].requests_per_minute))
    _require_look(found)
    require_no_failure(report)


def _require_look(rows: "Sequence[AuditRow | BackfillRow]") -> None:
    """Fail when another run kept a dry run from looking."""
    if held := [row.account_token for row in rows if row.dry_run and _is_skipped(row)]:
        raise Failure(f"another run is in progress for {', '.join(held)}: repeat in a few minutes")


def _is_skipped(row: "AuditRow | BackfillRow") -> bool:
    return row.status == "skipped"


def _print_run(report: "RunReport") -> None:
    pairs: list[tuple[str, object]] = [
        (name, json.dumps(value) if isinstance(value, dict) else value)
        for name, value in report.as_json().items()
    ]
    tables.print_facts(pairs)


def _print_audit(stack: Stack, row: "AuditRow") -> None:
    token = row.account_token
    if row.source is None or row.stored is None or row.first_day is None or row.last_day is None:
        tables.say(_why_no_audit(stack, row))
        return
    days = days_text(row.first_day, row.last_day)
    tables.say(f"{token}: the counts {'are equal' if row.holds else 'DIFFER'}, {days}.")
    both = (("Wootric", row.source), ("stored", row.stored))
    counts = [
        _Counts(of, each.promoters, each.passives, each.detractors, each.n) for of, each in both
    ]
    tables.print_table(counts, _COUNTS)
    tables.say(_what_follows(row))
    gaps = [
        gap
        for gap in stack.proof_store(token).gaps()
        if gap.is_open and gap.kind == "second" and any(gap.difference)
    ]
    if gaps:
        known = tables.counted(len(gaps), "open gap")
        tables.say(f"What differs in {known} is counted as stored: see `nps sync status`.")


def _what_follows(row: "AuditRow") -> str:
    if row.holds:
        return "Nothing is missing, superfluous or of another class."
    if row.dry_run:
        return "An audit would read everything again."
    return (
        "Everything is being read again, the newest month first; `nps sync status` shows the"
        " months that still differ as gaps."
    )


def days_text(first: date, last: date) -> str:
    """Return a range of days with its length."""
    length = (last - first).days + 1
    return str(first) if length == 1 else f"{first} to {last}, {length:,} days"


def _why_no_audit(stack: Stack, row: "AuditRow") -> str:
    token = row.account_token
    if _is_skipped(row):
        return f"{token}: another run is in progress." if row.dry_run else _NOTED.format(token)
    (connection,) = chosen(stack, token)
    if connection.metric != NPS:
        return f"{token}: Wootric counts NPS answers only, not {connection.metric}; no comparison."
    if row.status == "complete":
        return f"{token}: nothing to compare yet, no whole day has been read."
    return f"{token}: not compared yet; the next tick compares. `nps sync status` shows more."


def _backfill_sentence(row: "BackfillRow", per_minute: int) -> str:
    token, since = row.account_token, tables.minute(row.since)
    if _is_skipped(row):
        return f"{token}: another run is in progress." if row.dry_run else _NOTED.format(token)
    if row.dry_run:
        if row.responses is None or row.requests is None or row.minutes is None:
            return f"{token}: how much there is since {since} UTC is not known."
        minutes = f"about {row.minutes:,.0f} min" if row.minutes >= 1 else "under a minute"
        return (
            f"{token}: since {since} UTC there are {tables.counted(row.responses, 'response')}"
            f" to read: {tables.counted(row.requests, 'request')}, {minutes} at {per_minute} a"
            " minute, and more for declines, which Wootric does not count."
        )
    brought = (
        f"{token}: {tables.counted(row.fetched or 0, 'row')} read, {row.created or 0:,} new,"
        f" {row.updated or 0:,} changed, since {since} UTC."
    )
    if row.status == "complete":
        return f"{brought} All of it has been read."
    return f"{brought} The next ticks continue; `nps sync status` shows the progress."
