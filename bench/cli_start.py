"""`nps --help` over `sam --help`, in one run: the start-up time of every command.

Fresh processes, interleaved, so that a busy machine slows both; the ratio is a median of pairs.
"""

import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

RUNS = 15
LIMIT = 1.5
PROGRAMS = Path(sys.executable).parent


class Seconds(NamedTuple):
    """The time of one start."""

    wall: float
    cpu: float


def main() -> None:
    """Measure, print both ratios, and fail when one is above the limit."""
    for program in ("nps", "sam"):
        _start(program)  # writes the byte code
    pairs = [(_start("nps"), _start("sam")) for _ in range(RUNS)]
    print(f"nps --help over sam --help (median of {RUNS} pairs, at most {LIMIT})")
    wall = _ratio("wall", [(nps.wall, sam.wall) for nps, sam in pairs])
    cpu = _ratio("CPU", [(nps.cpu, sam.cpu) for nps, sam in pairs])
    if max(wall, cpu) > LIMIT:
        sys.exit(1)


def _ratio(name: str, pairs: list[tuple[float, float]]) -> float:
    ratio = statistics.median(nps / sam for nps, sam in pairs)
    nps, sam = (statistics.median(times) for times in zip(*pairs, strict=True))
    print(f"  {name:8} {ratio:.2f}  ({nps * 1000:.0f} ms, {sam * 1000:.0f} ms)")
    return ratio


def _start(program: str) -> Seconds:
    """Run a program of this environment with `--help`."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([PROGRAMS / program, "--help"], check=True, capture_output=True)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)
    return Seconds(wall, cpu)


if __name__ == "__main__":
    main()
