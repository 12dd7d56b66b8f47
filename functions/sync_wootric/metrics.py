"""Numbers of a run for the dashboard and the alarms."""

from nps_core.runlog import RunRecord

from .run import Run


def numbers(
    record: RunRecord, run: Run | None, lag_s: float | None, open_gaps: int
) -> dict[str, float]:
    """Return the metrics of a run by name; a skipped run tells lag and gaps only."""
    found: dict[str, float] = {"SyncGaps": open_gaps}
    if lag_s is not None:
        found["SyncLagSeconds"] = lag_s
    if run is not None:
        found |= {
            "ResponsesCreated": run.responses_created,
            "ResponsesUpdated": run.responses_updated,
            "ResponsesDeleted": record.deleted,
            "Quarantined": record.quarantined,
            "Throttled": record.throttled,
            "SyncFailed": int(record.status == "failed"),
        }
    return found
