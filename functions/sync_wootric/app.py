"""Scheduled sync: reads new and changed answers, runs the first backfill, proofs and sweeps.

Trigger: Scheduler, every 5 minutes, at least once; `nps sync` for an operator. Repeating a tick is
harmless: a tick that finds another one running reports `skipped`. A killed tick loses nothing; the
next one resumes from the checkpoint. Ticks that end in a defect go to the on-failure queue; known
failures are recorded in the run log.
"""

import time
from collections.abc import Sequence
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from nps_core import clock
from nps_core.config import SyncSettings
from nps_core.observability import logger, metrics
from nps_core.sync.runlog import run_id
from nps_core.views.sync.report import TickReport, run_report, tick_report
from sync_wootric import wiring
from sync_wootric.connections import ConnectionRun, Connections
from sync_wootric.metrics import emit
from sync_wootric.requests import Invocation, job_for
from sync_wootric.run import Clock


@cache
def deps() -> Connections:
    """Build the adapters once per container, on first use, so importing has no side effect."""
    return wiring.build(SyncSettings.load(), time.sleep, time.monotonic)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Run one tick of every connection, or an operator's request. Returns the report.

    With one connection the report is its run; with several it has `runs` and the worst `status`.
    See the module for repeats and failures.
    """
    invocation, connections = Invocation.from_event(event), deps()
    now = clock.now()
    name = run_id(now, context.aws_request_id[:8])
    run_clock = Clock.start(now, time.monotonic, time.sleep)
    job = job_for(invocation, run_clock, context.get_remaining_time_in_millis)
    runs = connections.run(connections.chosen(invocation.connection), name, job)
    emit(connections, runs, run_clock.at())
    for run in runs:
        if run.defect is not None:
            raise run.defect
    return report(runs).as_json()


def report(runs: Sequence[ConnectionRun]) -> TickReport:
    return tick_report(
        [run_report(run.record, run.found) for run in runs if run.record is not None]
    )
