"""The admin port of MiniStack for the local commands: HTTP on 127.0.0.1."""

from __future__ import annotations

import importlib
import json
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


def serve_in_background() -> int:
    """Answer ``GET /backlog`` and ``POST /kill?function=NAME``; returns the port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True, name="admin").start()
    return server.server_port


def backlog() -> dict[str, Any]:
    """The lag of each event source mapping.

    Queues are read before streams: a message is deleted only after its handler has written, so an
    empty queue and then an empty stream mean that nothing is left.
    """
    mappings = list(_service("lambda_svc")._iter_all_esms())
    queues = [_queue_lag(*mapping) for mapping in mappings]
    streams = [_stream_lag(*mapping) for mapping in mappings]
    return {
        "queues": [lag for lag in queues if lag],
        "streams": [lag for lag in streams if lag],
    }


def kill(function: str | None) -> dict[str, int]:
    """SIGKILL the live workers of a function (of all for None), idle ones included."""
    killed = {"killed": 0, "in_invocation": 0}
    runtime = _runtime()
    with runtime._lock:
        workers = [
            worker
            for key, pool in runtime._workers.items()
            for worker in pool
            if function is None or key.split(":")[2] == function
        ]
    for worker in workers:
        process = worker._proc
        if process is not None and process.poll() is None:
            killed["in_invocation"] += bool(worker.in_use)
            process.send_signal(signal.SIGKILL)
            killed["killed"] += 1
    return killed


def quiesce() -> None:
    """Start nothing new and kill running functions; redelivery after a restart repeats them."""
    functions = _service("lambda_svc")
    for poll in ("_poll_sqs", "_poll_kinesis", "_poll_dynamodb_streams"):
        setattr(functions, poll, lambda: False)
    _service("scheduler")._tick_schedules = lambda: None
    kill(None)


def _queue_lag(account: str, region: str, mapping: dict[str, Any]) -> dict[str, Any] | None:
    arn = mapping.get("EventSourceArn", "")
    if ":sqs:" not in arn:
        return None
    queues = _service("sqs")._queues.all_items()
    # Messages in flight stay in the list until their handler has succeeded.
    waiting = [
        len(queue["messages"])
        for (owner, place, _), queue in queues
        if (owner, place) == (account, region) and queue["attributes"].get("QueueArn") == arn
    ]
    return {**_about(mapping), "source": arn.rsplit(":", 1)[-1], "behind": sum(waiting)}


def _stream_lag(account: str, region: str, mapping: dict[str, Any]) -> dict[str, Any] | None:
    arn = mapping.get("EventSourceArn", "")
    if ":dynamodb:" not in arn:
        return None
    table = arn.split("/stream/")[0].rsplit("/", 1)[-1]
    database = _service("dynamodb")
    end = database.stream_end_position(table, account_id=account, region=region)
    start = database.stream_start_position(table, account_id=account, region=region)
    positions = _service("lambda_svc")._dynamodb_stream_positions
    position = positions.get_scoped(account, region, mapping["UUID"], start)
    return {**_about(mapping), "source": table, "behind": end - max(position, start)}


def _about(mapping: dict[str, Any]) -> dict[str, Any]:
    return {
        "function": mapping["FunctionName"],
        "enabled": mapping.get("Enabled", True),
        "last_result": mapping.get("LastProcessingResult", ""),
    }


def _service(name: str) -> Any:
    return importlib.import_module(f"ministack.services.{name}")


def _runtime() -> Any:
    return importlib.import_module("ministack.core.lambda_runtime")


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if urlsplit(self.path).path != "/backlog":
            self._answer(404, {"error": "not found"})
            return
        self._answer(200, backlog())

    def do_POST(self) -> None:
        url = urlsplit(self.path)
        function = parse_qs(url.query).get("function", [""])[0]
        if url.path != "/kill" or not function:
            self._answer(404, {"error": "not found"})
            return
        self._answer(200, kill(function))

    def _answer(self, status: int, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Silent: the log is for the output of the functions."""
