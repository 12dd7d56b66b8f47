"""The metrics of a tick, in total and per connection, and the log line of each run."""

from collections.abc import Iterable
from datetime import datetime

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from nps_core.observability import logger, metrics
from nps_core.sync.runlog import RunRecord
from sync_wootric.connections import ConnectionRun, Connections
from sync_wootric.journal import PageResult


def numbers(
    record: RunRecord, responses: PageResult | None, lag_s: float | None, open_gaps: int
) -> dict[str, float]:
    """Return the metrics of a run by name; without `responses`, only lag and gaps."""
    values: dict[str, float] = {"SyncGaps": open_gaps}
    if lag_s is not None:
        values["SyncLagSeconds"] = lag_s
    if responses is not None:
        values |= {
            "ResponsesCreated": responses.created,
            "ResponsesUpdated": responses.updated,
            "ResponsesDeleted": record.deleted,
            "Quarantined": record.quarantined,
            "Throttled": record.throttled,
            "SyncFailed": int(record.status == "failed"),
        }
    return values


def emit(connections: Connections, runs: Iterable[ConnectionRun], now: datetime) -> None:
    """Emit the metrics and log the runs. Raises StoreUnavailable."""
    for run in runs:
        if run.record is None:
            continue
        sync = connections.sync(run.connection)
        lag_s, open_gaps = sync.lag_s(now), sync.open_gaps()
        own = EphemeralMetrics()
        own.add_dimension("connection", run.connection.account_token)
        for metric, value in numbers(run.record, run.responses, lag_s, open_gaps).items():
            unit = MetricUnit.Seconds if metric == "SyncLagSeconds" else MetricUnit.Count
            metrics.add_metric(metric, unit, value)
            own.add_metric(metric, unit, value)
        own.flush_metrics()
        logger.info("sync finished", extra={"run": run.record.as_dict()})
