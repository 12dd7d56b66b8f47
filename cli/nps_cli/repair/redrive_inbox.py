"""Inbox: sends the messages of the dead-letter queue to the inbox again."""

import time
from typing import Any

from nps_cli.repair.redrive_result import RedriveResult
from nps_cli.shell.errors import explain
from nps_cli.shell.progress import track
from nps_cli.shell.stack import Stack
from nps_core.aws.clients import store_errors
from nps_core.errors import StoreUnavailable

_AT_ONCE = 10  # the most that SQS returns
_LOOK_S = 1  # long polling asks all of the queue's servers
_PATIENCE_S = 20.0
_HIDDEN = "another reader has it; repeat in a minute"


def redrive_inbox(stack: Stack, result: RedriveResult, *, dry_run: bool) -> None:
    """Send each message to the inbox, then delete it: a crash in between duplicates it harmlessly.

    Stops after as many messages as there were at the start: one that fails again comes back.
    """
    client = stack.deployment.client("sqs")
    dead, inbox = stack.deployment.output("InboxDlqUrl"), stack.deployment.output("InboxQueueUrl")
    waiting = _waiting(client, dead)
    if dry_run:
        result.redriven = waiting
        return
    for message in track(_messages(client, dead, waiting), "messages", waiting):
        try:
            with store_errors("SendMessage"):
                client.send_message(QueueUrl=inbox, MessageBody=message["Body"])
            with store_errors("DeleteMessage"):
                client.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])
        except StoreUnavailable as exc:
            result.failed[explain(exc)] += 1
            continue
        result.redriven += 1
    if missed := waiting - result.redriven - result.failed.total():
        result.left[_HIDDEN] += missed


def _waiting(client: Any, queue: str) -> int:
    name = "ApproximateNumberOfMessages"
    with store_errors("GetQueueAttributes"):
        reply = client.get_queue_attributes(QueueUrl=queue, AttributeNames=[name])
    return int(reply["Attributes"][name])


def _messages(client: Any, queue: str, wanted: int) -> Any:
    """Yield that many messages; fewer if none arrives for a while."""
    deadline = time.monotonic() + _PATIENCE_S
    while wanted > 0 and time.monotonic() < deadline:
        with store_errors("ReceiveMessage"):
            reply = client.receive_message(
                QueueUrl=queue,
                MaxNumberOfMessages=min(wanted, _AT_ONCE),
                WaitTimeSeconds=_LOOK_S,
            )
        for message in reply.get("Messages", []):
            wanted -= 1
            deadline = time.monotonic() + _PATIENCE_S
            yield message
