"""Retries quarantine, inbox and batches in turn; a kind that fails does not stop the next."""

from collections.abc import Sequence

from nps_cli.repair.redrive_batches import redrive_batches
from nps_cli.repair.redrive_inbox import redrive_inbox
from nps_cli.repair.redrive_quarantine import redrive_quarantine
from nps_cli.repair.redrive_result import RedriveResult
from nps_cli.shell.errors import explain, translated
from nps_cli.shell.stack import Stack

_REDRIVE = {
    "quarantine": redrive_quarantine,
    "inbox": redrive_inbox,
    "batches": redrive_batches,
}


def redrive(stack: Stack, kinds: Sequence[str], *, dry_run: bool) -> list[RedriveResult]:
    results = [RedriveResult(kind) for kind in kinds]
    for result in results:
        try:
            _REDRIVE[result.what](stack, result, dry_run=dry_run)
        except translated() as exc:
            result.failed[explain(exc)] += 1
    return results
