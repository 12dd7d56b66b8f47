"""Stream consumer: answers become votes in ledgers, ledgers become summaries.

Trigger: ResponsesTable's stream, at least once, in any order on replay. A retry counts no vote
twice. An unavailable dependency raises, so Lambda repeats the batch for up to 20 hours; then it
goes to the failed-batches bucket. A record that is no answer, or that fails for good, is
quarantined and counted, so that it holds up nothing.
"""

from functools import cache
from typing import Any, NamedTuple

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from nps_core import clock
from nps_core.answers.quarantine import DynamoQuarantine
from nps_core.answers.stream import apply_records, keep_bad_records
from nps_core.aws.clients import dynamodb
from nps_core.config import RollupSettings
from nps_core.numbers.dynamo_ledgers import DynamoLedgerStore
from nps_core.numbers.dynamo_summaries import DynamoSummaryStore
from nps_core.observability import logger, metrics
from rollup.service import Rollup, total


class Deps(NamedTuple):
    rollup: Rollup
    quarantine: DynamoQuarantine


@cache
def deps() -> Deps:
    """Build the adapters once per container, on first use, so importing has no side effect."""
    settings = RollupSettings.load()
    table = settings.state_table
    ledgers, summaries = DynamoLedgerStore(dynamodb(), table), DynamoSummaryStore(dynamodb(), table)
    rollup = Rollup(ledgers, summaries, settings.window_days)
    return Deps(rollup, DynamoQuarantine(dynamodb(), table))


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Apply one batch of stream records; see the module for retries and failures.

    Lambda reads `batchItemFailures`; `setAside` tells an operator who feeds records again.
    """
    now = clock.now()
    rollup = deps().rollup
    reports, bad = apply_records(event, lambda changes: rollup.apply(changes, now))
    report = total(reports)
    quarantined = keep_bad_records(deps().quarantine, bad, now)
    metrics.add_metric("VotesApplied", MetricUnit.Count, report.votes)
    metrics.add_metric("Quarantined", MetricUnit.Count, quarantined)
    logger.info("rollup finished", extra={**report.as_log(), "quarantined": quarantined})
    return {"batchItemFailures": [], "setAside": len(bad)}
