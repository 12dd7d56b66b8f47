"""`nps sync status`: until when everything is stored, and why not later."""

from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

import typer

from nps_cli.connections.chosen import ConnectionOption, chosen, template_connection
from nps_cli.shell import tables
from nps_cli.shell.columns import Column
from nps_cli.shell.errors import Failure
from nps_cli.shell.stack import Stack, report_unreadable, stack_of
from nps_core.connections.settings import Connection
from nps_core.connectors.wootric.protocol import base_url
from nps_core.errors import UnreadableItem
from nps_core.sync.lists import STREAMS
from nps_core.sync.proof.audit import AuditState
from nps_core.sync.reading.checkpoint import StreamCheckpoint
from nps_core.sync.runlog import RunRecord

if TYPE_CHECKING:
    from nps_core.views.sync.report import Comparison
    from nps_core.views.sync.status import Known, LastRun, StatusRow

T = TypeVar("T")

_RUNS_LOOKED_AT = 1_000
"""Of each connection: about three days of ticks."""
_SHOWN_INTERVALS = 3
_GAPS = (
    *(Column.of(name) for name in ("stream", "kind")),
    Column("from", lambda row: _second(row.start)),
    Column("to", lambda row: _second(row.end), rank=2),
    Column.of("reason", wraps_at=24),
    Column("found", lambda row: tables.minute(row.found_at), rank=3),
    Column.of("tries", right=True, rank=1),
)


def status(ctx: typer.Context, connection: ConnectionOption = None) -> None:
    """Show until when everything is stored, why not later, and the phase of the sync.

    Reads only the stack and sends Wootric no request.
    """
    from nps_core.views.sync.status import status_row

    stack = stack_of(ctx)
    wanted = chosen(stack, connection)
    runs = _last_runs(stack, {one.account_token for one in wanted})
    found = [
        status_row(_known(stack, one, runs.get(one.account_token)), stack.now) for one in wanted
    ]
    if stack.options.json:
        tables.print_json_rows(found)
        return
    overlap = _overlap(stack)
    first = template_connection(stack).account_token
    for number, row in enumerate(found):
        if number:
            typer.echo()
        account = "" if row.account_token == first else f" --account {row.account_token}"
        _print(row, overlap, f"nps connect{account}")


def _known(stack: Stack, connection: Connection, last_run: RunRecord | None) -> "Known":
    from nps_core.views.sync.status import Known

    token = connection.account_token
    state, proof = stack.sync_state(token), stack.proof_store(token)
    texts = {name: state.read_checkpoint(name) for name in (*STREAMS, "people", "audit")}
    audit, people = texts["audit"], texts["people"]
    return Known(
        account_token=token,
        host=base_url(token, connection.api_url),
        activated_at=stack.profiles.activated_at(token),
        overlap=_overlap(stack),
        zone=connection.zone,
        streams={stream: _read(StreamCheckpoint.from_json, texts[stream]) for stream in STREAMS},
        people=_read(StreamCheckpoint.from_json, people),
        audit=_read(AuditState.from_json, audit) or AuditState(),
        wanted=state.requests(),
        gaps=proof.gaps(),
        suspects=proof.suspects(),
        last_run=last_run,
    )


def _read(parse: Callable[[str], T], text: str | None) -> T | None:
    """Raises Failure for a text that another version wrote."""
    try:
        return parse(text) if text is not None else None
    except UnreadableItem as exc:
        raise Failure(
            "the sync of the stack is of another version: deploy this version, or use its own nps"
            f" ({exc})"
        ) from exc


def _overlap(stack: Stack) -> timedelta:
    return timedelta(minutes=int(stack.deployment.parameter("OverlapMinutes")))


def _last_runs(stack: Stack, tokens: Collection[str]) -> dict[str, RunRecord]:
    """Return the newest run of each connection; previews for an operator do not count."""
    found: dict[str, RunRecord] = {}
    newest = stack.run_log.runs(report_unreadable, newest_first=True)
    for run in islice(newest, _RUNS_LOOKED_AT * len(tokens)):
        if run.account_token in tokens and run.kind != "preview":
            found.setdefault(run.account_token, run)
        if len(found) == len(tokens):
            break
    return found


def _print(row: "StatusRow", overlap: timedelta, connect: str) -> None:
    minutes = int(overlap.total_seconds() // 60)
    latest = "minute" if minutes == 1 else f"{minutes:,} minutes"
    settled = f"nothing is missing; every tick reads the latest {latest} again"
    complete_to = f"{_second(row.complete_to)} UTC" if row.complete_to else "never"
    facts: list[tuple[str, object]] = [
        ("connection", f"{row.account_token}, {row.host}"),
        ("complete to", complete_to),
        ("why not later", row.held_by or settled),
        ("covered", _covered(row.covered)),
        ("phase", _phase(row, connect)),
        ("lag", tables.duration(row.lag_seconds)),
        ("last audit", _audit(row.last_audit)),
        ("in doubt", _suspects(row)),
        ("edits", "listed by Wootric" if row.lists_changes else "found by reading again"),
        ("last run", _run(row.last_run)),
        ("open gaps", len(row.open_gaps) or "none"),
    ]
    tables.print_facts(facts)
    if row.open_gaps:
        tables.print_table(row.open_gaps, _GAPS)


def _phase(row: "StatusRow", connect: str) -> str:
    if row.phase == "not connected":
        return f"not connected: `{connect}`"
    if row.phase == "backfill":
        left = tables.duration(row.seconds_left)
        parts = [
            f"backfill, {row.backfill_percent:g} % of its time",
            tables.counted(row.answers, "answer"),
            f"{row.rate_per_minute:,.0f} a minute" if row.rate_per_minute else "",
            f"about {left} left" if left else "",
        ]
        return ", ".join(part for part in parts if part)
    if row.extension is not None:
        since = tables.minute(row.extension.since)
        return f"reading history since {since} UTC, {row.extension.percent:g} %"
    return "live" if row.phase == "live" else "live; the list of people is still being read"


def _covered(intervals: Iterable[tuple[datetime, datetime]]) -> str | None:
    texts = [f"{_second(start)} to {_second(end)}" for start, end in intervals]
    more = len(texts) - _SHOWN_INTERVALS
    shown = texts[:_SHOWN_INTERVALS] + ([f"and {more} more"] if more > 0 else [])
    return "; ".join(shown) or None


def _audit(audit: "Comparison | None") -> str:
    if audit is None:
        return "not compared yet"
    source, stored = audit.source.n, audit.stored.n
    days = f"{audit.first_day} to {audit.last_day}"
    at = f"{tables.minute(audit.at)} UTC"
    if audit.holds:
        return f"equal, {tables.counted(source, 'answer')} of {days}, compared {at}"
    return f"DIFFERENT, Wootric {source:,}, stored {stored:,} of {days}, compared {at}"


def _suspects(row: "StatusRow") -> str:
    if row.oldest_suspect is None:
        return "nothing"
    missing = tables.counted(row.suspects, "answer")
    return (
        f"{missing} that Wootric no longer lists, the oldest of {_second(row.oldest_suspect)} UTC"
    )


def _run(run: "LastRun | None") -> str | None:
    if run is None:
        return None
    reason = f": {run.error}" if run.error else ""
    return f"{run.status}, {run.run_id}{reason}"


def _second(moment: datetime) -> str:
    """Format a time in UTC to the minute, or to the second if that is not zero."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}".removesuffix(":00")
