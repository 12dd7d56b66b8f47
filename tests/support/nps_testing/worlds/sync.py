"""A whole connection in memory: the sync over fakes, with a source that can fail."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from nps_core.answers.ingest import Ingest
from nps_core.answers.matching import AccountRules
from nps_core.customers.people import Person
from nps_core.errors import SourceRejected
from nps_core.scoring import categorize
from nps_core.sync.lists import KINDS, STREAMS, Stream
from nps_core.sync.proof.audit import AuditState
from nps_core.sync.proof.counting import ClassCounts, Days
from nps_core.sync.proof.coverage import Coverage, coverage
from nps_core.sync.proof.gaps import Gap
from nps_core.sync.reading.checkpoint import StreamCheckpoint
from nps_core.sync.reading.cursor import PageQuery
from nps_core.sync.runlog import RunRecord
from nps_testing.fakes.stores import InMemoryAnswerStore, InMemoryDirectory, InMemoryQuarantine
from nps_testing.fakes.sync import (
    AnsweredBy,
    InMemoryPeople,
    InMemoryProfiles,
    InMemoryProofStore,
    InMemorySyncState,
    ListedRows,
    MovingTime,
    ScriptedSource,
)
from nps_testing.stacks.environment import TOKEN
from sync_wootric.metrics import numbers
from sync_wootric.reading.pages import PageStore
from sync_wootric.run import Clock, RunSettings
from sync_wootric.tick import Sync

DAY_MS = 86_400_000


def _nothing(_page: int) -> None:
    """Let a page pass."""


@dataclass
class World:
    """`rows` holds the source's rows per stream; `before_page` may raise, or change them."""

    backfill_days: int = 180
    lambda_s: float = 900.0
    page_s: float = 0.75
    embeds_email: bool = True
    time: MovingTime = field(default_factory=MovingTime)
    changes: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Fields by row id that differ from those of an ordinary row."""
    before_page: Callable[[int], None] = _nothing
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("America/Los_Angeles"))
    metric: str = "NPS"
    refuses_changes: bool = False
    """Whether the source refuses a filter by change that it has supported."""

    def __post_init__(self) -> None:
        self.rows: dict[Stream, dict[str, int]] = {"responses": {}, "declines": {}}
        self.users: dict[str, dict[str, Any]] = {}
        self.erased_users: set[str] = set()
        self.refuses_people = False
        self.state, self.connections = InMemorySyncState(), InMemoryProfiles()
        self.proof_store, self.known = InMemoryProofStore(), InMemoryPeople()
        self.answers, self.quarantine = InMemoryAnswerStore(), InMemoryQuarantine()
        self.people = AnsweredBy({"7": Person("ana@acme.example", "u-7")})
        self.source = ScriptedSource(self._page)
        self.source.records, self.source.counts = self.record, self._counts
        self.random = Random(4)
        self.pages = self.ticks = 0
        rules = AccountRules.of("company_id,company", "company", "csm_email")
        self.directory = InMemoryDirectory()
        ingest = Ingest(self.answers, self.directory, rules, self.metric)
        self.sync = Sync(
            RunSettings(
                account_token=TOKEN,
                backfill_days=self.backfill_days,
                overlap=timedelta(minutes=15),
                metric=self.metric,
                zone=self.zone,
                round_every=timedelta(hours=4),
                host="https://api.wootric.com",
                report_to="cs-team@example.com",
            ),
            self.source,
            PageStore(TOKEN, ingest, self.quarantine, self.people),
            self.state,
            self.proof_store,
            self.known,
            self.connections,
        )

    def add(self, count: int, days: float = 180, stream: Stream = "responses") -> None:
        """Add rows spread over the past `days`."""
        now_ms, known = int(self.time() * 1000), self.rows[stream]
        for _ in range(count):
            known[str(len(known) + 1)] = now_ms - self.random.randrange(int(days * DAY_MS) + 1)

    def tick(self) -> RunRecord:
        return self.tick_with_numbers()[0]

    def tick_with_numbers(self) -> tuple[RunRecord, dict[str, float]]:
        """Run one tick; returns its metrics as well."""
        self.ticks += 1
        began = self.time()
        clock = Clock.start(self.time.now(), self.time, self.time.sleep)
        result = self.sync.tick(
            f"run-{self.ticks}", clock, lambda: int(1000 * (began + self.lambda_s - self.time()))
        )
        now = self.time.now()
        lag_s, open_gaps = self.sync.lag_s(now), self.sync.open_gaps()
        return result.record, numbers(result.record, result.responses, lag_s, open_gaps)

    def preview_audit(self) -> tuple[RunRecord, Mapping[str, Any]]:
        """Preview what an audit would read again."""
        return self.sync.preview_audit("preview", self._clock(), lambda: 900_000)

    def preview_backfill(self, since_s: int) -> tuple[RunRecord, Mapping[str, Any]]:
        """Preview how much a backfill would read."""
        return self.sync.preview_backfill("preview", self._clock(), lambda: 900_000, since_s)

    def _clock(self) -> Clock:
        return Clock.start(self.time.now(), self.time, self.time.sleep)

    def counts_in(self, zone: str) -> Callable[[Days], ClassCounts]:
        """Count as a source in another time zone does."""
        return lambda days: self._counts_between(*days.seconds(ZoneInfo(zone)))

    def coverage(self) -> Coverage:
        """The coverage that an operator sees."""
        checkpoints: dict[Stream, StreamCheckpoint | None] = {
            stream: self.state.stream(stream) if stream in self.state.checkpoints else None
            for stream in STREAMS
        }
        overlap = timedelta(minutes=15)
        text = self.state.checkpoints.get("audit")
        unequal = list(AuditState.from_json(text).lacking(self.zone)) if text else []
        return coverage(checkpoints, self.proof_store.gaps(), overlap, unequal)

    def open_gaps(self) -> list[Gap]:
        return [gap for gap in self.proof_store.gaps() if gap.is_open]

    def requests_for(self, listing: str) -> int:
        """The number of requested pages of a listing."""
        return sum(asked == listing for asked, _ in self.source.asked)

    def missing(self, stream: Stream = "responses") -> set[str]:
        """Ids of the source that are not stored."""
        stored = {new.key.id for _, new in self.answers.changes if new and _is(new, stream)}
        return set(self.rows[stream]) - stored

    def _page(self, listing: str, query: PageQuery) -> list[Any]:
        self.pages += 1
        self.before_page(self.pages)
        self.time.epoch_s += self.page_s
        if query.by == "updated" and self.refuses_changes and listing != "end_users":
            raise SourceRejected("updated[gte] is invalid")
        if listing == "end_users" and self.refuses_people:
            raise SourceRejected("page is invalid")
        if listing == "end_users":
            listed = ListedRows(self._times_of_users(), self.random).page(query)
            return [{"id": int(ref.id), **self.users[ref.id]} for ref in listed]
        *owner, stream = listing.split("/")
        rows = self.rows["responses" if stream == "responses" else "declines"]
        now_ms = self.time() * 1000
        visible = {
            row: self._updated_ms(row, at) if query.by == "updated" else at
            for row, at in rows.items()
            if at <= now_ms and (not owner or owner[1] == self._user_of(row))
        }
        listed = ListedRows(visible, self.random).page(query)
        return [self.row(ref.id, rows[ref.id] // 1000) for ref in listed]

    def record(self, path: str) -> dict[str, Any] | None:
        owner, user, *rest = path.split("/")
        if owner != "end_users":
            rest = [owner, user]
        if not rest:
            return None if user in self.erased_users else {"id": int(user)}
        rows = self.rows["responses" if rest[0] == "responses" else "declines"]
        return self.row(rest[1], rows[rest[1]] // 1000) if rest[1] in rows else None

    def _counts(self, days: Days) -> ClassCounts:
        return self._counts_between(*days.seconds(self.zone))

    def _counts_between(self, from_s: int, to_s: int) -> ClassCounts:
        total = [0, 0, 0]
        for row, at in self.rows["responses"].items():
            change = self.changes.get(row, {})
            score = change.get("score", 9)
            is_out = change.get("excluded_from_calculations", False)
            is_score = isinstance(score, int) and 0 <= score <= 10
            if from_s * 1000 <= at < to_s * 1000 and not is_out and is_score:
                total[("promoter", "passive", "detractor").index(categorize(score))] += 1
        return ClassCounts(*total)

    def _user_of(self, row: str) -> str:
        return str(self.changes.get(row, {}).get("end_user_id", 7))

    def _times_of_users(self) -> dict[str, int]:
        moments = {
            user_id: datetime.fromisoformat(user["updated_at"]).timestamp()
            for user_id, user in self.users.items()
        }
        return {user_id: int(moment * 1000) for user_id, moment in moments.items()}

    def _updated_ms(self, row: str, created_ms: int) -> int:
        text = self.changes.get(row, {}).get("updated_at")
        return int(datetime.fromisoformat(text).timestamp() * 1000) if text else created_ms

    def row(self, row_id: str, second: int) -> dict[str, Any]:
        """A row in the source's format."""
        created = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S %z")
        user: dict[str, Any] = {"properties": {"company_id": "c-1"}}
        if self.embeds_email:
            user["email"] = "ana@acme.example"
        row: dict[str, Any] = {"id": int(row_id), "end_user_id": 7, "score": 9, "end_user": user}
        return {**row, "created_at": created, "updated_at": created, **self.changes.get(row_id, {})}


def _is(answer: Any, stream: Stream) -> bool:
    return bool(answer.key.kind == KINDS[stream])
