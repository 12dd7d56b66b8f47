"""Numbers of a run for the dashboard and the alarms."""

from nps_core.runlog import RunRecord

from .run import Run


def numbers(record: RunRecord, run: Run | None, lag_s: float | None) -> dict[str, float]:
    """Return the metrics of a run by name; a skipped run tells the lag only."""
    found: dict[str, float] = {}
    if lag_s is not None:
        found["SyncLagSeconds"] = lag_s
    if run is not None:
        found |= {
            "ResponsesCreated": run.responses_created,
            "ResponsesUpdated": run.responses_updated,
            "Quarantined": record.quarantined,
            "Throttled": record.throttled,
            "SyncGaps": record.gaps,
            "SyncFailed": int(record.status == "failed"),
        }
    return found
