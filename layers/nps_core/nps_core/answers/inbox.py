"""Inbox queue: verified webhook bodies that DynamoDB refused, kept until it takes them."""

import base64
from typing import TYPE_CHECKING

from nps_core.aws.clients import store_errors
from nps_core.errors import PayloadError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsInbox:
    """Writes to the inbox queue."""

    def __init__(self, client: "SQSClient", queue_url: str) -> None:
        """Bind to the queue."""
        self._client, self._queue_url = client, queue_url

    def put(self, body: bytes) -> None:
        """Keep the raw body durably. Raises StoreUnavailable when SQS refuses as well."""
        with store_errors("SendMessage"):
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=to_message(body))


def to_message(body: bytes) -> str:
    """Wrap raw bytes as text: SQS takes only some Unicode characters."""
    return base64.b64encode(body).decode()


def from_message(text: str) -> bytes:
    """Inverse of `to_message`. Raises PayloadError for a message that is not ours."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as exc:
        raise PayloadError("not_from_the_inbox", "the message is not base64") from exc
