"""Scheduled sync: pulls what is new or changed at Wootric, the first backfill, and sweeps.

Trigger: Scheduler, every 5 minutes, at least once. Repeating a tick is harmless; while one runs
the next reports `skipped`. A killed tick loses nothing, the next goes on from the checkpoint. The
on-failure queue gets ticks that ended in a defect; known failures end in the run log.
"""

import time
from functools import cache
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from nps_core import clock
from nps_core.config import SyncSettings
from nps_core.observability import logger, metrics
from nps_core.runlog import run_id

from . import wiring
from .metrics import numbers
from .run import Clock
from .service import Sync


@cache
def deps() -> Sync:
    """Build the adapters once per container, on first use, so importing has no side effect."""
    return wiring.build(SyncSettings.load(), time.sleep, time.monotonic)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Run one tick and report it; see the module for repeats and failures."""
    run_clock = Clock.start(clock.now(), time.monotonic, time.sleep)
    name = run_id(run_clock.now, context.aws_request_id[:8])
    record, run = deps().tick(name, run_clock, context.get_remaining_time_in_millis)
    for metric, value in numbers(record, run, deps().lag_s(run_clock.at())).items():
        unit = MetricUnit.Seconds if metric == "SyncLagSeconds" else MetricUnit.Count
        metrics.add_metric(metric, unit, value)
    logger.info("sync finished", extra={"run": record.as_dict()})
    return record.as_dict()
