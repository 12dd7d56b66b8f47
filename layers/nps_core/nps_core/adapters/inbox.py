"""Inbox queue: verified webhook bodies that DynamoDB refused, kept until it takes them."""

import base64
import json
from datetime import datetime
from typing import TYPE_CHECKING

from nps_core.adapters.aws import store_errors
from nps_core.times import from_iso, iso

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsInbox:
    """Writes to the inbox queue."""

    def __init__(self, client: "SQSClient", queue_url: str) -> None:
        """Bind to the queue."""
        self._client, self._queue_url = client, queue_url

    def put(self, body: bytes, received_at: datetime) -> None:
        """Keep the raw body durably. Raises StoreUnavailable when SQS refuses as well."""
        with store_errors("SendMessage"):
            self._client.send_message(
                QueueUrl=self._queue_url, MessageBody=to_message(body, received_at)
            )


def to_message(body: bytes, received_at: datetime) -> str:
    """Wrap raw bytes as text: SQS takes only some Unicode characters."""
    return json.dumps({"body": base64.b64encode(body).decode(), "received_at": iso(received_at)})


def from_message(text: str) -> tuple[bytes, datetime]:
    """Inverse of `to_message`."""
    message = json.loads(text)
    return base64.b64decode(message["body"]), from_iso(message["received_at"])
