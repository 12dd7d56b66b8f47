"""Requests of the schedule or of an operator, as work per connection.

A request is stored before the run. If another run holds the lease now, the next run accepts it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError, model_validator

from nps_core.errors import PayloadError, UnreadableItem
from nps_core.sync.proof.audit import AuditState
from nps_core.times import iso
from nps_core.views.sync.report import Comparison, comparison
from sync_wootric.connections import Job
from sync_wootric.journal import RunResult
from sync_wootric.run import Clock
from sync_wootric.tick import Sync


class Invocation(BaseModel):
    """The event of an invocation; Scheduler sends `{"schedule": "sync"}`.

    `connection` names one Wootric account; None means all. `task` is an operator's request: the
    next tick does it; with `dry_run` the reply is a preview. `since` belongs to `backfill`.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    schedule: str = "sync"
    connection: str | None = None
    task: Literal["tick", "audit", "backfill"] = "tick"
    since: AwareDatetime | None = None
    dry_run: bool = False

    @model_validator(mode="after")
    def _complete(self) -> "Invocation":
        if self.task == "backfill" and self.since is None:
            raise ValueError("a backfill needs since, an ISO time with an offset")
        if self.dry_run and self.task == "tick":
            raise ValueError("a tick has no dry_run")
        return self

    @property
    def since_s(self) -> int:
        """Start of the requested history in Unix seconds."""
        begin: datetime | None = self.since
        return int(begin.timestamp()) if begin else 0

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> "Invocation":
        """Check the event. Raises PayloadError `bad_event`, naming the field."""
        try:
            return cls.model_validate(dict(event))
        except ValidationError as exc:
            problems = [
                ": ".join([*map(str, error["loc"]), error["msg"]]) for error in exc.errors()
            ]
            raise PayloadError("bad_event", "; ".join(problems)) from exc


def job_for(invocation: Invocation, clock: Clock, remaining_ms: Callable[[], int]) -> Job:
    def tick(sync: Sync, run_id: str) -> RunResult:
        return sync.tick(run_id, clock, remaining_ms)

    def audit(sync: Sync, run_id: str) -> RunResult:
        asked_at = clock.at()
        sync.state.request_audit(asked_at)
        result = sync.tick(run_id, clock, remaining_ms)
        found = {"audit": _last_audit(sync), "asked_at": iso(asked_at)}
        return result._replace(found=found)

    def backfill(sync: Sync, run_id: str) -> RunResult:
        asked_at = clock.at()
        sync.state.request_backfill(invocation.since_s, asked_at)
        result = sync.tick(run_id, clock, remaining_ms)
        return result._replace(found={"asked_at": iso(asked_at)})

    def preview_audit(sync: Sync, run_id: str) -> RunResult:
        record, found = sync.preview_audit(run_id, clock, remaining_ms)
        return RunResult(record, found={"audit": found})

    def preview_backfill(sync: Sync, run_id: str) -> RunResult:
        record, found = sync.preview_backfill(run_id, clock, remaining_ms, invocation.since_s)
        return RunResult(record, found={"backfill": found})

    if invocation.task == "audit":
        return preview_audit if invocation.dry_run else audit
    if invocation.task == "backfill":
        return preview_backfill if invocation.dry_run else backfill
    return tick


def _last_audit(sync: Sync) -> Comparison | None:
    """Return the last comparison of counts; None before the first, or if it is unreadable."""
    text = sync.state.read_checkpoint("audit")
    try:
        proof = AuditState.from_json(text).proof if text is not None else None
    except UnreadableItem:
        return None  # the run has failed and says why
    return comparison(proof) if proof else None
