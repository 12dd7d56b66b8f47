"""The HTTP API's event as bytes and headers, and the reply."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    """Raw body and signature header. Path, query and source address are never read."""

    body: bytes
    signature: str | None

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> "Request":
        """Read a payload-format 2.0 event. A body with invalid base64 becomes empty."""
        text = event.get("body") or ""
        body = text.encode("utf-8", "surrogatepass")
        if event.get("isBase64Encoded"):
            try:
                body = base64.b64decode(text, validate=True)
            except (binascii.Error, ValueError):
                body = b""
        headers = {str(name).lower(): value for name, value in (event.get("headers") or {}).items()}
        return cls(body, headers.get("x-wootric-signature"))


def reply(status: int, retry_after_s: int | None = None) -> dict[str, Any]:
    """Return a status without a body: nothing of the request is ever echoed."""
    headers = {"Retry-After": str(retry_after_s)} if retry_after_s else {}
    return {"statusCode": status, "headers": headers, "body": ""}
