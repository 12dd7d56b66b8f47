"""Days of a connection full of failures and races, drawn from one seed."""

from collections.abc import Callable
from random import Random

from nps_core.answers.models import Answer
from nps_core.errors import StoreUnavailable
from nps_core.keys import Kind
from nps_core.sync.runlog import RunRecord
from nps_local.fakes.wootric.actions import NewAnswer, NewRow
from nps_local.fakes.wootric.data.model import Answer as SourceAnswer
from nps_local.fakes.wootric.data.model import Decline
from nps_local.fakes.wootric.hooks.webhooks import Event, encode
from nps_testing.fakes.stores import InMemoryAnswerStore
from nps_testing.stacks.crashes import Killed
from nps_testing.worlds.sync_account import Moment, SyncAccount
from nps_testing.worlds.sync_claims import Claims
from webhook_receiver.service import VerifiedStores, store

TICK_S = 300.0
FAULTS = {"error500": 0.01, "error502": 0.01, "reset": 0.005, "truncate": 0.005, "timeout": 0.005}


class FragileStore(InMemoryAnswerStore):
    """Fails before or after a write on request."""

    def __init__(self) -> None:
        super().__init__()
        self.fail: Callable[[Moment], None] | None = None

    def put(self, answer: Answer, expected_rev: int | None) -> bool:
        if self.fail:
            self.fail("asked")
        done = super().put(answer, expected_rev)
        if self.fail:
            self.fail("answered")
        return done


class Post:
    """Webhooks through the real path: 5 % are lost, others arrive twice, late and out of order."""

    def __init__(self, account: SyncAccount, random: Random) -> None:
        self.account, self.random = account, random
        self.sent = self.lost = 0
        self._waiting: list[tuple[float, bytes]] = []

    def send(self, row: SourceAnswer | Decline, event: Event) -> None:
        """Send the webhook of a row as it is now."""
        self.sent += 1
        if self.random.random() < 0.05:
            self.lost += 1
            return
        notification = self.account.source.actions.notification(row, event)
        body = encode(notification, int(self.account.time() * 1000), "json").body
        for _ in range(2 if self.random.random() < 0.05 else 1):
            late = self.random.random() < 0.1
            delay = self.random.uniform(0, 7_200 if late else 4)
            self._waiting.append((self.account.time() + delay, body))

    def deliver(self) -> None:
        """Deliver the webhooks that are due."""
        now = self.account.time()
        due = sorted(one for one in self._waiting if one[0] <= now)
        self._waiting = [one for one in self._waiting if one[0] > now]
        stores = VerifiedStores(self.account.ingest, self.account.quarantine)
        for _, body in due:
            store(body, stores, self.account.time.now())


class HardDays:
    """Simulates hours with failing runs; checks `claims` after every tick."""

    def __init__(self, account: SyncAccount, answers: FragileStore, seed: int) -> None:
        self.account, self.answers, self.random = account, answers, Random(seed)
        self.claims, self.post = Claims(account), Post(account, self.random)
        self.ticks = self.kills = self.doubles = 0
        self.happened: dict[str, int] = {}
        self._rates: dict[Callable[[], None], float] = {
            self.answer: 12,
            self.decline: 3,
            self.late_edit: 0.4,
            self.delete: 0.2,
            self.delete_decline: 0.1,
            self.exclude: 0.2,
            self.insert_back_dated: 0.2,
            self.label: 0.5,
            self.new_address: 0.15,
        }

    def live(self, hours: float) -> None:
        """Simulate hours with a tick every five minutes."""
        end = self.account.time() + hours * 3600
        while self.account.time() < end:
            self.pass_time()
            self.tick()

    def pass_time(self, seconds: float = TICK_S) -> None:
        """Let source and webhooks act until the next tick of the schedule."""
        time = self.account.time
        end = (time() // TICK_S + 1) * TICK_S + seconds - TICK_S
        rates = self._rates
        number = self._number(sum(rates.values()) * (end - time()) / 3600)
        for moment in sorted(self.random.uniform(time(), end) for _ in range(number)):
            time.sleep(max(0.0, moment - time()))
            self.post.deliver()
            self._something()
        time.sleep(max(0.0, end - time()))
        self.post.deliver()

    def tick(self) -> None:
        """Run a tick that may meet a kill, a second run, a change, or a store that is down."""
        self.ticks += 1
        mishap = self.random.choices(
            (None, self._kill, self._kill_at_a_write, self._store_down, self._second_run,
             self._change_meanwhile),
            (75, 8, 3, 3, 4, 7),
        )[0]  # fmt: skip
        if mishap:
            mishap()
        self.claims.before()
        record: RunRecord | None = None
        try:
            record = self.account.tick()
        except Killed:
            self.kills += 1
            self.account.new_process()
        self.account.on_request, self.answers.fail = lambda _number, _moment: None, None
        self.claims.after(record)
        self.account.accept_removals()

    def answer(self) -> None:
        """A person answers; the comment follows within a minute; 5 % are listed late."""
        now_ms, lag_ms = self.account.source.context.now_ms(), 0
        if self.random.random() < 0.05:
            lag_ms = self.random.randrange(895_000)
        made = self.account.source.actions.answer(
            NewAnswer(
                score=self.random.randrange(11),
                end_user_id=self._someone(),
                created_ms=now_ms,
                visible_ms=now_ms + lag_ms,
                text='It\'s "fine" & <quick>' if self.random.random() < 0.3 else None,
                notify=False,
            )
        )
        self._touch("response", made, "created")
        if self.random.random() < 0.5:
            self.account.time.sleep(self.random.uniform(1, 20))
            self._edit(made, {"text": f"Comment of {made.id}"})

    def decline(self) -> None:
        """A person declines the survey."""
        made = self.account.source.actions.decline(
            NewRow(end_user_id=self._someone(), notify=False)
        )
        self._touch("decline", made, "created")

    def insert_back_dated(self) -> None:
        """An import adds an answer or decline of the past 100 days without a webhook."""
        created_ms = self.account.source.context.now_ms() - self.random.randrange(100 * 86_400_000)
        actions, user = self.account.source.actions, self._someone()
        if self.random.random() < 0.3:
            decline = NewRow(end_user_id=user, created_ms=created_ms, notify=False)
            self._touch("decline", actions.decline(decline))
        else:
            score = self.random.randrange(11)
            answer = NewAnswer(score=score, end_user_id=user, created_ms=created_ms, notify=False)
            self._touch("response", actions.answer(answer))

    def late_edit(self) -> None:
        """A person changes score and comment of an old answer."""
        if row := self._some_answer():
            score = self.random.randrange(11)
            self._edit(row, {"score": score, "text": f"On second thought {score}"})

    def exclude(self) -> None:
        """A colleague excludes an answer, or includes it again, without a webhook."""
        if row := self._some_answer():
            self.account.source.actions.flag(row, excluded=not row.excluded, completed=None)
            self._touch("response", row)

    def label(self) -> None:
        """A colleague adds a note or a tag, or completes an answer, without a webhook."""
        if row := self._some_answer():
            actions, number = self.account.source.actions, self.random.randrange(3)
            if number == 0:
                actions.note(row, f"Called & solved {row.id}", "cs@example.com")
            elif number == 1:
                actions.tag(row, [*row.tags, f"T{len(row.tags)}"])
            else:
                actions.flag(row, excluded=None, completed=not row.completed)
            self._touch("response", row)

    def delete(self) -> None:
        if row := self._some_answer():
            self.account.source.store.remove_row(row)
            self._touch("response", row)

    def delete_decline(self) -> None:
        alive = [row for row in self.account.source.store.declines.values() if not row.deleted]
        row = self.random.choice(alive)
        self.account.source.store.remove_row(row)
        self._touch("decline", row)

    def new_address(self) -> None:
        """A person's address changes, and with it all their answers in the list."""
        user = self.account.source.store.users[self._someone()]
        self.account.source.actions.edit_user(
            user, {"email": f"new{user.version}-{user.id}@example.com"}
        )
        for row in self._rows_of(user.id):
            self._touch("response" if isinstance(row, SourceAnswer) else "decline", row)

    def erase_somebody(self) -> int:
        """Erase the person with most answers; returns the number of their answers and declines."""
        users = [user.id for user in self.account.source.store.live_users()]
        user_id = max(users, key=lambda one: len(self._rows_of(one)))
        theirs = self._rows_of(user_id)
        self.account.source.erase(user_id)
        for row in theirs:
            self._touch("response" if isinstance(row, SourceAnswer) else "decline", row)
        return len(theirs)

    def burst(self, size: int) -> None:
        """Many people answer within one second."""
        for _ in range(size):
            made = self.account.source.actions.answer(
                NewAnswer(
                    score=self.random.randrange(11), end_user_id=self._someone(), notify=False
                )
            )
            self._touch("response", made, "created")

    def _something(self) -> None:
        (event,) = self.random.choices(list(self._rates), list(self._rates.values()))
        name = event.__name__
        self.happened[name] = self.happened.get(name, 0) + 1
        event()

    def _edit(self, row: SourceAnswer, changes: dict[str, object]) -> None:
        self.account.source.actions.edit(row, changes, notify=False)
        self._touch("response", row, "updated")

    def _touch(self, kind: Kind, row: SourceAnswer | Decline, event: Event | None = None) -> None:
        self.claims.touch(kind, row.id)
        if event:
            self.post.send(row, event)

    def _someone(self) -> int:
        users = self.account.source.store.users
        while True:
            user = users[self.random.choice(list(users))]
            if not user.deleted:
                return user.id

    def _some_answer(self) -> SourceAnswer | None:
        answers = self.account.source.store.answers
        # Half of the late changes concern answers of the last days.
        keys = list(answers)[-400:] if self.random.random() < 0.5 else list(answers)
        row = answers[self.random.choice(keys)]
        now_ms = self.account.source.context.now_ms()
        return None if row.deleted or row.visible_ms > now_ms else row

    def _rows_of(self, user_id: int) -> list[SourceAnswer | Decline]:
        found = self.account.source.store
        rows: list[SourceAnswer | Decline] = [*found.answers.values(), *found.declines.values()]
        return [row for row in rows if row.end_user_id == user_id and not row.deleted]

    def _number(self, expected: float) -> int:
        return int(expected) + (self.random.random() < expected % 1)

    def _at_request(self, act: Callable[[], None]) -> None:
        number, moment = (
            self.account.requests + self.random.randint(1, 6),
            self.random.choice(("asked", "answered")),
        )

        def watch(at: int, what: Moment) -> None:
            if (at, what) == (number, moment):
                act()

        self.account.on_request = watch

    def _kill(self) -> None:
        self._at_request(_die)

    def _second_run(self) -> None:
        def run() -> None:
            self.doubles += 1
            self.account.time.sleep(60)  # this run stands still, so its lease runs out
            self.account.tick_of_another()

        self._at_request(run)

    def _change_meanwhile(self) -> None:
        self._at_request(self._something)

    def _kill_at_a_write(self) -> None:
        self._at_write(_die)

    def _store_down(self) -> None:
        def refuse() -> None:
            raise StoreUnavailable("ResponsesTable does not answer")

        self._at_write(refuse)

    def _at_write(self, act: Callable[[], None]) -> None:
        left, moment = self.random.randint(1, 3), self.random.choice(("asked", "answered"))

        def fail(what: Moment) -> None:
            nonlocal left
            left -= what == moment
            if left == 0:
                act()

        self.answers.fail = fail


def _die() -> None:
    raise Killed
