"""What the use cases need from the outside. Each Protocol has a real adapter and a fake.

The fakes live in tests/support and pass the same contract tests as the adapters.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Protocol

from nps_core.answers.models import Answer, Listed
from nps_core.keys import AnswerKey, Kind


class AnswerStore(Protocol):
    """ResponsesTable."""

    def get(self, key: AnswerKey) -> Answer | None:
        """Return the stored answer, strongly consistent."""
        ...

    def get_many(self, keys: Collection[AnswerKey]) -> Mapping[AnswerKey, Answer]:
        """Return those that are stored, strongly consistent."""
        ...

    def between(
        self, account_token: str, kind: Kind, start: datetime, end: datetime
    ) -> Iterable[Listed]:
        """Yield what is stored with start <= answered_at < end, by time; may lag by a moment."""
        ...

    def put(self, answer: Answer, expected_rev: int | None) -> bool:
        """Write if the stored rev is `expected_rev` (None: not stored). False: it is not.

        Raises StoreUnavailable when nothing is known to be written.
        """
        ...


class Quarantine(Protocol):
    """Payloads that could not be understood, kept for a person to look at."""

    def add(
        self, raw: str, reason: str, detail: str, source: str, account_token: str, at: datetime
    ) -> bool:
        """Keep `raw` once, however often it comes. Returns whether it is new."""
        ...


class Inbox(Protocol):
    """Durable place for bodies that DynamoDB refused."""

    def put(self, body: bytes) -> None:
        """Keep the body. Raises StoreUnavailable."""
        ...
