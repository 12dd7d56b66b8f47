"""`make demo`: the whole loop on this machine, ending with a comparison that can fail.

Starts a local stack with the bundled fake Wootric, backfills 180 days over real HTTP, takes signed
webhooks in both formats (new answers, edits, replays, a forged one), delivers what is due, prints
what the operator would see, and compares every account's number with a recompute from the source.
Exit status 0 only if all agree.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from rich.console import Console
from rich.table import Table

from nps_local import checkout
from nps_local.clock import control
from nps_local.control import admin_client, mails, schedules
from nps_local.demo import events
from nps_local.demo.recompute import accounts, differences
from nps_local.machine.discovery import RunningStack
from nps_local.options import FakeData, UpOptions
from nps_local.stack.local_stack import LocalStack

WINDOW_DAYS = 180
OUT = checkout.ROOT / "demo-out"
_TIMEOUT_S = 120.0
_TICKS = 40
_WIDTH = 120


@dataclass
class Demo:
    """One run; `failures` collects the checks that failed."""

    stack: RunningStack
    console: Console
    failures: list[str] = field(default_factory=list)

    def step(self, text: str) -> None:
        self.console.print(f"\n[bold]{text}[/bold]")

    def check(self, holds: bool, what: str) -> None:
        """Print the result of a check and record a failure."""
        self.console.print(f"  {'ok  ' if holds else 'FAIL'} {what}")
        if not holds:
            self.failures.append(what)

    def fire(self, schedule: str) -> dict[str, Any]:
        """Run a schedule's target and wait until the consumers have handled the consequences."""
        report: dict[str, Any] = schedules.fire(self.stack, schedule)
        left = admin_client.wait_until_handled(self.stack, _TIMEOUT_S)
        if left:
            self.check(False, f"{schedule}: not handled: {'; '.join(left)}")
        return report

    def cli(self, *arguments: str) -> None:
        """Run the operator's command and show its output."""
        shown = " ".join(arguments)
        self.console.print(f"\n$ nps --local {shown}", markup=False, style="bold")
        subprocess.run(
            [sys.executable, "-m", "nps_cli", "--local", *arguments, "--data", self.stack.data],
            check=True,
            env={**os.environ, "COLUMNS": str(self.console.width)},
        )

    def cli_json(self, *arguments: str) -> Any:
        command = [sys.executable, "-m", "nps_cli", "--local", "--json", *arguments]
        done = subprocess.run(
            [*command, "--data", self.stack.data], check=True, capture_output=True, text=True
        )
        return json.loads(done.stdout)


def main() -> int:
    # A file or a pipe has no width of its own: choose one that is easy to read.
    has_width = sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdecimal()
    console = Console(highlight=False, width=None if has_width else _WIDTH)
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="nps-demo-"))
    local = LocalStack(UpOptions(data=folder, fake=FakeData()))
    try:
        demo = Demo(local.start(), console)
        console.print(f"local stack is up after {time.monotonic() - began:.0f} s")
        _backfill(demo)
        events.play_events(demo)
        _show(demo)
        _compare(demo)
    finally:
        local.stop()
        shutil.rmtree(folder, ignore_errors=True)
    console.print(f"\n{time.monotonic() - began:.0f} s in all")
    for failure in demo.failures:
        console.print(f"[red]FAILED[/red] {failure}")
    return 1 if demo.failures else 0


def _backfill(demo: Demo) -> None:
    demo.step("Backfill: 180 days over HTTP, within the API's rate limit")
    for _ in range(_TICKS):
        report = demo.fire("sync")
        if report.get("status") == "complete":
            break
    stats = requests.get(f"{demo.stack.wootric_url}/_fake/stats", timeout=10).json()
    demo.check(report.get("status") == "complete", "the backfill has finished")
    demo.check(stats["rate_limited"] == 0, f"{stats['total']} requests, none answered 429")
    demo.fire("deliver")
    sent = mails.sent(demo.stack)
    subjects = ", ".join(mail["subject"] for mail in sent)
    demo.check(len(sent) == 1, f"history paged nobody; {len(sent)} mail in all: {subjects}")
    demo.check(demo.cli_json("tasks", "list") == [], "history opened no task")


def _show(demo: Demo) -> None:
    demo.step("What the operator sees")
    demo.cli("accounts", "list")
    demo.cli("company")
    _contacts(demo)
    demo.cli("tasks", "list")
    demo.cli("mail", "list")
    files = mails.write_html(mails.sent(demo.stack), OUT)
    demo.console.print(f"\nmails as HTML files: {OUT.relative_to(checkout.ROOT)}/")
    for file in files:
        demo.console.print(f"  {file.name}", markup=False)


def _contacts(demo: Demo) -> None:
    moved = [row for row in demo.cli_json("contacts", "list") if row["delta"]]
    table = Table("contact", "account", "before", "now", "", box=None, title_justify="left")
    for row in sorted(moved, key=lambda row: str(row["latest_at"]), reverse=True)[:10]:
        numbers = [str(row["previous_score"]), str(row["latest_score"]), row["direction"]]
        table.add_row(row["email"] or str(row["end_user_id"]), row["account_id"], *numbers)
    demo.console.print(f"\n{len(moved)} contacts went up or down; the latest ten:")
    demo.console.print(table)


def _compare(demo: Demo) -> None:
    demo.step("Every account's numbers against a recompute from the source")
    shown = demo.cli_json("accounts", "list")
    now = control.ClockFile(demo.stack.clock_file).now()
    rows = requests.get(f"{demo.stack.wootric_url}/_fake/source", timeout=60).json()
    expected = accounts(rows, now, WINDOW_DAYS)
    wrong = differences(shown, expected)
    for line in wrong[:20]:
        demo.console.print(f"  {line}", markup=False)
    answers = sum(account["all"]["n"] for account in expected.values())
    what = f"{len(expected)} accounts, {answers} answers: counts and NPS agree, counted both ways"
    demo.check(not wrong, what)
    unmatched = demo.cli_json("company")["unmatched"]
    demo.console.print(f"  {unmatched} further answers match no account and count for the company")


if __name__ == "__main__":
    sys.exit(main())
