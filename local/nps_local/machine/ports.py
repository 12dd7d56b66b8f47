"""Ports of 127.0.0.1, kept across restarts while they are free."""

from __future__ import annotations

import json
import socket
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Ports:
    http: int
    aws: int
    wootric: int


def choose(file: Path, http: int | None, aws: int | None) -> Ports:
    """Return the chosen ports, else those of the last run, else free ones; saves them in a file.

    Equal ports give equal parameters, so nothing is deployed again.

    Raises:
        ValueError: A chosen port is taken.
    """
    earlier = json.loads(file.read_text()) if file.exists() else {}
    for port in (http, aws):
        if port is not None and not _is_free(port):
            raise ValueError(f"port {port} of 127.0.0.1 is in use")
    taken = {port for port in (http, aws) if port is not None}
    ports = {}
    for name, chosen in (("http", http), ("aws", aws), ("wootric", None)):
        port = chosen or _kept(earlier.get(name), taken) or _free(taken)
        taken.add(port)
        ports[name] = port
    result = Ports(**ports)
    file.write_text(json.dumps(asdict(result)) + "\n")
    return result


def _kept(port: int | None, taken: set[int]) -> int | None:
    return port if port and port not in taken and _is_free(port) else None


def _free(taken: set[int]) -> int:
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if port not in taken:
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
