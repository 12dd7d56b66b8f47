"""Import time of each handler over that of boto3 with a DynamoDB client, in one run.

Fresh processes, interleaved, medians of `RUNS`: a cold start adds this time.
"""

import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUNS = 7
BASELINE = "import boto3; boto3.client('dynamodb', region_name='us-east-1')"
HANDLERS = {
    "webhook": "webhook_receiver.app",
    "inbox": "webhook_receiver.inbox",
    "sync": "sync_wootric.app",
    "rollup": "rollup.app",
    "notify": "notify.app",
    "deliver": "deliver.app",
}


def main() -> None:
    """Measure and print one line per handler."""
    programs = {"baseline": BASELINE} | {
        name: f"import {module}" for name, module in HANDLERS.items()
    }
    times: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(RUNS):
        for name, program in programs.items():
            times[name].append(_seconds(program))
    base = statistics.median(times.pop("baseline"))
    print(
        f"import time (median of {RUNS}; boto3 with a DynamoDB client: {base * 1000:.0f} ms = 1.00)"
    )
    for name, seconds in times.items():
        print(f"  {name:8} {statistics.median(seconds) / base:.2f}")


def _seconds(program: str) -> float:
    timed = (
        f"import time; start = time.perf_counter()\n{program}\nprint(time.perf_counter() - start)"
    )
    path = os.pathsep.join(str(ROOT / folder) for folder in ("functions", "layers/nps_core"))
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": path, "HOME": os.environ.get("HOME", "/")}
    done = subprocess.run(
        [sys.executable, "-c", timed], env=env, capture_output=True, text=True, check=True
    )
    return float(done.stdout)


if __name__ == "__main__":
    main()
