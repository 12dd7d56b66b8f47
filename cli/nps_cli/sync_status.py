"""`nps sync status`: up to when is everything here, and why not later."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from itertools import islice
from typing import Any

import typer

from nps_cli import tables
from nps_cli.connection_list import ConnectionOption, chosen
from nps_cli.rows import Row
from nps_cli.space import Space, space_of
from nps_cli.status_rows import Known, status_row
from nps_cli.sync_reports import days_text
from nps_cli.tables import Column
from nps_core import keys
from nps_core.audit import AuditState
from nps_core.checkpoint import StreamCheckpoint
from nps_core.source_accounts import Connection
from nps_core.wootric import STREAMS, base_url

_RUNS_LOOKED_AT = 1_000
"""Of each connection: about three days of ticks."""
_SHOWN_INTERVALS = 3
_GAPS = (
    *(Column.of(name) for name in ("stream", "kind")),
    Column("from", lambda row: _second(row["from"])),
    Column("to", lambda row: _second(row["to"]), rank=2),
    Column.of("reason", wraps_at=24),
    Column("found", lambda row: tables.minute(row["found_at"]), rank=3),
    Column.of("tries", right=True, rank=1),
)


def status(ctx: typer.Context, connection: ConnectionOption = None) -> None:
    """Show up to when everything is stored, why not later, and what the sync is at.

    Reads the stack only; Wootric is not asked.
    """
    space = space_of(ctx)
    wanted = chosen(space, connection)
    runs = _last_runs(space, {one.account_token for one in wanted})
    found = [
        status_row(_known(space, one, runs.get(one.account_token)), space.now) for one in wanted
    ]
    if space.options.json:
        tables.print_json_rows(found)
        return
    overlap = _overlap(space)
    for number, row in enumerate(found):
        if number:
            typer.echo()
        _print(row, overlap)


def _known(space: Space, connection: Connection, last_run: Mapping[str, Any] | None) -> Known:
    token = connection.account_token
    state, holes = space.sync_state(token), space.holes(token)
    texts = {name: state.read_checkpoint(name) for name in (*STREAMS, "people", "audit")}
    audit, people = texts["audit"], texts["people"]
    return Known(
        account_token=token,
        host=base_url(token, connection.api_url),
        activated_at=space.connections.activated_at(token),
        overlap=_overlap(space),
        streams={stream: _checkpoint(texts[stream]) for stream in STREAMS},
        people=_checkpoint(people),
        audit=AuditState.from_json(audit) if audit else AuditState(),
        wanted=state.wanted(),
        gaps=holes.gaps(),
        suspects=holes.suspects(),
        last_run=last_run,
    )


def _checkpoint(text: str | None) -> StreamCheckpoint | None:
    return StreamCheckpoint.from_json(text) if text else None


def _overlap(space: Space) -> timedelta:
    return timedelta(minutes=int(space.target.parameter("OverlapMinutes")))


def _last_runs(space: Space, tokens: Collection[str]) -> dict[str, Mapping[str, Any]]:
    """Return the newest run of each connection; a preview for an operator is none."""
    found: dict[str, Mapping[str, Any]] = {}
    newest = space.partition(keys.RUN, newest_first=True)
    for run in islice(newest, _RUNS_LOOKED_AT * len(tokens)):
        token = run.get("account_token", "")
        if token in tokens and run.get("kind") != "preview":
            found.setdefault(token, run)
        if len(found) == len(tokens):
            break
    return found


def _print(row: Row, overlap: timedelta) -> None:
    minutes = int(overlap.total_seconds() // 60)
    settled = f"nothing: the latest {tables.counted(minutes, 'minute')} are read again every tick"
    complete_to = f"{_second(row['complete_to'])} UTC" if row["complete_to"] else "never"
    facts: list[tuple[str, object]] = [
        ("connection", f"{row['account_token']}, {row['host']}"),
        ("complete to", complete_to),
        ("held back by", row["held_by"] or settled),
        ("covered", _covered(row["covered"])),
        ("phase", _phase(row)),
        ("lag", tables.duration(row["lag_seconds"])),
        ("counts", _audit(row["last_audit"])),
        ("deletions", _suspects(row["suspects"])),
        ("edits", "listed by Wootric" if row["lists_changes"] else "found by reading again"),
        ("last run", _run(row["last_run"])),
        ("open gaps", len(row["open_gaps"]) or "none"),
    ]
    tables.console().print(tables.facts(facts))
    if row["open_gaps"]:
        tables.print_table(row["open_gaps"], _GAPS)


def _phase(row: Row) -> str:
    """Return the phase with how far it is."""
    name: str = row["phase"]
    if name == "not connected":
        return "not connected: `nps connect`"
    if name == "backfill":
        left = tables.duration(row["seconds_left"])
        parts = [
            f"backfill, {row['backfill_percent']:g} % of its time",
            tables.counted(row["answers"], "answer"),
            f"{row['rate_per_minute']:,.0f} a minute" if row["rate_per_minute"] else "",
            f"about {left} left" if left else "",
        ]
        return ", ".join(part for part in parts if part)
    if name == "extension":
        since, percent = tables.minute(row["extension"]["since"]), row["extension"]["percent"]
        return f"reading history since {since} UTC, {percent:g} %"
    return "live" if name == "live" else "live; the list of people is still being read"


def _covered(intervals: list[list[str]]) -> str | None:
    texts = [f"{_second(start)} to {_second(end)}" for start, end in intervals]
    more = len(texts) - _SHOWN_INTERVALS
    shown = texts[:_SHOWN_INTERVALS] + ([f"and {more} more"] if more > 0 else [])
    return "; ".join(shown) or None


def _audit(audit: Row | None) -> str:
    if audit is None:
        return "not compared yet"
    source, stored = sum(audit["source"].values()), sum(audit["stored"].values())
    days = days_text(audit["first_day"], audit["last_day"])
    at = tables.minute(audit["at"])
    if audit["holds"]:
        return f"equal, {tables.counted(source, 'answer')}, {days}, compared {at} UTC"
    return f"DIFFER, Wootric {source:,}, stored {stored:,}, {days}, compared {at} UTC"


def _suspects(count: int) -> str:
    if not count:
        return "none suspected"
    return f"{tables.counted(count, 'answer')} missing at Wootric, looked for again after a day"


def _run(run: Row | None) -> str | None:
    if run is None:
        return None
    reason = f": {run['error']}" if run["error"] else ""
    return f"{run['status']}, {run['run_id']}{reason}"


def _second(moment: str) -> str:
    """Return an ISO time to the minute, or to the second where that matters."""
    return f"{moment[:10]} {moment[11:19]}".removesuffix(":00")
