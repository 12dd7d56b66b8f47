"""Rehearse a restore on DynamoDB Local: both tables lost, put back while webhooks arrive.

    .venv/bin/python bench/restore.py [NUMBER]

NUMBER answers (20,000 if left out) and about as many items of StateTable. Fails if anything is
lost, older than what arrived, about to be mailed, or counted otherwise than a recompute counts it.
"""

import os
import sys
import time
from collections.abc import Callable
from typing import TypeVar

from nps_core import clock
from nps_testing.factories import NOW
from nps_testing.stacks import dynamodb_local_server, environment
from nps_testing.stacks.operator import deployed
from nps_testing.worlds.restored import Rehearsal, create_backups

NUMBER = 20_000
T = TypeVar("T")


def main(number: int) -> int:
    os.environ.update(environment.AWS)
    os.environ.update(environment.FUNCTION)
    clock.now = lambda: NOW
    with dynamodb_local_server.running() as endpoint:
        os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = endpoint
        with deployed() as stack:
            stack.start_consumers()
            create_backups()
            rehearsal = Rehearsal.prepare(stack, number)
            rows = _timed("restore while webhooks arrive", rehearsal.meanwhile)
            for row in rows:
                print(
                    f"  {row['kind']:10} {row['result']:10} {row['items']:7,}  {row['why'] or ''}"
                )
            again = _timed("restore again", rehearsal.restore)
            _timed("stream", rehearsal.follow)
            wrong = rehearsal.differences()
    wrong += [f"again: {row}" for row in again if row["result"] == "copied"]
    print(f"{number:,} answers, {len(rehearsal.webhooks.changes):,} webhooks: {len(wrong)} wrong")
    for line in wrong[:20]:
        print(" ", line)
    return 1 if wrong else 0


def _timed(name: str, act: Callable[[], T]) -> T:
    began = time.monotonic()
    result = act()
    print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
    return result


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else NUMBER))
