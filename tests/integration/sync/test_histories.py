"""Random histories at the source, under every variant of its undocumented behaviour.

Inserts, also dated back, edits, deletions, erasures, full pages of one second, and changes while a
run reads; runs that are killed, requests that fail. Once all is quiet the stored answers are the
source's own, the counts prove it, and `complete_to` says so.
"""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nps_local.fakes.wootric.actions import NewAnswer, NewRow
from nps_local.fakes.wootric.data.model import Answer
from nps_local.fakes.wootric.server import FakeWootric
from nps_testing.effort import usually
from nps_testing.fakes.sync import MovingTime
from nps_testing.stacks.crashes import Killed
from nps_testing.worlds.sync_account import Moment, SyncAccount
from nps_testing.worlds.sync_truth import differences

STEADY = settings(
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=usually(30, soak=200),
    suppress_health_check=list(HealthCheck),
)
QUIET_DAYS, QUIET_TICK_S = 9, 8 * 3_600
TEXTS = (None, "Exports time out", 'It\'s "fine" & <quick>', "مرحبا 👩‍💻")

switches = st.fixed_dictionaries(
    {},
    optional={
        "page_over_cap": st.sampled_from(["empty", "error400"]),
        "bounds": st.sampled_from(["ms", "whole_second"]),
        "tie_order": st.sampled_from(["shuffled", "stable"]),
        "responses_updated_filter": st.sampled_from(["ignored", "supported", "error400"]),
        "response_by_id": st.sampled_from(["not_offered", "offered"]),
        "notes_when_empty": st.sampled_from(["null", "[]"]),
        "end_user_embed": st.sampled_from(
            ["email+properties", "properties", "id+email+external_id+properties"]
        ),
        "tag_shape": st.sampled_from(["strings", "objects"]),
        "unnamed_keys": st.booleans(),
        "payload_time_zone": st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu"]),
        "html_escape_text": st.booleans(),
        "note_edit_bumps_updated_at": st.booleans(),
        "flag_edit_bumps_updated_at": st.booleans(),
        "answer_edit_bumps_end_user": st.booleans(),
        "new_answer_bumps_end_user": st.booleans(),
        "hide_never_surveyed_end_users": st.booleans(),
        "rate_limit": st.sampled_from([15, 60, 1_000]),
        "rate_limit_scope": st.sampled_from(["account", "endpoint"]),
        "unlimited_endpoints": st.sampled_from([(), ("/v1/nps_summary",), ("/v1/",)]),
        "clock_skew_s": st.sampled_from([-40.0, 25.0, 3_600.0]),
        "token_ttl": st.sampled_from([60, 7_200]),
        "token_shape": st.sampled_from(["documented", "observed_2022"]),
        "new_token_kills_old": st.booleans(),
        "error_body": st.just("error_list"),
        "create_lag_ms": st.sampled_from([4_000, 600_000]),
    },
)
changes = st.tuples(
    st.sampled_from(
        "answers burst back_dated decline edit exclude tag note complete delete delete_decline"
        " address erase".split()
    ),
    st.integers(0, 1_000),
)
faults = st.sampled_from(["error500", "error502", "reset", "truncate", "rate_limited", "revoke"])
steps = st.one_of(
    st.tuples(st.just("change"), changes),
    st.tuples(st.just("change"), changes),
    st.tuples(st.just("pause"), st.sampled_from([1, 240, 800, 4_000, 90_000])),
    st.tuples(st.just("tick"), st.none()),
    st.tuples(st.just("kill"), st.integers(1, 9)),
    st.tuples(st.just("meanwhile"), st.tuples(st.integers(1, 6), changes)),
    st.tuples(st.just("fail"), st.lists(faults, min_size=1, max_size=5)),
    st.tuples(st.just("switch"), switches),
)


class History:
    """What happens to one account."""

    def __init__(self, account: SyncAccount) -> None:
        self.account, self.source = account, account.source

    def change(self, change: tuple[str, int]) -> None:
        """Change something at the source; the number decides what and how much."""
        name, number = change
        random = Random(number)
        act: Callable[[Random], None] = getattr(self, f"_{name}")
        with self.source.store.lock:
            act(random)

    def tick(self) -> None:
        """Run a tick, which may be killed."""
        try:
            self.account.tick()
        except Killed:
            self.account.new_process()
        self.account.on_request = lambda _number, _moment: None

    def at_request(self, number: int, act: Callable[[], None]) -> None:
        """Do something when the next tick has its request of that number answered."""
        first = self.account.requests

        def watch(at: int, moment: Moment) -> None:
            if (at, moment) == (first + number, "answered"):
                act()

        self.account.on_request = watch

    def step(self, name: str, value: Any) -> None:
        """Do one step of a history."""
        match name:
            case "change":
                self.change(value)
            case "pause":
                self.account.time.sleep(value)
            case "switch":
                self.source.switch(value)
            case "fail":
                self.source.fail(script=["ok", *value])
                self.tick()
            case "kill":
                self.at_request(value, _die)
                self.tick()
            case "meanwhile":
                number, change = value
                self.at_request(number, lambda: self.change(change))
                self.tick()
            case _:
                self.tick()

    def _answers(self, random: Random) -> None:
        for _ in range(random.choice((1, 3, 55))):
            self._answer(random, self.source.actions.now_ms() - random.randrange(20_000))

    def _burst(self, random: Random) -> None:
        second = self.source.actions.now_ms() // 1_000 - random.choice((0, 30, 40 * 86_400))
        for _ in range(random.choice((49, 50, 51, 100, 130))):
            self._answer(random, second * 1_000 + random.randrange(1_000))

    def _back_dated(self, random: Random) -> None:
        age_ms = random.randrange(58 * 86_400_000)
        self._answer(random, self.source.actions.now_ms() - age_ms)

    def _decline(self, random: Random) -> None:
        for age in (0, random.randrange(50 * 86_400_000)):
            created_ms = self.source.actions.now_ms() - age
            new = NewRow(end_user_id=self._someone(random), created_ms=created_ms)
            self.source.actions.decline(new)

    def _edit(self, random: Random) -> None:
        if row := self._some_answer(random):
            edit = {"score": random.randrange(11), "text": random.choice(TEXTS)}
            self.source.actions.edit(row, edit)

    def _exclude(self, random: Random) -> None:
        if row := self._some_answer(random):
            self.source.actions.flag(row, excluded=not row.excluded, completed=None)

    def _complete(self, random: Random) -> None:
        if row := self._some_answer(random):
            self.source.actions.flag(row, excluded=None, completed=not row.completed)

    def _tag(self, random: Random) -> None:
        if row := self._some_answer(random):
            self.source.actions.tag(row, random.choice(([], ["A"], ["A", "B & C"])))

    def _note(self, random: Random) -> None:
        if row := self._some_answer(random):
            self.source.actions.note(row, "Called & solved", "cs@example.com")

    def _delete(self, random: Random) -> None:
        if row := self._some_answer(random):
            self.source.store.remove_row(row)

    def _delete_decline(self, random: Random) -> None:
        alive = [row for row in self.source.store.declines.values() if not row.deleted]
        if alive:
            self.source.store.remove_row(random.choice(alive))

    def _address(self, random: Random) -> None:
        user = self.source.store.users[self._someone(random)]
        self.source.actions.edit_user(user, {"email": f"new{user.version}.{user.id}@example.com"})

    def _erase(self, random: Random) -> None:
        self.source.erase(self._someone(random))

    def _answer(self, random: Random, created_ms: int) -> None:
        self.source.actions.answer(
            NewAnswer(
                score=random.randrange(11),
                text=random.choice(TEXTS),
                end_user_id=self._someone(random),
                created_ms=created_ms,
                excluded=random.random() < 0.1,
            )
        )

    def _someone(self, random: Random) -> int:
        return random.choice(self.source.store.live_users()).id

    def _some_answer(self, random: Random) -> Answer | None:
        alive = [row for row in self.source.store.answers.values() if not row.deleted]
        return random.choice(alive) if alive else None


def _die() -> None:
    raise Killed


@STEADY
@given(
    readings=switches,
    answers=st.sampled_from([0, 30, 120]),
    history=st.lists(steps, min_size=5, max_size=25),
)
def test_any_history__ends_with_the_sources_own_answers(
    readings: dict[str, Any], answers: int, history: list[tuple[str, Any]]
) -> None:
    time = MovingTime()
    with FakeWootric(now=time) as source:
        source.generate(answers=answers, people=25, accounts=4, days=70, ties=0.3)
        source.switch(readings)
        account = SyncAccount(source, time, backfill_days=60)
        played = History(account)
        for name, value in history:
            played.step(name, value)
        source.fail()
        account.ticks(24 * QUIET_DAYS, QUIET_TICK_S)
        account.tick()
        oldest_s = account.state.stream("responses").backfill.from_s
        assert differences(account, oldest_s) == []
        assert [gap for gap in account.proof_store.gaps() if gap.is_open] == []
        assert account.proof_store.suspects() == []
        proof, covered = account.audit().proof, account.coverage()
        assert proof is None or proof.holds
        assert covered.complete_to is not None
        assert covered.held_by is None
        assert time.now() - covered.complete_to < timedelta(minutes=25)
