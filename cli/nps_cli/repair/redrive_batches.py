"""Failed stream batches: each is sent to its function again."""

import json
from typing import Any

from nps_cli.repair.consumers import Consumer, Consumers, as_event
from nps_cli.repair.redrive_result import RedriveResult
from nps_cli.shell.errors import explain
from nps_cli.shell.progress import track
from nps_cli.shell.stack import Stack
from nps_core.aws.clients import store_errors
from nps_core.errors import NpsError, PermanentError

_PREFIX = "aws/lambda/"
_NO_CONSUMER = (
    "its mapping no longer belongs to a function: `nps replay` its time, then delete the object"
)
_NO_BATCH = "the object is not a batch of records"


class NotRedriven(PermanentError):
    """The object stays; the message says why."""


def redrive_batches(stack: Stack, result: RedriveResult, *, dry_run: bool) -> None:
    """Invoke with every batch, then delete its object; an object stays if the function fails."""
    client, bucket = (
        stack.deployment.client("s3"),
        stack.deployment.output("FailedBatchesBucketName"),
    )
    keys = _keys(client, bucket)
    if not keys:
        return
    consumers = Consumers(stack)
    mappings = consumers.mappings()
    for key in track(keys, "batches", len(keys)):
        try:
            consumer, event = _read(client, bucket, key, mappings)
            if not dry_run:
                consumers.feed(consumer, event)
                with store_errors("DeleteObject"):
                    client.delete_object(Bucket=bucket, Key=key)
        except NpsError as exc:
            result.failed[explain(exc)] += 1
        else:
            result.redriven += 1


def _keys(client: Any, bucket: str) -> list[str]:
    """Return all keys; the objects expire after 14 days, so they are few."""
    with store_errors("ListObjectsV2"):
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=_PREFIX)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]


def _read(
    client: Any, bucket: str, key: str, mappings: dict[str, Consumer]
) -> tuple[Consumer, bytes]:
    """Return the consumer and the event of a batch. Raises NotRedriven and StoreUnavailable."""
    consumer = mappings.get(key.removeprefix(_PREFIX).partition("/")[0])
    if consumer is None:
        raise NotRedriven(_NO_CONSUMER)
    with store_errors("GetObject"):
        body = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    return consumer, event_of(body)


def event_of(body: bytes) -> bytes:
    """Return the event in an object written by Lambda: under `payload`, as text or as JSON.

    Raises:
        NotRedriven: there is none.
    """
    try:
        payload = json.loads(body)["payload"]
        records = (json.loads(payload) if isinstance(payload, str) else payload)["Records"]
    except (ValueError, TypeError, KeyError, RecursionError):
        records = None
    if not isinstance(records, list):
        raise NotRedriven(_NO_BATCH)
    return as_event(records)
