"""Quarantine: stores the payloads that this version understands."""

from nps_cli.repair.consumers import CONSUMERS, ConsumerFailed, Consumers, as_event
from nps_cli.repair.ingest import ingest_of
from nps_cli.repair.redrive_result import RedriveResult
from nps_cli.repair.reparse import Record, reparse
from nps_cli.shell.errors import explain
from nps_cli.shell.progress import track
from nps_cli.shell.stack import Stack
from nps_core.answers.models import Incoming
from nps_core.aws.items import Item
from nps_core.errors import PayloadError, PermanentError, TransientError

_UNREADABLE = "its record cannot be read by this version"


def redrive_quarantine(stack: Stack, result: RedriveResult, *, dry_run: bool) -> None:
    """Store each payload that is understood now, then delete it from the quarantine."""

    def skip(_item: Item) -> None:
        result.left[_UNREADABLE] += 1

    for payload in track(stack.quarantine.everything(skip), "quarantine"):
        try:
            incoming = reparse(payload)
        except PayloadError as exc:
            result.left[str(exc)] += 1
            continue
        if not dry_run:
            try:
                _store(stack, incoming)
                stack.quarantine.remove(payload.key)
            except (TransientError, PermanentError) as exc:
                result.failed[explain(exc)] += 1
                continue
        result.redriven += 1


def _store(stack: Stack, incoming: Incoming | Record) -> None:
    """Store an answer. A stream record belongs to a stored one, so it goes to the consumers.

    Raises ConsumerFailed if one of them sets it aside again: it must stay in quarantine.
    """
    if isinstance(incoming, Incoming):
        ingest_of(stack, stack.directory).one(incoming, stack.now)
        return
    consumers = Consumers(stack)
    for consumer in CONSUMERS:
        if consumers.feed(consumer, as_event([incoming])):
            raise ConsumerFailed(f"{consumer} still cannot handle the record")
