"""Finds the running local stack by the file that it writes when it is ready."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from nps_local import checkout

_RUN_FILE = "run.json"


class NoRunningStackError(RuntimeError):
    """No local stack runs in the folders that were searched."""


@dataclass(frozen=True, slots=True)
class RunningStack:
    """The addresses and names of a running local stack."""

    pid: int
    data: Path
    webhook_url: str
    aws_endpoint: str
    admin_url: str
    wootric_url: str
    region: str
    stack_name: str
    account_token: str
    clock_file: Path
    outputs: dict[str, str]
    """The outputs of the template."""
    functions: dict[str, str]
    """Short name (sync, webhook, ...) to the name of the deployed function."""

    def client_settings(self) -> dict[str, str]:
        """Keyword arguments of an SDK client; the emulator takes any credentials."""
        return {
            "endpoint_url": self.aws_endpoint,
            "region_name": self.region,
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
        }

    def announcement(self) -> dict[str, str]:
        """The JSON that `nps local up` prints when it is ready."""
        return {
            "webhook_url": self.webhook_url,
            "aws_endpoint": self.aws_endpoint,
            "wootric_url": self.wootric_url,
            "region": self.region,
            "stack_name": self.stack_name,
        }


def find(data: Path | None = None) -> RunningStack:
    """The stack of a data folder, of ``NPS_LOCAL_DATA``, or the stack started last.

    Raises:
        NoRunningStackError: No stack runs there; the message names the command to start one.
    """
    folders = [data] if data else _usual_folders()
    for folder in folders:
        stack = _read(folder)
        if stack is not None and _answers(stack.admin_url):
            return stack
    where = folders[-1]
    raise NoRunningStackError(f"no local stack runs in {where}: start one with `nps local up`")


def announce(stack: RunningStack) -> None:
    """Make `find` return this stack, also without its folder."""
    document = {**asdict(stack), "data": str(stack.data), "clock_file": str(stack.clock_file)}
    unfinished = stack.data / f"{_RUN_FILE}.tmp"
    unfinished.write_text(json.dumps(document, indent=2) + "\n")
    unfinished.replace(stack.data / _RUN_FILE)
    checkout.LAST_STACK.parent.mkdir(parents=True, exist_ok=True)
    checkout.LAST_STACK.write_text(f"{stack.data}\n")


def withdraw(data: Path) -> None:
    """Make `find` ignore this folder."""
    (data / _RUN_FILE).unlink(missing_ok=True)


def _usual_folders() -> list[Path]:
    chosen = os.environ.get(checkout.DATA_VARIABLE)
    if chosen:
        return [Path(chosen)]
    try:
        last = [Path(checkout.LAST_STACK.read_text().strip())]
    except FileNotFoundError:
        last = []
    return [*last, checkout.DEFAULT_DATA]


def _read(folder: Path) -> RunningStack | None:
    try:
        document = json.loads((folder / _RUN_FILE).read_text())
    except (FileNotFoundError, NotADirectoryError):
        return None
    paths = {"data": Path(document["data"]), "clock_file": Path(document["clock_file"])}
    return RunningStack(**{**document, **paths})


def _answers(admin_url: str) -> bool:
    # Not by process id: it may belong to a zombie, or to another program by now.
    try:
        socket.create_connection(("127.0.0.1", urlsplit(admin_url).port or 0), timeout=5).close()
    except OSError:
        return False
    return True
