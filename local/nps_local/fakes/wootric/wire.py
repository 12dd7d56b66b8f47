"""HTTP requests and replies as plain values, and the error bodies of Wootric."""

import json
from dataclasses import dataclass, field, replace
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from functools import cached_property
from typing import Any, Literal
from urllib.parse import parse_qsl

Transport = Literal["send", "truncate", "reset", "hold"]
ErrorBody = Literal["error_list", "error", "message", "string", "empty"]


@dataclass
class Request:
    """Header names are lower case, `query` is still encoded."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @cached_property
    def params(self) -> dict[str, str]:
        """Query parameters by their bracketed names; the last one of a name wins."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    @cached_property
    def fields(self) -> dict[str, Any]:
        """Query and body parameters together; JSON objects become bracketed names."""
        kind = self.headers.get("content-type", "")
        if self.body and kind.startswith("application/json"):
            return {**self.params, **_flat(json.loads(self.body))}
        if self.body and kind.startswith("multipart/form-data"):
            return {**self.params, **_multipart(kind, self.body)}
        return {**self.params, **dict(parse_qsl(self.body.decode(), keep_blank_values=True))}

    def json(self) -> Any:
        """Read a JSON body; an empty body is an empty object."""
        return json.loads(self.body) if self.body else {}


@dataclass
class Reply:
    """`transport` selects how the reply fails on its way."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    transport: Transport = "send"


class ApiError(Exception):
    """Ends a request with an error reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"HTTP {reply.status}")
        self.reply = reply


def json_reply(value: Any, status: int = 200) -> Reply:
    """Reply with compact UTF-8 JSON."""
    return Reply(status, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def error_list(status: int, code: str, message: str, name: str | None = None) -> ApiError:
    """Build the error list body, the form of validation and lookup failures."""
    entry = {"status": code, "message": message, "field": name}
    return ApiError(json_reply({"type": "error_list", "errors": [entry]}, status))


def reshaped(reply: Reply, shape: ErrorBody) -> Reply:
    """Return an error list in another shape that Wootric uses; other bodies stay."""
    if shape == "error_list" or not reply.body.startswith(b'{"type":"error_list"'):
        return reply
    message = json.loads(reply.body)["errors"][0]["message"]
    if shape == "empty":
        return replace(reply, body=b"")
    value = message if shape == "string" else {shape: message}
    return replace(reply, body=json_reply(value).body)


def invalid(name: str, problem: str) -> ApiError:
    """Build a 400 such as `page does not have a valid value`."""
    return error_list(400, "invalid", f"{name} {problem}", name)


def not_found() -> ApiError:
    """Build the 404 of a record that does not exist."""
    return error_list(404, "record_not_found", "The record could not be found")


def oauth_error(status: int, code: str, description: str) -> ApiError:
    """Build the error body of the token endpoint."""
    return ApiError(json_reply({"error": code, "error_description": description}, status))


def nested(fields: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Return the `prefix[name]` parameters by name."""
    start = f"{prefix}["
    return {
        key[len(start) : -1]: value
        for key, value in fields.items()
        if key.startswith(start) and key.endswith("]")
    }


def _flat(value: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, item in value.items():
        name = f"{prefix}[{key}]" if prefix else key
        if isinstance(item, dict):
            flat.update(_flat(item, name))
        else:
            flat[name] = item
    return flat


def _multipart(kind: str, body: bytes) -> dict[str, str]:
    head = f"Content-Type: {kind}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    parts: dict[str, str] = {}
    for part in message.iter_parts() if message.is_multipart() else ():
        name = _part_name(part)
        if name is not None:
            parts[name] = str(part.get_content()).rstrip("\r\n")
    return parts


def _part_name(part: Message) -> str | None:
    name = part.get_param("name", header="content-disposition")
    return name if isinstance(name, str) else None
