"""Sockets around `HttpApi`: keep-alive, replies in one packet, and replies that fail."""

import socket
import struct
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition
from typing import Any, cast

from nps_local.fakes.wootric.context import Context
from nps_local.fakes.wootric.http_api import HttpApi
from nps_local.fakes.wootric.wire import Reply, Request

STOP_WAIT_S = 10.0


class HttpServer(ThreadingHTTPServer):
    """Serves on 127.0.0.1 with one thread per connection."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, api: HttpApi, context: Context) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.api = api
        self.context = context
        self._open: set[socket.socket] = set()
        self._changed = Condition()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Keep track of open connections, so that `close_connections` can end them."""
        with self._changed:
            self._open.add(request)
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._changed:
                self._open.discard(request)
                self._changed.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent while stopping; print every other error."""
        if not self.context.stopping.is_set():
            super().handle_error(request, client_address)

    def close_connections(self) -> None:
        """Hang up on idle keep-alive clients and wait for their threads."""
        with self._changed:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # the client was faster
            self._changed.wait_for(lambda: not self._open, STOP_WAIT_S)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle_one_request(self) -> None:
        """Handle a request; a client that hangs up ends the connection without a traceback."""
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: `/_fake/requests` has the log."""

    def _serve(self) -> None:
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        server = cast(HttpServer, self.server)
        reply = server.api.handle(Request(self.command, path, query, headers, body))
        if reply.transport == "reset":
            self._reset()
        elif reply.transport == "hold":
            server.context.stopping.wait(server.context.faults.plan.hold_s)
            self._reset()
        else:
            self._send(reply)

    def _send(self, reply: Reply) -> None:
        phrase = self.responses.get(reply.status, ("",))[0]
        lines = [
            f"HTTP/1.1 {reply.status} {phrase}",
            f"Content-Type: {reply.content_type}",
            f"Content-Length: {len(reply.body)}",
            *(f"{name}: {value}" for name, value in reply.headers.items()),
        ]
        body = reply.body
        if reply.transport == "truncate":
            body = body[: len(body) // 2]
            lines.append("Connection: close")
            self.close_connection = True
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    def _reset(self) -> None:
        # Lingering for zero seconds makes close() send RST instead of FIN.
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - names of the base class
