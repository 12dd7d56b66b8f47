"""`make bench`: measures every figure that is compared between versions."""

import subprocess
import sys
from pathlib import Path

PROGRAMS = ("sync.py", "visible.py", "imports.py", "cli_start.py", "write_units.py")


def main() -> None:
    """Run each benchmark in its own process, so that none warms up another."""
    programs = [Path(__file__).with_name(name) for name in PROGRAMS]
    codes = [subprocess.run([sys.executable, one], check=False).returncode for one in programs]
    sys.exit(max(map(abs, codes)))


if __name__ == "__main__":
    main()
