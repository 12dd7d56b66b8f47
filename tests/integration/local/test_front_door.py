import http.client
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from nps_local.stack.front_door import FrontDoor


class _Backend(BaseHTTPRequestHandler):
    seen: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append({"path": self.path, "body": body, "headers": self.headers.items()})
        self.send_response(418)
        self.send_header("X-Answer", "yes")
        self.send_header("Retry-After", "7")
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"\x00\xffabc")

    def log_message(self, *_: Any) -> None:
        """Nothing to see."""


@pytest.fixture
def backend() -> Iterator[ThreadingHTTPServer]:
    _Backend.seen.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Backend)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def door(backend: ThreadingHTTPServer) -> Iterator[http.client.HTTPConnection]:
    front = FrontDoor(0, backend.server_port, "/_aws/execute-api/abc")
    connection = http.client.HTTPConnection(front.url.removeprefix("http://"), timeout=10)
    yield connection
    connection.close()
    front.close()


def test_front_door__forwards_bytes_query_and_headers_untouched(
    door: http.client.HTTPConnection,
) -> None:
    body = bytes(range(256))
    door.request("POST", "/webhook?a=b%20c&a=%2F", body, {"X-Signature": "sha1=ab", "x-b": "1"})
    answer = door.getresponse()
    assert (answer.status, answer.headers["X-Answer"], answer.read()) == (
        418,
        "yes",
        b"\x00\xffabc",
    )
    assert answer.headers["Retry-After"] == "7"
    (request,) = _Backend.seen
    assert request["path"] == "/_aws/execute-api/abc/webhook?a=b%20c&a=%2F"
    assert request["body"] == body
    assert ("X-Signature", "sha1=ab") in request["headers"]
    assert ("x-b", "1") in request["headers"]


def test_front_door__takes_a_chunked_body(door: http.client.HTTPConnection) -> None:
    door.request("POST", "/webhook", iter([b"one", b"two"]), encode_chunked=True)
    assert door.getresponse().status == 418
    assert _Backend.seen[0]["body"] == b"onetwo"


def test_front_door__serves_many_requests_on_one_connection(
    door: http.client.HTTPConnection,
) -> None:
    for number in range(3):
        door.request("POST", "/webhook", str(number))
        door.getresponse().read()
    assert [request["body"] for request in _Backend.seen] == [b"0", b"1", b"2"]


@pytest.mark.parametrize(("length", "status"), [("11000000", 413), ("-1", 400), ("many", 400)])
def test_front_door__refuses_what_an_http_api_refuses(
    door: http.client.HTTPConnection, length: str, status: int
) -> None:
    door.putrequest("POST", "/webhook")
    door.putheader("Content-Length", length)
    door.endheaders()
    answer = door.getresponse()
    assert answer.status == status
    assert "message" in json.loads(answer.read())
    assert _Backend.seen == []


def test_front_door__when_the_backend_is_gone__answers_503() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    front = FrontDoor(0, port, "")
    connection = http.client.HTTPConnection(front.url.removeprefix("http://"), timeout=10)
    connection.request("POST", "/webhook", b"x")
    assert connection.getresponse().status == 503
    connection.close()
    front.close()
