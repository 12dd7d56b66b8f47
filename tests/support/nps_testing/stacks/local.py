"""A local stack for end-to-end tests, started by `nps local up`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import requests

from nps_local import checkout
from nps_local.clock import control
from nps_local.control import admin_client, mails, schedules
from nps_local.machine import discovery, ministack

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_SOURCES = ("functions", "layers/nps_core", "local", "cli")


class LocalStack:
    """``nps local up`` as a child process; it can be stopped and started again."""

    def __init__(self, data: Path, *options: str) -> None:
        self.data = data
        self._options = options
        self._process: subprocess.Popen[str] | None = None
        self.running: discovery.RunningStack
        self.announced: dict[str, str] = {}

    def start(self) -> None:
        """Start the stack and wait until it is ready; its log goes to a file."""
        self.data.mkdir(parents=True, exist_ok=True)
        path = os.pathsep.join(str(checkout.ROOT / source) for source in _SOURCES)
        command = [sys.executable, "-m", "nps_local", "up", "--data", str(self.data)]
        with (self.data / "up.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *self._options],
                env={**os.environ, "PYTHONPATH": path},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        line = self._output().readline()
        if not line:
            self.stop()
            raise AssertionError(f"the stack did not start:\n{(self.data / 'up.log').read_text()}")
        self.announced = json.loads(line)
        self.running = discovery.find(self.data)

    def stop(self) -> int:
        """End the stack as Ctrl-C does; returns its exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        status = self._process.wait(timeout=60)
        self._output().close()
        return status

    def dynamodb(self) -> DynamoDBClient:
        return ministack.session().client("dynamodb", endpoint_url=self.running.aws_endpoint)

    def items(self, table: str) -> list[dict[str, Any]]:
        """Every item of a table, by its output: ``ResponsesTableName``, ``StateTableName``."""
        pages = (
            self.dynamodb()
            .get_paginator("scan")
            .paginate(TableName=self.running.outputs[table], ConsistentRead=True)
        )
        return [item for page in pages for item in page["Items"]]

    def fire(self, schedule: str) -> Any:
        return schedules.fire(self.running, schedule)

    def wait(self, timeout: float = 60.0) -> None:
        """Wait until every stream record and inbox message has been handled."""
        left = admin_client.wait_until_handled(self.running, timeout)
        assert not left, left

    def kill(self, function: str) -> dict[str, Any]:
        return admin_client.kill(self.running, function)

    def mails(self) -> list[dict[str, Any]]:
        return mails.sent(self.running)

    def now(self) -> datetime:
        return self._clock().now()

    def advance(self, duration: str) -> None:
        """Move the stack's time, for example by ``8h``."""
        self._clock().advance(control.parse_duration(duration))

    def set_time(self, moment: datetime) -> None:
        self._clock().set(moment)

    def post_webhook(self, body: bytes, headers: dict[str, str]) -> requests.Response:
        """Send a webhook to the stack's front door."""
        return requests.post(
            self.running.webhook_url, data=body, headers=headers, timeout=40, stream=False
        )

    def _clock(self) -> control.ClockFile:
        return control.ClockFile(self.running.clock_file)

    def _output(self) -> IO[str]:
        assert self._process is not None
        assert self._process.stdout is not None
        return self._process.stdout


def missing() -> str | None:
    """Return why no local stack can run here, or None."""
    try:
        checkout.ministack_python()
    except FileNotFoundError as error:
        return str(error)
    return None
