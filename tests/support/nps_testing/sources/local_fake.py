"""Controls the bundled fake Wootric of a local stack over its control endpoints."""

from typing import Any

import requests


class Source:
    """The fake at `url`; see docs/local-stack.md for its endpoints."""

    def __init__(self, url: str) -> None:
        self._url = url

    def answers(self) -> list[dict[str, Any]]:
        return self._list("/_fake/source")

    def people(self) -> list[dict[str, Any]]:
        return self._list("/_fake/source?kind=user")

    def someone(self) -> dict[str, Any]:
        """A person with an address, an account and an owner."""
        return next(
            person
            for person in self.people()
            if "@" in (person["email"] or "")
            and person["properties"].get("company_id")
            and person["properties"].get("csm_email")
        )

    def switch(self, **switches: Any) -> None:
        self._send("POST", "/_fake/switches", switches)

    def edit(self, answer: int, **changes: Any) -> None:
        """Change an answer: as its person (score, text) or as a colleague (excluded, ...)."""
        self._send("PATCH", f"/_fake/answers/{answer}", changes)

    def add(self, **answer: Any) -> int:
        """Add an answer; sends its webhook if a webhook is switched on."""
        made = self._send("POST", "/_fake/answers", answer)["ids"]
        return int(made[0])

    def send(self, ids: list[int], event: str = "updated", **how: Any) -> list[dict[str, Any]]:
        """Send webhooks of rows as they are now; returns every attempt."""
        attempts: list[dict[str, Any]] = self._send(
            "POST", "/_fake/webhooks", {"ids": ids, "event": event, **how}
        )
        return attempts

    def flush(self) -> None:
        """Wait until the automatic webhooks are sent."""
        self._send("POST", "/_fake/webhooks/flush?timeout_s=300", {})

    def stats(self) -> dict[str, Any]:
        """The request counters so far."""
        stats: dict[str, Any] = self._get("/_fake/stats")
        return stats

    def _list(self, path: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._get(path)
        return rows

    def _get(self, path: str) -> Any:
        reply = requests.get(self._url + path, timeout=120)
        reply.raise_for_status()
        return reply.json()

    def _send(self, method: str, path: str, body: Any) -> Any:
        reply = requests.request(method, self._url + path, json=body, timeout=600)
        reply.raise_for_status()
        return reply.json() if reply.content else None
