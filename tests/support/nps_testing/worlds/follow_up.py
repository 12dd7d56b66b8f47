"""Deciding and delivering on fakes; a test writes, decides and delivers step by step."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from deliver.service import Deliver, Result
from notify.service import Notify, Report
from nps_core.answers.models import Answer
from nps_core.answers.removal import erased
from nps_core.customers.owners import OwnerPolicy
from nps_core.keys import AnswerKey
from nps_core.mails.kind import Stores
from nps_core.numbers.account_numbers import AccountView
from nps_core.outbox.mailer import SendResult
from nps_core.times import epoch_ms
from nps_testing.factories import NOW, make_answer
from nps_testing.fakes.follow_up import InMemoryFollowUp
from nps_testing.fakes.stores import InMemoryAnswerStore, InMemoryLedgerStore
from nps_testing.fakes.sync import InMemoryProfiles
from nps_testing.stacks.environment import TOKEN

SETTLE = timedelta(seconds=120)
ACTIVATED = NOW - timedelta(days=1)


@dataclass
class FakeMailer:
    """Fake of `Mailer`: answers from `script`, then SENT; records every mail."""

    script: list[SendResult] = field(default_factory=list)
    sent: list[tuple[str, str, str, str]] = field(default_factory=list)
    """(recipient, subject, text, key) of every mail that was, or may have been, accepted."""

    def send(self, to: str, subject: str, html: str, text: str, key: str) -> SendResult:
        result = self.script.pop(0) if self.script else SendResult("SENT", f"m-{len(self.sent)}")
        assert html
        if result.outcome in ("SENT", "UNKNOWN"):
            self.sent.append((to, subject, text, key))
        return result


@dataclass
class OneProfile(InMemoryProfiles):
    """One profile for every connection; `asked` counts reads of the activation."""

    at: datetime | None = ACTIVATED
    worked_at: datetime | None = None
    asked: int = 0

    def __post_init__(self) -> None:
        super().__init__()

    def activated_at(self, account_token: str) -> datetime | None:
        self.asked += 1
        return self.at if account_token else None

    def credentials_ok_at(self, account_token: str) -> datetime | None:
        return self.worked_at if account_token else None


@dataclass
class World:
    """One connection with its stores; tests move `now`."""

    now: datetime = NOW
    profiles: OneProfile = field(default_factory=OneProfile)
    answers: InMemoryAnswerStore = field(default_factory=InMemoryAnswerStore)
    store: InMemoryFollowUp = field(default_factory=InMemoryFollowUp)
    ledgers: InMemoryLedgerStore = field(default_factory=InMemoryLedgerStore)
    views: list[AccountView] = field(default_factory=list)
    directory: dict[str, str] = field(default_factory=dict)
    mailer: FakeMailer = field(default_factory=FakeMailer)
    pauses: list[float] = field(default_factory=list)
    domains: str = ""

    @property
    def notify(self) -> Notify:
        policy = OwnerPolicy.of("cs-team@example.com", self.domains)
        return Notify(
            *(self.answers, self.store, self.profiles, self.directory.get, policy, SETTLE),
            sleep=self.pauses.append,
        )

    @property
    def stores(self) -> Stores:
        """The stores that mails are composed from."""
        return Stores(
            answers=self.answers,
            follow_up=self.store,
            profiles=self.profiles,
            ledgers=self.ledgers,
            summaries=lambda: self.views,
            window_days=180,
        )

    @property
    def deliver(self) -> Deliver:
        return Deliver(self.stores, self.mailer, self.pauses.append)

    def write(self, answer: Answer | None = None, **changes: Any) -> Answer:
        """Store a version of an answer: the given one, or the stored one with `changes`."""
        new = answer or make_answer(**changes)
        old = self.answers.get(new.key)
        if old is not None and answer is None:
            fields = {name: value for name, value in changes.items() if name != "id"}
            new = replace(old, **fields)
            if new.score != old.score:
                new = replace(new, previous_score=old.score)
        new = replace(new, rev=max(epoch_ms(self.now), old.rev + 1 if old else 0))
        assert self.answers.put(new, old.rev if old else None)
        return new

    def erase(self, answer_id: str = "500001") -> None:
        """Erase the person of a stored answer, as the sync does."""
        stored = self.answers.get(AnswerKey(TOKEN, "response", answer_id))
        assert stored is not None
        gone = erased(stored, self.now)
        assert gone is stored or self.answers.put(gone, stored.rev)

    def decide(self) -> Report:
        """Hand the stream records written since the last call to notify."""
        changes, self.answers.changes[:] = list(self.answers.changes), []
        return self.notify.apply(changes, self.now)

    def change(self, **changes: Any) -> Report:
        """Write a version and decide on it."""
        self.write(**changes)
        return self.decide()

    def wait(self, span: timedelta) -> dict[Result, int]:
        """Let time pass, then run one delivery tick."""
        self.now += span
        return dict(self.deliver.tick(self.now, lambda: True))
