"""Scheduled sync: pulls what is new or changed at Wootric, the first backfill, proofs and sweeps.

Trigger: Scheduler, every 5 minutes, at least once; `nps sync` for an operator. Repeating a tick is
harmless; while one runs the next reports `skipped`. A killed tick loses nothing, the next goes on
from the checkpoint. The on-failure queue gets ticks that ended in a defect; known failures end in
the run log.
"""

import time
from collections.abc import Sequence
from functools import cache
from typing import Any

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from nps_core import clock
from nps_core.config import SyncSettings
from nps_core.observability import logger, metrics
from nps_core.sync.runlog import run_id
from nps_core.views.sync.report import TickReport, run_report, tick_report
from sync_wootric import wiring
from sync_wootric.connections import Fleet, Outcome
from sync_wootric.requests import Request, job_for
from sync_wootric.run import Clock, numbers


@cache
def deps() -> Fleet:
    """Build the adapters once per container, on first use, so importing has no side effect."""
    return wiring.build(SyncSettings.load(), time.sleep, time.monotonic)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Run one tick of every connection, or what an operator asks; returns the report.

    With one connection the report is its run, with several `status` (the worst) and `runs`. See
    the module for repeats and failures.
    """
    request, fleet = Request.from_event(event), deps()
    now = clock.now()
    name = run_id(now, context.aws_request_id[:8])
    run_clock = Clock.start(now, time.monotonic, time.sleep)
    job = job_for(request, run_clock, context.get_remaining_time_in_millis)
    outcomes = fleet.run(fleet.chosen(request.connection), name, job)
    _tell(fleet, outcomes, run_clock)
    for outcome in outcomes:
        if outcome.defect is not None:
            raise outcome.defect
    return report(outcomes).as_json()


def _tell(fleet: Fleet, outcomes: Sequence[Outcome], run_clock: Clock) -> None:
    """Emit the metrics, of all connections together and of each, and log the runs."""
    by_token = {one.account_token: one for one in fleet.made}
    for outcome in outcomes:
        if outcome.record is None:
            continue
        sync = fleet.made[by_token[outcome.token]]
        lag_s, open_gaps = sync.lag_s(run_clock.at()), sync.open_gaps()
        own = EphemeralMetrics()
        own.add_dimension("connection", outcome.token)
        for metric, value in numbers(outcome.record, outcome.run, lag_s, open_gaps).items():
            unit = MetricUnit.Seconds if metric == "SyncLagSeconds" else MetricUnit.Count
            metrics.add_metric(metric, unit, value)
            own.add_metric(metric, unit, value)
        own.flush_metrics()
        logger.info("sync finished", extra={"run": outcome.record.as_dict()})


def report(outcomes: Sequence[Outcome]) -> TickReport:
    """Return the run of the one connection, or the runs of several with their worst status."""
    return tick_report(
        [run_report(one.record, one.found) for one in outcomes if one.record is not None]
    )
