"""Stream consumer: low scores become tasks and outbox mails.

Trigger: ResponsesTable's stream, at least once. A retry decides again and writes nothing twice. An
unavailable dependency raises, so Lambda retries and bisects the whole batch; after eight retries
the batch goes to the failed-batches bucket with its records. A record that is not an answer is
quarantined and counted, so that it cannot block its shard.
"""

from datetime import timedelta
from functools import cache
from typing import Any, NamedTuple

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from notify.service import Notify
from nps_core import clock
from nps_core.answers.dynamo import DynamoAnswerStore
from nps_core.answers.quarantine import DynamoQuarantine
from nps_core.answers.stream import keep_bad_records, read_records
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
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, list[Any]]:
    """Decide about one batch of stream records; see the module for retries and failures."""
    now = clock.now()
    changes, bad = read_records(event)
    report = deps().notify.apply(changes, now)
    quarantined = keep_bad_records(deps().quarantine, bad, now)
    metrics.add_metric("TasksOpened", MetricUnit.Count, report.opened)
    metrics.add_metric("AlertsSuppressed", MetricUnit.Count, report.suppressed)
    metrics.add_metric("Quarantined", MetricUnit.Count, quarantined)
    logger.info("notify finished", extra={**report.as_log(), "quarantined": quarantined})
    return {"batchItemFailures": []}
