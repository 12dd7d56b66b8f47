"""What the function is asked for, as work for one connection.

A request is written down before the run, so it is taken up even if another run holds the lease
now: then by the next one.
"""

from collections.abc import Callable, Mapping
from typing import Any

from nps_core.audit import AuditState
from nps_core.runlog import RunRecord
from nps_core.times import iso

from .events import Request
from .fleet import Job
from .run import Clock, Run
from .service import Sync

_Done = tuple[RunRecord, Run | None, Mapping[str, Any]]


def job_for(request: Request, clock: Clock, remaining_ms: Callable[[], int]) -> Job:
    """Return what to do for each connection."""

    def tick(sync: Sync, run_id: str) -> _Done:
        return *sync.tick(run_id, clock, remaining_ms), {}

    def audit(sync: Sync, run_id: str) -> _Done:
        asked_at = clock.at()
        sync.state.want_audit(asked_at)
        record, run = sync.tick(run_id, clock, remaining_ms)
        return record, run, {"audit": _last_audit(sync), "asked_at": iso(asked_at)}

    def backfill(sync: Sync, run_id: str) -> _Done:
        asked_at = clock.at()
        sync.state.want_backfill(request.since_s, asked_at)
        record, run = sync.tick(run_id, clock, remaining_ms)
        return record, run, {"asked_at": iso(asked_at)}

    def preview_audit(sync: Sync, run_id: str) -> _Done:
        record, found = sync.preview_audit(run_id, clock, remaining_ms)
        return record, None, {"audit": found}

    def preview_backfill(sync: Sync, run_id: str) -> _Done:
        record, found = sync.preview_backfill(run_id, clock, remaining_ms, request.since_s)
        return record, None, {"backfill": found}

    if request.task == "audit":
        return preview_audit if request.dry_run else audit
    if request.task == "backfill":
        return preview_backfill if request.dry_run else backfill
    return tick


def _last_audit(sync: Sync) -> Mapping[str, Any] | None:
    """Return the last comparison of counts, None before the first."""
    text = sync.state.read_checkpoint("audit")
    proof = AuditState.from_json(text).proof if text else None
    return proof.as_dict() if proof else None
