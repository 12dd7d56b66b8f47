"""Webhook front door: receives answers and declines as they happen.

Trigger: HTTP API, POST /webhook, once per delivery; Wootric may repeat, reorder and drop. A repeat
writes nothing. Returns 200 after one durable write (an unreadable body with a valid signature is
quarantined, which is a durable write), 401 for a missing, malformed or wrong signature, 413 above
64 KB, and 503 with Retry-After only if nothing durable was written.
"""

from functools import cache
from typing import Any, NamedTuple

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from nps_core import clock
from nps_core.answers.inbox import SqsInbox
from nps_core.aws.clients import secrets_manager, sqs
from nps_core.config import WebhookSettings
from nps_core.connections.secret_store import SecretStore
from nps_core.observability import logger, metrics
from webhook_receiver import wiring
from webhook_receiver.http_event import Request, reply
from webhook_receiver.service import Result, Stores, receive

_STATUS: dict[Result, int] = {"too_large": 413, "rejected": 401, "refused": 503}
_METRIC: dict[Result, str] = {
    "rejected": "WebhookRejected",
    **dict.fromkeys(("too_large", "refused"), "WebhookRefused"),
    "quarantined": "Quarantined",
    "inboxed": "WebhookInboxed",
}


class Deps(NamedTuple):
    secrets: SecretStore
    stores: Stores


@cache
def deps() -> Deps:
    """Build the adapters once per container, on first use, so importing has no side effect."""
    settings = WebhookSettings.load()
    inbox = SqsInbox(sqs(), settings.inbox_queue_url)
    secrets = SecretStore(secrets_manager(), settings.secret_arn)
    return Deps(secrets, Stores(wiring.stores(settings), inbox))


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Handle one delivery; see the module for the status codes."""
    request = Request.from_event(event)
    result = receive(request.body, request.signature, *deps(), clock.now())
    metrics.add_metric(_METRIC.get(result, "WebhookAccepted"), MetricUnit.Count, 1)
    logger.info("webhook", extra={"result": result, "bytes": len(request.body)})
    status = _STATUS.get(result, 200)
    return reply(status, retry_after_s=30 if status == 503 else None)
