"""JSON over HTTP to our own servers, with the standard library, so that commands start quickly."""

from __future__ import annotations

import json
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

_TIMEOUT_S = 30.0
# 127.0.0.1 is never behind a proxy, whatever the environment of the shell.
_OPENER = build_opener(ProxyHandler({}))


class UnreachableError(RuntimeError):
    """The server does not answer, or answers with an error."""


def get_json(url: str) -> Any:
    """Return the document at an address.

    Raises:
        UnreachableError: No answer, or another status than 2xx.
    """
    return _send(Request(url))  # noqa: S310  our own http address


def post_json(url: str, document: Any = None) -> Any:
    """Post a document and return the answer.

    Raises:
        UnreachableError: No answer, or another status than 2xx.
    """
    headers = {"Content-Type": "application/json"}
    body = json.dumps(document).encode()
    return _send(Request(url, data=body, headers=headers, method="POST"))  # noqa: S310  as above


def _send(request: Request) -> Any:
    try:
        with _OPENER.open(request, timeout=_TIMEOUT_S) as answer:
            return json.load(answer)
    except (URLError, OSError, ValueError) as error:
        raise UnreachableError(f"{request.full_url}: {error}") from error
