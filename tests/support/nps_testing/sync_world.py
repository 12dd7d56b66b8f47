"""A whole connection in memory: the sync's service over fakes, with a source that can fail."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from nps_core.accounts import AccountRules
from nps_core.adapters.end_users import Person
from nps_core.ingest import Ingest
from nps_core.positions import PageQuery
from nps_core.runlog import RunRecord
from nps_core.wootric import KINDS, Stream
from nps_testing.environment import TOKEN
from nps_testing.fake_sync import (
    InMemoryConnections,
    InMemorySyncState,
    KnownPeople,
    ListedRows,
    MovingTime,
    ScriptedSource,
)
from nps_testing.fakes import InMemoryAnswerStore, InMemoryDirectory, InMemoryQuarantine
from sync_wootric.metrics import numbers
from sync_wootric.rows import RowStore
from sync_wootric.run import Clock
from sync_wootric.service import Plan, Sync

DAY_MS = 86_400_000


class Killed(BaseException):
    """The process is gone: no handler of the run may catch this."""


def _nothing(_page: int) -> None:
    """Let a page pass."""


@dataclass
class World:
    """`rows` is the source's truth per stream; `before_page` may raise, or change it."""

    backfill_days: int = 180
    lambda_s: float = 900.0
    page_s: float = 0.75
    embeds_email: bool = True
    time: MovingTime = field(default_factory=MovingTime)
    changes: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Fields of single rows, by id, that differ from those of an ordinary row."""
    before_page: Callable[[int], None] = _nothing

    def __post_init__(self) -> None:
        self.rows: dict[Stream, dict[str, int]] = {"responses": {}, "declines": {}}
        self.state, self.connections = InMemorySyncState(), InMemoryConnections()
        self.answers, self.quarantine = InMemoryAnswerStore(), InMemoryQuarantine()
        self.people = KnownPeople({"7": Person("ana@acme.example", "u-7")})
        self.source = ScriptedSource(self._page)
        self.random = Random(4)
        self.pages = self.ticks = 0
        rules = AccountRules.of("company_id,company", "company", "csm_email")
        ingest = Ingest(self.answers, InMemoryDirectory(), rules, "NPS")
        self.sync = Sync(
            Plan(TOKEN, self.backfill_days, timedelta(minutes=15), "cs-team@example.com"),
            self.source,
            RowStore(TOKEN, ingest, self.quarantine, self.people),
            self.state,
            self.connections,
        )

    def add(self, count: int, days: float = 180, stream: Stream = "responses") -> None:
        """Add rows spread over the past `days`."""
        now_ms, known = int(self.time() * 1000), self.rows[stream]
        for _ in range(count):
            known[str(len(known) + 1)] = now_ms - self.random.randrange(int(days * DAY_MS) + 1)

    def tick(self) -> RunRecord:
        """Run one tick."""
        return self.tick_with_numbers()[0]

    def tick_with_numbers(self) -> tuple[RunRecord, dict[str, float]]:
        """Run one tick; returns its metrics as well."""
        self.ticks += 1
        began = self.time()
        clock = Clock.start(self.time.now(), self.time, self.time.sleep)
        record, run = self.sync.tick(
            f"run-{self.ticks}", clock, lambda: int(1000 * (began + self.lambda_s - self.time()))
        )
        return record, numbers(record, run, self.sync.lag_s(self.time.now()))

    def missing(self, stream: Stream = "responses") -> set[str]:
        """Ids of the source that are not stored."""
        stored = {new.key.id for _, new in self.answers.changes if new and _is(new, stream)}
        return set(self.rows[stream]) - stored

    def _page(self, stream: Stream, query: PageQuery) -> list[Any]:
        self.pages += 1
        self.before_page(self.pages)
        self.time.epoch_s += self.page_s
        now_ms = self.time() * 1000
        visible = {row: at for row, at in self.rows[stream].items() if at <= now_ms}
        listed = ListedRows(visible, self.random).page(query)
        return [self._row(ref.id, ref.second or 0) for ref in listed]

    def _row(self, row_id: str, second: int) -> dict[str, Any]:
        created = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S %z")
        user: dict[str, Any] = {"properties": {"company_id": "c-1"}}
        if self.embeds_email:
            user["email"] = "ana@acme.example"
        row: dict[str, Any] = {"id": int(row_id), "end_user_id": 7, "score": 9, "end_user": user}
        return {**row, "created_at": created, "updated_at": created, **self.changes.get(row_id, {})}


def _is(answer: Any, stream: Stream) -> bool:
    return bool(answer.key.kind == KINDS[stream])
