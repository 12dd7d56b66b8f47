"""The AWS calls that the operator's command needs and moto lacks, over real HTTP.

CloudFormation: DescribeStacks of one stack. Lambda: invocations of a handler or with a scripted
answer, and event source mappings. SES: verified identities and the sandbox.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import escape

_XMLNS = 'xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"'


@dataclass
class AwsEndpoint:
    """The answers of the services, and the calls they received."""

    stack_name: str
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]
    url: str = ""
    function_result: Any = field(default_factory=dict)
    function_error: str | None = None
    functions: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    """Run instead of the scripted answer, by the name of the function; may raise."""
    mappings: dict[str, list[str]] = field(default_factory=dict)
    """Ids of the event source mappings of each function."""
    invoked: list[tuple[str, Any]] = field(default_factory=list)
    identities: dict[str, bool] = field(default_factory=dict)
    """Identity of SES to whether it is verified."""
    in_sandbox: bool = True

    def describe(self, stack_name: str) -> tuple[int, str]:
        if stack_name != self.stack_name:
            error = (
                "<Error><Type>Sender</Type><Code>ValidationError</Code>"
                f"<Message>Stack with id {escape(stack_name)} does not exist</Message></Error>"
            )
            return 400, f"<ErrorResponse {_XMLNS}>{error}</ErrorResponse>"
        members = (
            f"<StackName>{self.stack_name}</StackName><StackStatus>CREATE_COMPLETE</StackStatus>"
            "<CreationTime>2026-03-01T00:00:00Z</CreationTime>"
            f"<Outputs>{_members('Output', self.outputs)}</Outputs>"
            f"<Parameters>{_members('Parameter', self.parameters)}</Parameters>"
        )
        result = f"<Stacks><member>{members}</member></Stacks>"
        return 200, (
            f"<DescribeStacksResponse {_XMLNS}><DescribeStacksResult>{result}"
            "</DescribeStacksResult></DescribeStacksResponse>"
        )

    def invoke(self, name: str, event: Any) -> tuple[Any, str | None]:
        """Answer Invoke: the result and, as Lambda reports it, the kind of error."""
        self.invoked.append((name, event))
        if name not in self.functions:
            return self.function_result, self.function_error
        try:
            return self.functions[name](event), None
        except Exception as exc:
            return {"errorType": type(exc).__name__, "errorMessage": str(exc)}, "Unhandled"

    def event_source_mappings(self, query: str) -> dict[str, Any]:
        """Answer ListEventSourceMappings of a function, one per page."""
        asked = parse_qs(query)
        ids = self.mappings.get(asked["FunctionName"][0], [])
        first = int(asked.get("Marker", ["0"])[0])
        found = [{"UUID": one} for one in ids[first : first + 1]]
        more = {"NextMarker": str(first + 1)} if first + 1 < len(ids) else {}
        return {"EventSourceMappings": found, **more}

    def ses(self, path: str) -> tuple[int, dict[str, Any]]:
        """Answer GetAccount and GetEmailIdentity."""
        if path == "/v2/email/account":
            return 200, {"ProductionAccessEnabled": not self.in_sandbox, "SendingEnabled": True}
        identity = unquote(path.rpartition("/")[2])
        if identity not in self.identities:
            return 404, {"message": "no such identity"}
        return 200, {"VerifiedForSendingStatus": self.identities[identity]}


def _members(prefix: str, values: Mapping[str, str]) -> str:
    return "".join(
        f"<member><{prefix}Key>{name}</{prefix}Key>"
        f"<{prefix}Value>{escape(value)}</{prefix}Value></member>"
        for name, value in values.items()
    )


class _Handler(BaseHTTPRequestHandler):
    endpoint: AwsEndpoint

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith("/2015-03-31/functions/"):
            result, error = self.endpoint.invoke(self.path.split("/")[3], json.loads(body))
            headers = {"X-Amz-Function-Error": error} if error else {}
            self._reply(200, json.dumps(result), headers)
        else:
            status, text = self.endpoint.describe(parse_qs(body.decode())["StackName"][0])
            self._reply(status, text, {"Content-Type": "text/xml"})

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path.startswith("/2015-03-31/event-source-mappings"):
            self._reply(200, json.dumps(self.endpoint.event_source_mappings(query)), {})
            return
        status, body = self.endpoint.ses(path)
        error = {"X-Amzn-ErrorType": "NotFoundException"} if status == 404 else {}
        self._reply(status, json.dumps(body), error)

    def _reply(self, status: int, text: str, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(text.encode()))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def serving(endpoint: AwsEndpoint) -> Iterator[AwsEndpoint]:
    """Answer on a port of 127.0.0.1."""
    handler = type("Handler", (_Handler,), {"endpoint": endpoint})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    endpoint.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
