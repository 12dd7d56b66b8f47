"""Lost answers (none) and requests of the sync: each figure beside its bar, in one run.

The real client and sync use the bundled fake over real HTTP; only waiting is simulated, so
a first read of 20,000 answers (about six minutes at 80 requests a minute) takes seconds. Stores
are in memory: `write_units.py` measures DynamoDB. Exit status 1 if a bar is missed.
"""

import logging
import sys
import time
from collections.abc import Iterable

import sync_bursts
import sync_changes
import sync_costs
import sync_days
import sync_reads
from sync_table import Row, heading, line


def rows() -> Iterable[Row]:
    """Measure one row after the other."""
    yield from sync_reads.rows()
    yield from sync_bursts.rows()
    yield from sync_changes.rows()
    yield from sync_costs.rows()
    yield from sync_days.rows()


def main() -> None:
    """Print the table."""
    logging.disable(logging.WARNING)  # the benchmark causes gaps on purpose
    began = time.monotonic()
    print(heading())
    missed = 0
    for row in rows():
        missed += row.holds is False
        print(line(row), flush=True)
    print(f"\n{missed} missed, {time.monotonic() - began:.0f} s")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
