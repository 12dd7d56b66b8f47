"""Hours of a connection whose source has one reading of what Wootric leaves open.

After every tick: nothing is missing before `complete_to`, with the right time, and the run has
ended within its requests. What differs at the end needs an open gap that says why.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from nps_core.keys import Kind
from nps_core.sync.proof.gaps import Gap
from nps_local.fakes.wootric.actions import NewAnswer, NewRow
from nps_local.fakes.wootric.data.model import Answer
from nps_local.fakes.wootric.server import FakeWootric
from nps_testing.fakes.sync import MovingTime
from nps_testing.worlds.sync_account import SyncAccount
from nps_testing.worlds.sync_truth import KINDS, differences, is_listed, rows, second_of

TICK_S, QUIET_TICK_S = 300.0, 840.0
MOST_REQUESTS = 200
"""Far above the need of a tick, far below what 15 minutes allow."""


@dataclass(frozen=True)
class Reading:
    """`source_is_ahead_s`: the source's clock minus ours. `told`: a word of the gap that stays."""

    switches: Mapping[str, Any] = field(default_factory=dict)
    source_is_ahead_s: float = 0.0
    told: str = ""


class OpenReading:
    """Lives with a reading; `gaps` and `differences` tell the end."""

    def __init__(self, reading: Reading, source: FakeWootric, time: MovingTime) -> None:
        self.source, self.time, self.random = source, time, Random(8)
        source.generate(answers=160, people=30, accounts=6, days=30)
        source.switch(dict(reading.switches))
        self.account = SyncAccount(source, time, backfill_days=60)
        self.most_requests = 0
        for row in self._answers()[:6:2]:
            source.actions.flag(row, excluded=True, completed=None)

    def live(self, hours: float, every_s: float = TICK_S, *, changes: bool = True) -> None:
        """Tick at an interval, with changes of the source in between."""
        end = self.time() + hours * 3600
        while self.time() < end:
            if changes:
                self._happen()
            self.time.sleep(every_s)
            self.tick()

    def tick(self) -> None:
        """Run one tick, and hold it to its word."""
        record = self.account.tick()
        self.most_requests = max(self.most_requests, record.requests)
        assert record.requests <= MOST_REQUESTS, record.as_dict()
        complete_to = self.account.coverage().complete_to
        if complete_to is not None:
            missing = list(self._missing_before(complete_to.timestamp()))
            assert not missing, (complete_to, missing, record.as_dict())

    def settle(self, hours: float) -> None:
        """Tick without changes until everything has been read again."""
        self.live(hours, QUIET_TICK_S, changes=False)

    @property
    def gaps(self) -> list[Gap]:
        return [gap for gap in self.account.proof_store.gaps() if gap.is_open]

    def differences(self) -> list[str]:
        return differences(self.account, self.account.state.stream("responses").backfill.from_s)

    def _missing_before(self, second: float) -> list[tuple[Kind, int]]:
        now_ms = self.source.context.now_ms()
        oldest = self.account.state.stream("responses").backfill.from_s
        return [
            (kind, row.id)
            for kind in KINDS
            for row in rows(self.account, kind)
            if oldest <= second_of(row) < second
            and is_listed(row, now_ms)
            and not self._is_stored_there(kind, row.id, second_of(row))
            and not self._is_hidden(row)
        ]

    def _is_stored_there(self, kind: Kind, row_id: int, second: int) -> bool:
        stored = self.account.stored(kind, row_id)
        return stored is not None and int(stored.answered_at.timestamp()) == second

    def _is_hidden(self, row: object) -> bool:
        """An excluded answer that no list shows counts nowhere, and cannot be known of."""
        hides = not self.source.context.switches.list_excluded
        return hides and isinstance(row, Answer) and row.excluded

    def _happen(self) -> None:
        actions, chance = self.source.actions, self.random.random
        for _ in range(self.random.randrange(3)):
            actions.answer(NewAnswer(score=self.random.randrange(11), end_user_id=self._someone()))
        if chance() < 0.3:
            actions.decline(NewRow(end_user_id=self._someone()))
        if chance() < 0.3:
            row = self._some_answer()
            actions.edit(row, {"score": self.random.randrange(11), "text": f"Changed {chance()}"})
        if chance() < 0.1:
            row = self._some_answer()
            actions.flag(row, excluded=not row.excluded, completed=None)
        if chance() < 0.1:
            actions.note(self._some_answer(), "Called & solved", "cs@example.com")

    def _answers(self) -> list[Answer]:
        return [row for row in self.source.store.answers.values() if not row.deleted]

    def _some_answer(self) -> Answer:
        return self.random.choice(self._answers())

    def _someone(self) -> int:
        return self.random.choice([user.id for user in self.source.store.live_users()])


def source_clock(time: MovingTime, ahead_s: float) -> Callable[[], float]:
    return lambda: time() + ahead_s
