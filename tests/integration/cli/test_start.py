"""The imports of `nps --help` and wrong usage."""

import json
import os
import subprocess
import sys
from pathlib import Path

import click

from nps_testing.command_tree import commands

ROOT = Path(__file__).parents[3]
SLOW = ["boto3", "botocore", "requests", "urllib3", "rich", "cryptography", "pydantic", "jinja2"]
"""SDK, HTTP, terminal, validation: each takes longer to import than a help text to print."""
PROGRAM = """
import contextlib, io, json, sys
from nps_cli.main import main

slow, calls = json.load(sys.stdin)
seen = []
for words in calls:
    sys.argv[1:] = words
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            main()
        except SystemExit as end:
            seen.append([end.code, [name for name in slow if name in sys.modules]])
print(json.dumps(seen))
"""
"""Runs one call after the other: what one of them imports is still there after the last."""
WRONG = [
    *(["nope"], ["acounts"], ["--nope"], ["--stack"]),
    *(["runs", "list", "--stack"], ["accounts", "show"], ["contacts", "list", "--account"]),
    *(["sync", "backfill", "--since", "yesterday"], ["sync", "backfill"], ["replay"]),
    *(["replay", "--from", "2026-03-02", "--only", "nobody"], ["redrive", "nothing"]),
    *(["connect", "--requests-per-minute", "many"], ["local", "wait", "--timeout", "long"]),
]


def started(calls: list[list[str]]) -> list[tuple[int, list[str]]]:
    """Return the exit status of each call, and which slow modules were there after it."""
    sources = ("layers/nps_core", "local", "cli")
    path = os.pathsep.join(str(ROOT / name) for name in sources)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps([SLOW, calls]),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return [(status, slow) for status, slow in json.loads(done.stdout)]


def test_help__imports_nothing_slow() -> None:
    calls = [[], ["--help"], *([*name.split(), "--help"] for name in commands())]
    calls += [name.split() for name, group in commands().items() if isinstance(group, click.Group)]

    for call, outcome in zip(calls, started(calls), strict=True):
        assert outcome == (0, []), call


def test_wrong_usage__imports_nothing_slow() -> None:
    unknown = [[*name.split(), "--nope"] for name in commands()]
    calls = [*WRONG, *unknown]

    for call, outcome in zip(calls, started(calls), strict=True):
        assert outcome == (2, []), call
