"""One connection with its source: the real client and sync over real HTTP, stores in memory.

Processes can be replaced, and time moves only by sleeping. A hook runs before every request and
after its answer: there a test can kill the run or change the source.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from nps_core.answers.ingest import Ingest
from nps_core.answers.matching import AccountRules
from nps_core.answers.models import Answer
from nps_core.connections.secret import Secret
from nps_core.connectors.pacing import Pacer
from nps_core.connectors.wootric.client import WootricClient
from nps_core.connectors.wootric.end_users import EndUsers
from nps_core.connectors.wootric.protocol import RateInfo
from nps_core.keys import AnswerKey, Kind
from nps_core.sync.identity import known_answers
from nps_core.sync.lease import Grant
from nps_core.sync.lists import STREAMS, Stream
from nps_core.sync.proof.audit import AuditState
from nps_core.sync.proof.coverage import Coverage, coverage
from nps_core.sync.reading.checkpoint import StreamCheckpoint
from nps_core.sync.runlog import RunRecord
from nps_local.fakes.wootric.server import FakeWootric
from nps_testing.fakes.stores import InMemoryAnswerStore, InMemoryDirectory, InMemoryQuarantine
from nps_testing.fakes.sync import (
    InMemoryPeople,
    InMemoryProfiles,
    InMemoryProofStore,
    InMemorySyncState,
    MovingTime,
)
from nps_testing.sources.rows import missing
from nps_testing.stacks.environment import TOKEN
from sync_wootric.reading.pages import PageStore
from sync_wootric.run import Clock, RunSettings
from sync_wootric.tick import Sync

OVERLAP = timedelta(minutes=15)
ZONE = ZoneInfo("America/Los_Angeles")

Moment = Literal["asked", "answered"]


def _nothing(_number: int, _moment: Moment) -> None:
    """Let a request pass."""


class SyncAccount:
    """`on_request` gets the number of the request, counted over all processes."""

    def __init__(
        self,
        source: FakeWootric,
        time: MovingTime,
        *,
        per_minute: int = 80,
        backfill_days: int = 180,
        round_hours: int = 4,
        answers: InMemoryAnswerStore | None = None,
    ) -> None:
        self.source, self.time = source, time
        self.on_request: Callable[[int, Moment], None] = _nothing
        self.runs = self.requests = 0
        self.state, self.proof_store, self.people = (
            SavedState(),
            InMemoryProofStore(),
            InMemoryPeople(),
        )
        self.connections, self.quarantine = InMemoryProfiles(), InMemoryQuarantine()
        self.answers = InMemoryAnswerStore() if answers is None else answers
        self._per_minute = per_minute
        self._settings = RunSettings(
            account_token=TOKEN,
            backfill_days=backfill_days,
            overlap=OVERLAP,
            metric="NPS",
            zone=ZONE,
            round_every=timedelta(hours=round_hours),
            host=source.url,
            report_to="cs-team@example.com",
        )
        self.new_process()

    def new_process(self) -> None:
        """Drop everything that a process keeps in memory, as a cold start does."""
        pacer = _Watched(self, self._per_minute)
        client = WootricClient(
            TOKEN,
            self.source.url,
            _Secrets(self.source),
            pacer,
            witnesses=known_answers(
                self.answers,
                self.state,
                TOKEN,
                lambda: self.connections.account_accepted_at(TOKEN),
            ),
        )
        rules = AccountRules.of("company_id,company", "company", "csm_email")
        self.ingest = Ingest(self.answers, InMemoryDirectory(), rules, "NPS")
        people = EndUsers(client, self.people, self.time)
        pages = PageStore(TOKEN, self.ingest, self.quarantine, people)
        self.sync = Sync(
            self._settings,
            client,
            pages,
            self.state,
            self.proof_store,
            self.people,
            self.connections,
        )

    def tick(self, lambda_s: float = 900.0) -> RunRecord:
        """Run one tick; time moves by the waits of the run."""
        self.runs += 1
        began = self.time()
        clock = Clock.start(self.time.now(), self.time, self.time.sleep)
        return self.sync.tick(
            f"run-{self.runs}", clock, lambda: int(1000 * (began + lambda_s - self.time()))
        ).record

    def tick_of_another(self) -> RunRecord:
        """Run one tick in another process, while a tick of this process is in progress."""
        mine, watched = (self.sync, self.ingest), self.on_request
        self.on_request = _nothing
        self.new_process()
        record = self.tick()
        (self.sync, self.ingest), self.on_request = mine, watched
        return record

    def until_complete(self) -> list[RunRecord]:
        """Tick every five minutes until a run is complete."""
        records = [self.tick()]
        while records[-1].status != "complete":
            assert len(records) < 50, records[-1].as_dict()
            self.time.sleep(300)
            records.append(self.tick())
        return records

    def ticks(self, hours: float, every_s: float = 300.0) -> list[RunRecord]:
        """Tick at a steady interval, measured from start to start."""
        end, records = self.time() + hours * 3600, []
        while (began := self.time()) < end:
            records.append(self.tick())
            self.time.sleep(max(0.0, began + every_s - self.time()))
        return records

    def accept_removals(self) -> None:
        """Accept what waits for an operator, if anything does."""
        if any(gap.is_open and gap.kind == "brake" for gap in self.proof_store.gaps()):
            for suspect in self.proof_store.suspects():
                self.proof_store.put_suspect(replace(suspect, accepted_at=self.time.now()))

    def coverage(self) -> Coverage:
        """The coverage that an operator sees."""
        known: dict[Stream, StreamCheckpoint | None] = {
            stream: self.state.stream(stream) if stream in self.state.checkpoints else None
            for stream in STREAMS
        }
        unequal = list(self.audit().lacking(ZONE))
        return coverage(known, self.proof_store.gaps(), OVERLAP, unequal)

    def audit(self) -> AuditState:
        text = self.state.checkpoints.get("audit")
        return AuditState.from_json(text) if text else AuditState()

    def stored(self, kind: Kind, row_id: object) -> Answer | None:
        return self.answers.get(AnswerKey(TOKEN, kind, str(row_id)))

    def lost(self) -> int:
        """The number of rows of the source that are not stored."""
        kinds: tuple[Kind, ...] = ("response", "decline")
        return sum(
            row["visible"] and self.stored(kind, row["id"]) is None
            for kind in kinds
            for row in self.source.source(kind)
        )

    def missing(self) -> set[str]:
        """Rows of the source that are not stored, or differ."""
        return missing(self.source, self.answers)

    def asked(self, path: str = "") -> int:
        """The number of requests at the source, in all or of a path such as `GET /v1/responses`."""
        stats: dict[str, Any] = self.source.stats()
        return int(stats["endpoints"].get(path, 0) if path else stats["total"])


class SavedState(InMemorySyncState):
    """Also keeps every saved checkpoint in order, until a test clears them."""

    def __init__(self) -> None:
        super().__init__()
        self.saved: list[tuple[str, str]] = []

    def save_checkpoint(self, grant: Grant, name: str, state: str) -> None:
        super().save_checkpoint(grant, name, state)
        self.saved.append((name, state))


class _Watched(Pacer):
    """Calls the account's hook at every request."""

    def __init__(self, account: SyncAccount, per_minute: int) -> None:
        super().__init__(per_minute, account.time.sleep, account.time)
        self._account = account

    def start(self) -> None:
        super().start()
        self._account.requests += 1
        self._account.on_request(self._account.requests, "asked")

    def observe(self, info: RateInfo, now_s: float) -> None:
        self._account.on_request(self._account.requests, "answered")
        super().observe(info, now_s)


class _Secrets:
    """The fake's own credentials."""

    def __init__(self, source: FakeWootric) -> None:
        known = source.credentials
        self._secret = Secret(known.client_id, known.client_secret)

    def get(self, _now: object) -> Secret:
        return self._secret

    refetch = get
