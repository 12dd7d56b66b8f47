"""Ports of the answers. Each Protocol has a real adapter and a fake.

The fakes live in tests/support and pass the same contract tests as the adapters.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Protocol

from nps_core.answers.models import Answer, Listed
from nps_core.keys import AnswerKey, Kind


class AnswerStore(Protocol):
    """The items of ResponsesTable."""

    def get(self, key: AnswerKey) -> Answer | None:
        """Return the answer, strongly consistent; None if it is not stored."""
        ...

    def get_many(
        self, keys: Collection[AnswerKey], *, may_lag: bool = False
    ) -> Mapping[AnswerKey, Answer]:
        """Return the stored ones, strongly consistent unless they may lag by a moment."""
        ...

    def between(
        self, account_token: str, kind: Kind, start: datetime, end: datetime
    ) -> Iterable[Listed]:
        """Yield the answers with start <= answered_at < end, by time; may lag by a moment."""
        ...

    def put(self, answer: Answer, expected_rev: int | None) -> bool:
        """Write if the stored rev is `expected_rev` (None: not stored). Returns whether it was.

        Raises StoreUnavailable when the write may not have happened.
        """
        ...


class Quarantine(Protocol):
    """Payloads that could not be parsed, kept for an operator."""

    def add(
        self, raw: str, reason: str, detail: str, source: str, account_token: str, at: datetime
    ) -> bool:
        """Keep `raw` once, however often it arrives. Returns whether it is new."""
        ...


class Inbox(Protocol):
    """Durable storage for bodies that DynamoDB refused."""

    def put(self, body: bytes) -> None:
        """Store the body. Raises StoreUnavailable."""
        ...
