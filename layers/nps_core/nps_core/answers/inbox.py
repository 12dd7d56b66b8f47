"""Inbox queue: verified webhook bodies that DynamoDB refused, kept until a retry stores them."""

import base64
from typing import TYPE_CHECKING

from nps_core.aws.clients import store_errors
from nps_core.errors import PayloadError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsInbox:
    def __init__(self, client: "SQSClient", queue_url: str) -> None:
        self._client, self._queue_url = client, queue_url

    def put(self, body: bytes) -> None:
        with store_errors("SendMessage"):
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=to_message(body))


def to_message(body: bytes) -> str:
    """Encode raw bytes as text: SQS accepts only some Unicode characters."""
    return base64.b64encode(body).decode()


def from_message(text: str) -> bytes:
    """Inverse of `to_message`. Raises PayloadError if `to_message` cannot have written it."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as exc:
        raise PayloadError("not_from_the_inbox", "the message is not base64") from exc
