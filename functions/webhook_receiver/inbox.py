"""Inbox consumer: verified webhooks that DynamoDB refused at first.

Trigger: the inbox queue, at least once. Messages are independent: SQS brings one that fails again
every three minutes for a day, then it goes to the dead-letter queue, kept 14 days; the rest of the
batch is done. A message that fails for good is quarantined at once. A repeat writes nothing.
"""

from datetime import datetime
from functools import cache
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from nps_core import clock
from nps_core.answers.inbox import from_message
from nps_core.config import InboxSettings
from nps_core.errors import PayloadError, TransientError
from nps_core.observability import logger, metrics
from webhook_receiver import wiring
from webhook_receiver.service import Result, VerifiedStores, store


@cache
def deps() -> VerifiedStores:
    """Build the adapters once per container, on first use, so importing has no side effect."""
    return wiring.stores(InboxSettings.load())


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """Store every message of the batch. Returns the messages to deliver again."""
    failed: list[dict[str, str]] = []
    stores = deps()
    for record in event["Records"]:
        try:
            result = _store(record["body"], stores, clock.now())
        except TransientError:
            failed.append({"itemIdentifier": record["messageId"]})
            continue
        name = "Quarantined" if result == "quarantined" else "WebhookAccepted"
        metrics.add_metric(name, MetricUnit.Count, 1)
        logger.info("inbox", extra={"result": result})
    return {"batchItemFailures": failed}


def _store(message: str, stores: VerifiedStores, now: datetime) -> Result:
    """Store a message, or quarantine it. Raises TransientError if both fail."""
    try:
        body = from_message(message)
    except PayloadError as exc:
        stores.quarantine.add(message, exc.reason, exc.detail, "inbox", "", now)
        return "quarantined"
    try:
        return store(body, stores, now)
    except TransientError:
        raise
    except Exception as exc:  # a defect met by one message must not stop the others
        raw, detail = body.decode("utf-8", "backslashreplace"), type(exc).__name__
        stores.quarantine.add(raw, "webhook_fails", detail, "webhook", "", now)
        return "quarantined"
