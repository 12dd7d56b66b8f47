"""Fakes of the sync's ports: a source that can fail, state in memory, moving time."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from random import Random
from typing import Any, Literal

from nps_core.connections.profile import MAILED_EVERY, NOTED_EVERY
from nps_core.customers.people import Person, Profile
from nps_core.errors import LeaseLost, Unauthorized
from nps_core.outbox.mail_states import OutboxMail
from nps_core.sync.dynamo import LEASE_FOR
from nps_core.sync.lease import Grant, Held
from nps_core.sync.proof.counting import ClassCounts, Days
from nps_core.sync.proof.gaps import Gap
from nps_core.sync.proof.suspects import Suspect
from nps_core.sync.reading.checkpoint import StreamCheckpoint
from nps_core.sync.reading.cursor import Page, PageQuery, RowRef
from nps_core.sync.requests import OperatorRequests
from nps_core.times import epoch_ms, iso

Bounds = Literal["ms", "whole_second"]


@dataclass
class MovingTime:
    """Time that moves only by `sleep`, so that tests of waiting do not wait."""

    epoch_s: float = 1_772_470_800.0  # 2026-03-02 17:00 UTC
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.epoch_s

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.epoch_s += seconds

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.epoch_s, UTC)


@dataclass
class ListedRows:
    """The source's list of one stream: id -> created_at in ms, with shuffled ties and page cap."""

    rows: dict[str, int]
    random: Random
    bounds: Bounds = "ms"
    shuffles: bool = True
    requests: int = 0
    most: Sequence[int] = (50,)
    """The most rows of the first pages, whatever is asked for; the last value is for the rest."""

    def page(self, query: PageQuery) -> list[RowRef]:
        """Answer as the API does; beyond page 30 it has no rows, so paging must never go there."""
        assert 1 <= query.page <= 30, "page 31 looks like the end of the data"
        self.requests += 1
        # Millisecond bounds compare a row's exact time, whole-second bounds its second. `gte` and
        # `lt` of whole seconds mean the same in both, so paging uses only these.
        exact = 1 if self.bounds == "ms" else 1000
        low, high = query.gte * 1000, None if query.lt is None else query.lt * 1000
        inside = [
            (at // 1000, self.random.random() if self.shuffles else 0.0, at, row)
            for row, at in self.rows.items()
            if at // exact * exact >= low and (high is None or at // exact * exact < high)
        ]
        inside.sort(reverse=query.order == "desc")
        size = min(query.per_page, self.most[min(self.requests, len(self.most)) - 1])
        start = (query.page - 1) * size
        return [RowRef(row, second) for second, _, _, row in inside[start : start + size]]


class InMemorySyncState:
    def __init__(self) -> None:
        self.holder: str | None = None
        self.until_ms = 0
        self.fence = 0
        self.checkpoints: dict[str, str] = {}
        self.stamps: dict[str, int] = {}
        self.requested = OperatorRequests()
        self.runs: dict[str, dict[str, Any]] = {}
        self.mails: list[OutboxMail] = []
        self.finished = False

    def acquire(self, run_id: str, now: datetime) -> Grant | Held:
        if self.holder is not None and self.until_ms >= epoch_ms(now):
            return Held(self.holder, self.until_ms)
        crashed, self.holder = self.holder, run_id
        self.until_ms = epoch_ms(now + LEASE_FOR)
        self.fence += 1
        return Grant(run_id, self.fence, crashed)

    def renew(self, grant: Grant, now: datetime) -> None:
        if (grant.run_id, grant.fence) != (self.holder, self.fence):
            raise LeaseLost("another run has taken over the connection")
        self.until_ms = epoch_ms(now + LEASE_FOR)

    def release(self, grant: Grant) -> None:
        if grant.fence == self.fence:
            self.holder = None

    def open_checkpoint(self, grant: Grant, name: str) -> str | None:
        if self.stamps.get(name, 0) > grant.fence:
            raise LeaseLost("another run has taken over the connection")
        self.stamps[name] = grant.fence
        return self.checkpoints.get(name)

    def save_checkpoint(self, grant: Grant, name: str, state: str) -> None:
        if self.stamps.get(name) != grant.fence:
            raise LeaseLost("another run has taken over the connection")
        self.checkpoints[name] = state

    def read_checkpoint(self, name: str) -> str | None:
        return self.checkpoints.get(name)

    def stream(self, name: str) -> StreamCheckpoint:
        """The checkpoint of a stream that has one."""
        return StreamCheckpoint.from_json(self.checkpoints[name])

    def requests(self) -> OperatorRequests:
        return self.requested

    def request_audit(self, at: datetime) -> None:
        self.requested = replace(self.requested, audit_at=iso(at))

    def request_backfill(self, since_s: int, at: datetime) -> None:
        self.requested = replace(self.requested, backfill_at=iso(at), since_s=since_s)

    def put_run(self, record: Mapping[str, Any], now: datetime) -> None:
        self.runs[record["run_id"]] = dict(record)

    def mark_crashed(self, run_id: str, now: datetime) -> None:
        if self.runs.get(run_id, {}).get("status") == "running":
            self.runs[run_id]["status"] = "failed"

    def backfill_finished(self) -> bool:
        return self.finished

    def finish_backfill(self, mail: OutboxMail | None, now: datetime) -> bool:
        if self.finished:
            return False
        self.finished = True
        self.mails += [mail] if mail else []
        return True


class InMemoryProofStore:
    def __init__(self) -> None:
        self.kept: dict[tuple[str, str, int], Gap] = {}
        self.suspected: dict[str, Suspect] = {}
        self.settled: list[tuple[str, str]] = []

    def gaps(self) -> list[Gap]:
        return list(self.kept.values())

    def put_gap(self, gap: Gap) -> None:
        self.kept[gap.stream, gap.kind, gap.from_s] = Gap.from_item(gap.to_item())

    def close_gap(self, gap: Gap, at: datetime) -> None:
        self.put_gap(replace(gap, closed_at=at))

    def suspects(self) -> list[Suspect]:
        return [suspect for suspect in self.suspected.values() if suspect.is_open]

    def suspicions(self) -> list[Suspect]:
        return list(self.suspected.values())

    def put_suspect(self, suspect: Suspect) -> None:
        self.suspected[str(suspect.key)] = suspect

    def accept(self, suspect: Suspect, at: datetime) -> bool:
        known = self.suspected.get(str(suspect.key))
        if known is None or not known.is_open:
            return False
        self.suspected[str(suspect.key)] = replace(known, accepted_at=at)
        return True

    def settle(self, suspect: Suspect, outcome: str, at: datetime) -> None:
        settled = replace(suspect, outcome=outcome, settled_at=at)
        self.suspected[str(suspect.key)] = settled
        self.settled.append((suspect.key.id, outcome))

    def forget(self, settled: Suspect, at: datetime) -> None:
        self.suspected[str(settled.key)] = replace(settled, forgotten_at=at)


class InMemoryPeople:
    def __init__(self) -> None:
        self.profiles: dict[str, Profile] = {}
        self.erased: set[str] = set()

    def get_many(self, ids: Collection[str]) -> Mapping[str, Profile]:
        return {user_id: self.profiles[user_id] for user_id in ids if user_id in self.profiles}

    def put(self, profile: Profile) -> None:
        self.profiles[profile.id] = profile

    def erase(self, user_id: str) -> None:
        self.profiles.pop(user_id, None)
        self.erased.add(user_id)

    def ids(self, after: str) -> Iterable[str]:
        return sorted(user_id for user_id in self.profiles if user_id > after)


class ScriptedSource:
    """Fake of `Source`: pages from a function, which may also raise."""

    def __init__(self, answer: Callable[[str, PageQuery], list[Any]]) -> None:
        self.answer = answer
        self.requests = self.throttled = 0
        self.asked: list[tuple[str, PageQuery]] = []
        self.heartbeat: Callable[[], None] = lambda: None
        self.refuses_login = False
        self.records: Callable[[str], dict[str, Any] | None] = lambda _path: None
        self.counts: Callable[[Days], ClassCounts] = lambda _days: ClassCounts()
        self.can_list_changes = False
        self.probed: Callable[[], object] = lambda: None

    def connect(self) -> None:
        if self.refuses_login:
            raise Unauthorized("refused")

    def begin(
        self, now: Callable[[], datetime], deadline: float, heartbeat: Callable[[], None]
    ) -> None:
        self.requests = self.throttled = 0
        self.heartbeat = heartbeat

    def page(self, listing: str, query: PageQuery) -> Page:
        self._request()
        self.asked.append((listing, query))
        return Page(self.answer(listing, query))

    def one(self, path: str) -> dict[str, Any] | None:
        self._request()
        return self.records(path)

    def count(self, days: Days) -> ClassCounts:
        self._request()
        return self.counts(days)

    def lists_changes(self) -> bool:
        self._request()
        self.probed()
        return self.can_list_changes

    def _request(self) -> None:
        self.heartbeat()
        self.requests += 1


class AnsweredBy:
    def __init__(self, people: Mapping[str, Person] | None = None) -> None:
        self.people = dict(people or {})
        self.asked: list[str] = []

    def learn(self, rows: Iterable[object]) -> None:
        """Nothing to remember: all people are given."""

    def find(self, ids: Iterable[str], since_s: int) -> Mapping[str, Person]:
        wanted = list(ids)
        self.asked += wanted
        return {user_id: self.people.get(user_id, Person(None, None)) for user_id in wanted}


class InMemoryProfiles:
    """Fake of `Profiles`; `mails` holds the mails about refused logins."""

    def __init__(self) -> None:
        self.activated: dict[str, datetime] = {}
        self.ok_at: dict[str, datetime] = {}
        self.mailed_at: dict[str, datetime] = {}
        self.mails: dict[str, OutboxMail] = {}
        self.accepted_at: dict[str, datetime] = {}

    def account_accepted_at(self, account_token: str) -> datetime | None:
        return self.accepted_at.get(account_token)

    def accept_account(self, account_token: str, at: datetime) -> None:
        if account_token in self.activated:
            self.accepted_at[account_token] = at.replace(microsecond=0)

    def activated_at(self, account_token: str) -> datetime | None:
        return self.activated.get(account_token)

    def activate(self, account_token: str, at: datetime) -> bool:
        is_new = account_token not in self.activated
        self.activated.setdefault(account_token, at.replace(microsecond=0))
        return is_new

    def credentials_ok_at(self, account_token: str) -> datetime | None:
        return self.ok_at.get(account_token)

    def login_worked(self, account_token: str, at: datetime) -> None:
        second, known = at.replace(microsecond=0), self.ok_at.get(account_token)
        mailed_at = self.mailed_at.get(account_token)
        is_due = (
            known is None
            or known < second - NOTED_EVERY
            or (mailed_at is not None and mailed_at >= known)
        )
        if account_token in self.activated and is_due:
            self.ok_at[account_token] = second

    def login_refused(self, account_token: str, mail: OutboxMail, at: datetime) -> bool:
        second, mailed_at = at.replace(microsecond=0), self.mailed_at.get(account_token)
        is_early = mailed_at is not None and mailed_at > second - MAILED_EVERY
        if account_token not in self.activated or is_early or mail.key in self.mails:
            return False
        self.mailed_at[account_token] = second
        self.mails[mail.key] = mail
        return True
