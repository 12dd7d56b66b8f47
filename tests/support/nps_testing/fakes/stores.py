"""In-memory stores; tests/contract compares them with the DynamoDB adapters."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime

from nps_core.answers.models import Answer, Listed
from nps_core.keys import AnswerKey, Kind
from nps_core.numbers.account_numbers import AccountView
from nps_core.numbers.ledger import Ledger
from nps_core.numbers.ports import LedgerRef


class InMemoryAnswerStore:
    """Fake of `AnswerStore`; `changes` are the changes on its stream."""

    def __init__(self) -> None:
        self._answers: dict[AnswerKey, Answer] = {}
        self.changes: list[tuple[Answer | None, Answer | None]] = []

    def __len__(self) -> int:
        return len(self._answers)

    def __iter__(self) -> Iterator[Answer]:
        return iter(list(self._answers.values()))

    def forget(self, ids: Iterable[str]) -> None:
        """Lose responses, as a restore of the table does."""
        for wanted in list(ids):
            for key in [key for key in self._answers if key.id == wanted]:
                del self._answers[key]

    def get(self, key: AnswerKey) -> Answer | None:
        return self._answers.get(key)

    def get_many(
        self, keys: Collection[AnswerKey], *, may_lag: bool = False
    ) -> Mapping[AnswerKey, Answer]:
        return {key: self._answers[key] for key in keys if key in self._answers}

    def between(
        self, account_token: str, kind: Kind, start: datetime, end: datetime
    ) -> Iterable[Listed]:
        inside = [
            answer
            for answer in self._answers.values()
            if (answer.key.account_token, answer.key.kind) == (account_token, kind)
            and start <= answer.answered_at < end
        ]
        inside.sort(key=lambda answer: (answer.answered_at, answer.key))
        return [
            Listed(
                answer.key,
                answer.answered_at,
                answer.score if answer.is_counted else None,
                answer.end_user_id,
                answer.deleted,
                answer.erased,
            )
            for answer in inside
        ]

    def put(self, answer: Answer, expected_rev: int | None) -> bool:
        stored = self._answers.get(answer.key)
        if (stored.rev if stored else None) != expected_rev:
            return False
        self._answers[answer.key] = answer
        self.changes.append((stored, answer))
        return True


class InMemoryLedgerStore:
    """Fake of `LedgerStore`; `writes` counts puts that succeeded."""

    def __init__(self) -> None:
        self.ledgers: dict[LedgerRef, Ledger] = {}
        self.writes = 0

    def get_many(self, refs: Collection[LedgerRef]) -> dict[LedgerRef, Ledger]:
        return {ref: self.ledgers.get(ref, Ledger()) for ref in refs}

    def put(self, ref: LedgerRef, ledger: Ledger) -> bool:
        if self.ledgers.get(ref, Ledger()).version != ledger.version:
            return False
        self.ledgers[ref] = Ledger(ledger.votes, ledger.version + 1, ledger.is_split)
        self.writes += 1
        return True

    def months(self, account_id: str, first_month: str) -> Iterable[Ledger]:
        low, high = (
            (f"ACCT#{account_id}", f"LEDGER#{first_month}"),
            (f"ACCT#{account_id}", "LEDGER#~"),
        )
        return [ledger for ref, ledger in sorted(self.ledgers.items()) if low <= ref <= high]

    def of_account(self, account_id: str) -> Iterable[tuple[LedgerRef, Ledger]]:
        rows = sorted(self.ledgers.items())
        return [(ref, ledger) for ref, ledger in rows if ref[0] == f"ACCT#{account_id}"]


class InMemorySummaryStore:
    def __init__(self) -> None:
        self.views: dict[str, tuple[AccountView, int]] = {}
        self.writes = 0

    def get_versioned(self, account_id: str) -> tuple[AccountView | None, int]:
        return self.views.get(account_id, (None, 0))

    def get(self, account_id: str) -> AccountView | None:
        return self.get_versioned(account_id)[0]

    def put(self, view: AccountView, expected_version: int) -> bool:
        if self.get_versioned(view.account_id)[1] != expected_version:
            return False
        self.views[view.account_id] = (view, expected_version + 1)
        self.writes += 1
        return True


class InMemoryQuarantine:
    def __init__(self) -> None:
        self.kept: dict[tuple[str, str, str], str] = {}

    def __len__(self) -> int:
        return len(self.kept)

    def add(
        self, raw: str, reason: str, detail: str, source: str, account_token: str, at: datetime
    ) -> bool:
        key = (source, account_token, raw)
        is_new = key not in self.kept
        self.kept.setdefault(key, reason)
        return is_new


class InMemoryDirectory:
    """Fake of `Directory`: (kind, value) -> account id."""

    def __init__(self, entries: Mapping[tuple[str, str], str] | None = None) -> None:
        self.entries = dict(entries or {})

    def account_of(self, lookups: tuple[tuple[str, str], ...]) -> tuple[str, str] | None:
        for kind, value in lookups:
            if (kind, value) in self.entries:
                return self.entries[kind, value], kind
        return None
