"""Child processes of `nps local up`: detached from the terminal, ended by SIGTERM, then SIGKILL."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


class ChildFailedError(RuntimeError):
    """A child process ended, or was not ready in time."""


class Child:
    """A process that prints one line of JSON when it is ready; its other output is the log."""

    def __init__(
        self, name: str, command: Sequence[str], env: Mapping[str, str], cwd: Path
    ) -> None:
        self.name = name
        # Its own session: Ctrl-C reaches only us, and we end the children in order.
        # Its standard input ends with our process, so that it does not outlive us.
        self._process = subprocess.Popen(
            command,
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._first: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True, name=f"{name}-output")
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def ready(self, timeout: float) -> dict[str, Any]:
        """Return the line of JSON.

        Raises:
            ChildFailedError: The process ended, or was not ready in time.
        """
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            try:
                line = self._first.get(timeout=left)
            except queue.Empty:
                break
            if line is None:
                raise ChildFailedError(f"{self.name} ended with status {self._process.wait()}")
            if line.startswith("{"):
                document: dict[str, Any] = json.loads(line)
                return document
        raise ChildFailedError(f"{self.name} was not ready after {timeout:.0f} s")

    def terminate(self) -> None:
        if self.running:
            self._process.terminate()

    def wait(self, deadline: float) -> bool:
        """Wait until a monotonic time, then kill it; returns whether it ended without the kill."""
        ended = True
        try:
            self._process.wait(timeout=max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            ended = False
            self._process.kill()
            self._process.wait()
        self._reader.join(timeout=1.0)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        return ended

    def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101  it was opened as a pipe
        for line in self._process.stdout:
            text = line.decode(errors="replace").strip()
            self._first.put(text)
            if not text.startswith("{"):
                print(f"[{self.name}] {text}", file=sys.stderr)
        self._first.put(None)
