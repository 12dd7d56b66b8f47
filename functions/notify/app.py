"""Stream consumer: low scores become tasks and outbox mails.

Trigger: ResponsesTable's stream, at least once. A retry decides again and writes nothing twice. An
unavailable dependency raises, so Lambda repeats the batch for up to 20 hours; then it goes to the
failed-batches bucket. A record that is no answer, or that fails for good, is quarantined and
counted, so that it holds up nothing.
"""

from datetime import timedelta
from functools import cache
from typing import Any, NamedTuple

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from notify.service import Notify, total
from nps_core import clock
from nps_core.answers.dynamo import DynamoAnswerStore
from nps_core.answers.quarantine import DynamoQuarantine
from nps_core.answers.stream import apply_records, keep_bad_records
from nps_core.aws.clients import dynamodb
from nps_core.config import NotifySettings
from nps_core.connections.profile import DynamoProfiles
from nps_core.customers.directory import DynamoDirectory
from nps_core.customers.owners import OwnerPolicy
from nps_core.follow_up.dynamo import DynamoFollowUp
from nps_core.observability import logger, metrics


class Deps(NamedTuple):
    notify: Notify
    quarantine: DynamoQuarantine


@cache
def deps() -> Deps:
    """Build the adapters once per container, on first use, so importing has no side effect."""
    settings, client = NotifySettings.load(), dynamodb()
    notify = Notify(
        DynamoAnswerStore(client, settings.responses_table),
        DynamoFollowUp(client, settings.state_table),
        DynamoProfiles(client, settings.state_table),
        DynamoDirectory(client, settings.state_table).owner_of,
        OwnerPolicy.of(settings.fallback_owner, settings.recipient_domains),
        timedelta(seconds=settings.settle_seconds),
    )
    return Deps(notify, DynamoQuarantine(client, settings.state_table))


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Decide about one batch of stream records; see the module for retries and failures.

    Lambda reads `batchItemFailures`; `setAside` tells an operator who feeds records again.
    """
    now = clock.now()
    notify = deps().notify
    reports, bad = apply_records(event, lambda changes: notify.apply(changes, now))
    report = total(reports)
    quarantined = keep_bad_records(deps().quarantine, bad, now)
    metrics.add_metric("TasksOpened", MetricUnit.Count, report.opened)
    metrics.add_metric("AlertsSuppressed", MetricUnit.Count, report.suppressed)
    metrics.add_metric("Quarantined", MetricUnit.Count, quarantined)
    logger.info("notify finished", extra={**report.as_log(), "quarantined": quarantined})
    return {"batchItemFailures": [], "setAside": len(bad)}
