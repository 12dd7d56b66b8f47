"""The webhook's address: a reverse proxy to the deployed HTTP API.

It changes nothing: it forwards body, headers and query, and returns status, headers and body of the
answer. It stands in for the API's own domain name.
"""

from __future__ import annotations

import http.client
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# MiniStack starts one process per concurrent request; more would overload a laptop.
_CONCURRENT = 4
_LARGEST_BODY = 10 * 1024 * 1024  # of an HTTP API
_CLOSES_WITHIN_S = 0.05
_TIMEOUT_S = 35.0  # an HTTP API gives up after 30 s
_HOP_BY_HOP = {
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "host",
    "expect",
    "content-length",
}


class FrontDoor:
    """Listens on a port of 127.0.0.1 (0 picks one) and forwards below a base path."""

    def __init__(self, port: int, backend_port: int, base_path: str) -> None:
        handler = type(
            "Handler",
            (_Handler,),
            {"backend_port": backend_port, "base_path": base_path},
        )
        self._server = _Server(("127.0.0.1", port), handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_CLOSES_WITHIN_S,), daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """The URL of the API's root."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Stop accepting requests."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_: Any) -> None:
        """Silent: a client may hang up."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Otherwise a small answer waits for the client's delayed acknowledgement.
    disable_nagle_algorithm = True
    timeout = 75
    backend_port = 0
    base_path = ""
    _slots = threading.BoundedSemaphore(_CONCURRENT)

    def _forward(self) -> None:
        body = self._body()
        if body is None:
            return
        headers = [(n, v) for n, v in self.headers.items() if n.lower() not in _HOP_BY_HOP]
        with self._slots:
            connection = http.client.HTTPConnection(
                "127.0.0.1", self.backend_port, timeout=_TIMEOUT_S
            )
            try:
                connection.putrequest(
                    self.command, self.base_path + self.path, skip_accept_encoding=True
                )
                for name, value in [*headers, ("Content-Length", str(len(body)))]:
                    connection.putheader(name, value)
                connection.endheaders(body)
                answer = connection.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException):
                self._refuse(503, "Service Unavailable")
                return
            finally:
                connection.close()
        self._reply(answer.status, answer.getheaders(), content)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _forward  # noqa: N815

    def _body(self) -> bytes | None:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunks()
        try:
            length = int(self.headers.get("Content-Length") or 0)
        except ValueError:
            length = -1
        if length < 0:
            self._refuse(400, "Bad Request")
            return None
        if length > _LARGEST_BODY:
            self._refuse(413, "Request Entity Too Large")
            return None
        return self.rfile.read(length)

    def _chunks(self) -> bytes | None:
        body = bytearray()
        while len(body) <= _LARGEST_BODY:
            try:
                size = int(self.rfile.readline().split(b";")[0], 16)
            except ValueError:
                self._refuse(400, "Bad Request")
                return None
            body += self.rfile.read(size)
            self.rfile.readline()
            if size == 0:
                return bytes(body)
        self._refuse(413, "Request Entity Too Large")
        return None

    def _refuse(self, status: int, message: str) -> None:
        self.close_connection = True
        body = json.dumps({"message": message}).encode()
        self._reply(status, [("Content-Type", "application/json")], body)

    def _reply(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
