"""The operator's command line, as a program, against a running local stack."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from nps_local import checkout

_SOURCES = ("functions", "layers/nps_core", "local", "cli")


def nps(data: Path, *arguments: str) -> Any:
    """Run `nps --local --json ...` and return its output. Raises on a non-zero exit status."""
    path = os.pathsep.join(str(checkout.ROOT / source) for source in _SOURCES)
    done = subprocess.run(
        [sys.executable, "-m", "nps_cli", "--local", "--json", "--data", str(data), *arguments],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
