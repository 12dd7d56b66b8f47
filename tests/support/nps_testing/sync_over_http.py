"""The real client and service against the bundled fake over real HTTP, stores in memory.

For what takes many answers and asks nothing of DynamoDB. Time moves by what the run sleeps.
"""

from datetime import timedelta
from zoneinfo import ZoneInfo

from nps_core.accounts import AccountRules
from nps_core.adapters.end_users import EndUsers
from nps_core.adapters.pacing import Pacer
from nps_core.adapters.wootric import WootricClient
from nps_core.ingest import Ingest
from nps_core.runlog import RunRecord
from nps_core.secret import Secret
from nps_local.fake_wootric.oauth import Credentials
from nps_local.fake_wootric.server import FakeWootric
from nps_testing.environment import TOKEN
from nps_testing.fake_sync import (
    InMemoryConnections,
    InMemoryHoles,
    InMemoryPeople,
    InMemorySyncState,
    MovingTime,
)
from nps_testing.fakes import InMemoryAnswerStore, InMemoryDirectory, InMemoryQuarantine
from nps_testing.sync_source import missing
from sync_wootric.rows import RowStore
from sync_wootric.run import Clock
from sync_wootric.service import Sync
from sync_wootric.work import Plan

PER_MINUTE = 80
_ZONE = ZoneInfo("America/Los_Angeles")


class _Secrets:
    """The fake's own credentials."""

    def get(self, _now: object) -> Secret:
        """Return them."""
        known = Credentials()
        return Secret(known.client_id, known.client_secret)

    refetch = get


class SyncOverHttp:
    """One connection with its source."""

    def __init__(self, source: FakeWootric, time: MovingTime) -> None:
        self.source, self.time, self.state = source, time, InMemorySyncState()
        self.answers, self.runs = InMemoryAnswerStore(), 0
        client = WootricClient(TOKEN, source.url, _Secrets(), Pacer(PER_MINUTE, time.sleep, time))
        rules = AccountRules.of("company_id,company", "company", "csm_email")
        ingest = Ingest(self.answers, InMemoryDirectory(), rules, "NPS")
        self.people, self.holes = InMemoryPeople(), InMemoryHoles()
        rows = RowStore(TOKEN, ingest, InMemoryQuarantine(), EndUsers(client, self.people, time))
        plan = Plan(
            TOKEN, 180, timedelta(minutes=15), "NPS", _ZONE, source.url, "cs-team@example.com"
        )
        self.sync = Sync(
            plan, client, rows, self.state, self.holes, self.people, InMemoryConnections()
        )

    def tick(self) -> RunRecord:
        """Run one tick of at most 900 s."""
        self.runs += 1
        began = self.time()
        clock = Clock.start(self.time.now(), self.time, self.time.sleep)
        return self.sync.tick(
            f"run-{self.runs}", clock, lambda: int(1000 * (began + 900 - self.time()))
        )[0]

    def until_complete(self) -> list[RunRecord]:
        """Tick every five minutes until everything is in."""
        records = [self.tick()]
        while records[-1].status != "complete":
            assert len(records) < 50, records[-1].as_dict()
            self.time.sleep(300)
            records.append(self.tick())
        return records

    def missing(self) -> set[str]:
        """Rows of the source that are not stored as they are there."""
        return missing(self.source, self.answers)
