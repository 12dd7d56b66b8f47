"""Scheduled delivery: outbox mails that are due go out through SES.

Trigger: EventBridge Scheduler, every minute. A failed tick is not repeated: the next one finds the
same mails due. Ticks may overlap: a fenced claim gives each mail to one of them. Returns how many
mails ended in which way.
"""

from functools import cache
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from deliver.service import Deliver
from nps_core import clock
from nps_core.answers.dynamo import DynamoAnswerStore
from nps_core.aws.clients import dynamodb, ses
from nps_core.config import DeliverSettings
from nps_core.connections.profile import DynamoProfiles
from nps_core.follow_up.dynamo import DynamoFollowUp
from nps_core.mails.kind import Stores
from nps_core.numbers.dynamo_ledgers import DynamoLedgerStore
from nps_core.numbers.dynamo_summaries import DynamoSummaryStore
from nps_core.observability import logger, metrics
from nps_core.outbox.ses import SesMailer

_RESERVE_MS = 30_000  # one mail may take SES's 15 s and a few writes


@cache
def deps() -> Deliver:
    """Build the adapters once per container, on first use, so importing has no side effect."""
    settings, client = DeliverSettings.load(), dynamodb()
    stores = Stores(
        answers=DynamoAnswerStore(client, settings.responses_table),
        follow_up=DynamoFollowUp(client, settings.state_table),
        profiles=DynamoProfiles(client, settings.state_table),
        ledgers=DynamoLedgerStore(client, settings.state_table),
        summaries=DynamoSummaryStore(client, settings.state_table).everything,
        window_days=settings.window_days,
    )
    mailer = SesMailer(ses(), settings.sender, settings.configuration_set)
    return Deliver(stores, mailer)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Send what is due; see the module for repeats and failures."""
    results = deps().tick(clock.now(), lambda: context.get_remaining_time_in_millis() > _RESERVE_MS)
    # A held mail is not lost, but SES refuses this account until a person acts.
    failed = results["failed"] + results["held"]
    metrics.add_metric("MailSent", MetricUnit.Count, results["sent"])
    metrics.add_metric("MailFailed", MetricUnit.Count, failed)
    metrics.add_metric("MailUnknown", MetricUnit.Count, results["unknown"])
    report = {str(result): count for result, count in results.items()}
    logger.info("deliver finished", extra=report)
    return report
