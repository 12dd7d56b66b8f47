"""SES over real HTTP: takes SendEmail of API v2 and answers from a script."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

Answer = tuple[int, str] | Literal["reset", "silence"]
"""HTTP status and error code, a connection reset, or no answer."""


@dataclass
class SesServer:
    """Answers from `script`, then 200; `received` holds every mail that arrived."""

    url: str = ""
    script: list[Answer] = field(default_factory=list)
    received: list[dict[str, Any]] = field(default_factory=list)
    silent: threading.Event = field(default_factory=threading.Event)


class _Handler(BaseHTTPRequestHandler):
    server_state: SesServer

    def do_POST(self) -> None:
        state = self.server_state
        state.received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        answer: Answer = state.script.pop(0) if state.script else (200, "")
        if answer == "silence":
            state.silent.wait(30)  # until the test has seen its timeout
        if isinstance(answer, str):
            self.close_connection = True
            return
        status, code = answer
        body: dict[str, str] = {"message": "text that must not be shown"}
        if status == 200:
            body = {"MessageId": f"m-{len(state.received)}"}
        self.send_response(status)
        if code:
            self.send_header("x-amzn-ErrorType", code)
        payload = json.dumps(body).encode()
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def ses_server() -> Iterator[SesServer]:
    """Answer on a port of 127.0.0.1."""
    state = SesServer()
    handler = type("Handler", (_Handler,), {"server_state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        state.silent.set()
        server.shutdown()
        server.server_close()
        thread.join()
