"""Run every test in full, with coverage, and record the result in docs/soak.md.

`make soak` calls it. It first counts the tests that pytest collects; a run that skips or omits one
of them has failed.
"""

import os
import platform
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT / "docs" / "soak.md"
IN_FULL = {"NPS_SOAK": "1", "CI": "true", "PYTEST_ADDOPTS": ""}
"""In CI a test without a required program fails instead of being skipped. Options of the shell
could leave out tests, or the coverage."""
UNKNOWN = "unknown"

_COLLECTED = re.compile(r"^(?:=+ )?(\d+) tests? collected in ", re.M)
_SUMMARY = re.compile(r"^=+ (.+) in [\d.]+s(?: \([\d:]+\))? =+$", re.M)
_OUTCOME = re.compile(r"(\d+) ([a-z]+)")
_COVERAGE = re.compile(r"Total coverage: ([\d.]+)%")

Run = Callable[[list[str]], tuple[int, str]]
"""Runs a command; returns its exit status and output."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a soak."""

    collected: int
    passed: int
    failed: int
    coverage: str
    status: int

    @classmethod
    def of(cls, collected: int, status: int, output: str) -> "Outcome":
        """Parse the output of one or several runs of pytest."""
        counts: Counter[str] = Counter()
        for summary in _SUMMARY.findall(output):
            for number, word in _OUTCOME.findall(summary):
                counts[word.removesuffix("s")] += int(number)
        reached = _COVERAGE.findall(output)
        return cls(
            collected,
            counts["passed"],
            counts["failed"] + counts["error"],
            f"{reached[-1]} %" if reached else UNKNOWN,
            status,
        )

    @property
    def not_run(self) -> int:
        """Tests that neither passed nor failed: skipped, deselected, or never reached."""
        return max(0, self.collected - self.passed - self.failed)

    @property
    def good(self) -> bool:
        """Whether every test ran and passed, and the coverage is high enough."""
        is_measured = self.coverage != UNKNOWN
        return self.status == 0 and is_measured and 0 < self.collected == self.passed


NOTHING = Outcome(collected=0, passed=0, failed=0, coverage=UNKNOWN, status=1)


def soak(run: Run) -> Outcome:
    """Count the tests, then run them; `make coverage` fails below the threshold."""
    status, listed = run([sys.executable, "-m", "pytest", "--collect-only", "-q", "tests"])
    collected = _COLLECTED.search(listed)
    if status or collected is None:
        return NOTHING
    return Outcome.of(int(collected[1]), *run(["make", "coverage"]))


def row(outcome: Outcome, commit: str, began: datetime, seconds: float) -> str:
    """The line of docs/soak.md."""
    cells = (
        f"{began:%Y-%m-%d %H:%M}",
        commit,
        f"{platform.python_version()}, {os.cpu_count()} cores",
        f"{outcome.collected:,} tests in full",
        f"{outcome.passed:,}",
        f"{outcome.failed:,}",
        f"{outcome.not_run:,}",
        f"{seconds:,.0f}",
        outcome.coverage,
        "passed" if outcome.good else "**failed**",
    )
    return f"| {' | '.join(cells)} |\n"


def commit_of(run: Run) -> str:
    """The tested commit, and whether the checkout differs from it (except for the record)."""
    _, commit = run(["git", "rev-parse", "--short=10", "HEAD"])
    changed, _ = run(["git", "diff", "--quiet", "HEAD", "--", ".", ":!docs/soak.md"])
    return f"{commit.strip()}{' and changes' if changed else ''}"


def printing(command: list[str]) -> tuple[int, str]:
    """Run a command in the checkout, every test in full, and stream its output."""
    environment = {**os.environ, **IN_FULL}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        output = "".join(_printed(process.stdout or ()))
    return process.returncode, output


def _printed(lines: Iterable[str]) -> Iterable[str]:
    for line in lines:
        print(line, end="", flush=True)
        yield line


def recorded(run: Run, record: Path) -> Outcome:
    """Soak, and always add a line to the record, also after an error."""
    began, start, commit = datetime.now(UTC), time.monotonic(), commit_of(run)
    outcome = NOTHING
    try:
        outcome = soak(run)
    finally:
        line = row(outcome, commit, began, time.monotonic() - start)
        with record.open("a") as file:
            file.write(line)
        print(line, end="")
    return outcome


if __name__ == "__main__":
    sys.exit(0 if recorded(printing, RECORD).good else 1)
