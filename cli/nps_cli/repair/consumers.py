"""The two functions that read the stream of answers, invoked as the stream would."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from nps_cli.shell.stack import Stack
from nps_core.answers.models import Answer
from nps_core.errors import TransientError

Consumer = Literal["rollup", "notify"]
CONSUMERS: tuple[Consumer, ...] = ("rollup", "notify")
_OUTPUTS = {"rollup": "RollupFunctionName", "notify": "NotifyFunctionName"}
_LONGEST_S = 70  # both may take 60 s
_MOST_BYTES = 5_000_000  # Lambda takes 6 MB


class ConsumerFailed(TransientError):
    """A consumer raised or was stopped; the message names it and its log group."""


class Consumers:
    """Invokes the consumers of a stack. Both are idempotent, so a retry or a repeat is harmless."""

    def __init__(self, stack: Stack) -> None:
        self._deployment = stack.deployment
        self._client = stack.deployment.client("lambda", read_timeout_s=_LONGEST_S)

    def function_name(self, consumer: Consumer) -> str:
        return self._deployment.output(_OUTPUTS[consumer])

    def mappings(self) -> dict[str, Consumer]:
        """Return the consumer of each event source mapping, by the mapping's id."""
        consumers: dict[str, Consumer] = {}
        pages = self._client.get_paginator("list_event_source_mappings")
        for consumer in CONSUMERS:
            for page in pages.paginate(FunctionName=self.function_name(consumer)):
                consumers |= {mapping["UUID"]: consumer for mapping in page["EventSourceMappings"]}
        return consumers

    def feed(self, consumer: Consumer, event: bytes) -> int:
        """Invoke and wait. Returns the number of records that the consumer quarantined.

        Raises:
            ConsumerFailed: with the type of its error only; its message may name people.
            StoreUnavailable: Lambda failed.
        """
        from nps_core.aws.clients import store_errors

        with store_errors(f"Invoke {consumer}"):
            reply = self._client.invoke(FunctionName=self.function_name(consumer), Payload=event)
            body = reply["Payload"].read()
        if reply.get("FunctionError"):
            group = f"/aws/lambda/{self._deployment.stack_name}-{consumer}"
            raise ConsumerFailed(f"{consumer} failed with {_error_type(body)}, see {group}")
        return _set_aside(body)


def events(answers: Sequence[Answer]) -> Iterator[bytes]:
    """Yield the answers in order as INSERT events of the stream, within Lambda's size limit."""
    from nps_core.answers.dynamo import to_item
    from nps_core.aws.items import to_wire

    records = [
        {"eventName": "INSERT", "dynamodb": {"NewImage": to_wire(to_item(answer))}}
        for answer in answers
    ]
    event = as_event(records)
    if len(event) <= _MOST_BYTES or len(answers) < 2:
        yield event
        return
    half = len(answers) // 2
    yield from events(answers[:half])
    yield from events(answers[half:])


def as_event(records: Sequence[Any]) -> bytes:
    """Return stream records as the payload of an invocation."""
    return json.dumps({"Records": records}, ensure_ascii=False).encode()


def _set_aside(body: bytes) -> int:
    """Read the reply; a version that tells no number sets nothing aside that it can read."""
    try:
        reply = json.loads(body)
    except ValueError:
        return 0
    number = reply.get("setAside") if isinstance(reply, dict) else None
    return number if isinstance(number, int) else 0


def _error_type(body: bytes) -> str:
    try:
        reply = json.loads(body)
    except ValueError:
        reply = None
    named = reply.get("errorType") if isinstance(reply, dict) else None
    return str(named or "an unknown error")
