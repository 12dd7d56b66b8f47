"""Seeded, realistic data: the same plan always gives the same account."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from nps_local.fakes.wootric.data.model import Answer, Decline, EndUser, Properties
from nps_local.fakes.wootric.data.phrases import (
    COMPANY_HEAD,
    COMPANY_TAIL,
    CSM,
    FIRST,
    LAST,
    PLANS,
    comment,
)
from nps_local.fakes.wootric.data.store import Store

DAY_MS = 86_400_000
_SCORES = range(11)
_HAPPY = (1, 1, 1, 1, 2, 3, 4, 9, 16, 24, 26)
_UNHAPPY = (5, 4, 5, 7, 8, 10, 12, 14, 12, 8, 6)


@dataclass(frozen=True, kw_only=True)
class GeneratorPlan:
    """Amounts and shares (0 to 1) of the generated data."""

    answers: int = 1000
    people: int = 300
    accounts: int = 30
    days: float = 180
    seed: int = 1
    until_ms: int | None = None
    """End of the period; None is the fake's now."""
    declines: float = 0.15
    """Declines per answer."""
    comments: float = 0.6
    excluded: float = 0.015
    ties: float = 0.05
    """Answers in the same second as the previous one."""
    bulk_second: int = 0
    """Number of answers in one second in the middle of the period."""
    late_edits: float = 0.03
    multi_account: float = 0.1
    """People who answer for two accounts."""
    no_email: float = 0.03
    unknown_email: float = 0.01
    """Answers of the one person called `Unknown`."""
    no_owner: float = 0.05
    """Accounts without csm_email."""
    name_only: float = 0.05
    """Accounts that send `company` but no `company_id`."""
    no_properties: float = 0.02
    owner_domain: str = "example.com"


@dataclass(frozen=True)
class _Account:
    properties: Properties
    domain: str
    weights: tuple[int, ...]


class Generator:
    """Fills a store by plan."""

    def __init__(self, store: Store, plan: GeneratorPlan, now_ms: int) -> None:
        self._store = store
        self._plan = plan
        self._now_ms = now_ms
        self._random = Random(f"data-{plan.seed}")
        until_ms = now_ms if plan.until_ms is None else plan.until_ms
        self._until_ms = until_ms
        self._from_ms = until_ms - round(plan.days * DAY_MS)

    def run(self) -> dict[str, int]:
        """Add people, answers and declines; returns how many."""
        accounts = [self._account(number) for number in range(max(1, self._plan.accounts))]
        people = [self._person(accounts) for _ in range(max(1, self._plan.people))]
        unknown = self._user("Unknown", None, {})
        answers = [
            self._answer(
                created_ms,
                (unknown, self._random.choice(accounts))
                if self._chance(self._plan.unknown_email)
                else self._pick(people),
            )
            for created_ms in self._times(self._plan.answers)
        ]
        declines = [
            self._decline(created_ms, self._pick(people)[0])
            for created_ms in self._times(round(self._plan.answers * self._plan.declines))
        ]
        self._store.put_rows(answers, self._now_ms)
        self._store.put_rows(declines, self._now_ms)
        return {"answers": len(answers), "declines": len(declines), "people": len(people) + 1}

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _account(self, number: int) -> _Account:
        name = f"{COMPANY_HEAD[number % len(COMPANY_HEAD)]} {self._random.choice(COMPANY_TAIL)}"
        if number >= len(COMPANY_HEAD):
            name = f"{name} {number}"
        properties: Properties = {"company": name, "pricing_plan": self._random.choice(PLANS)}
        if not self._chance(self._plan.name_only):
            properties["company_id"] = f"c-{101 + number}"
        if not self._chance(self._plan.no_owner):
            properties["csm_email"] = f"{self._random.choice(CSM)}@{self._plan.owner_domain}"
        properties["seats_amount"] = self._random.randint(3, 900)
        properties["renewal_date"] = self._until_ms // 1000 + self._random.randint(0, 365) * 86_400
        weights = _UNHAPPY if self._chance(0.3) else _HAPPY
        return _Account(properties, f"c{101 + number}.example", weights)

    def _person(self, accounts: list[_Account]) -> tuple[EndUser, list[_Account]]:
        home = self._random.choice(accounts)
        mine = [home]
        if len(accounts) > 1 and self._chance(self._plan.multi_account):
            mine.append(self._random.choice([a for a in accounts if a is not home]))
        first, last = self._random.choice(FIRST), self._random.choice(LAST)
        number = len(self._store.users) + 1
        mailbox = f"{first}.{last}{number}@{home.domain}".lower()
        email = None if self._chance(self._plan.no_email) else mailbox
        external = f"u-{number}" if self._chance(0.9) else None
        bare = self._chance(self._plan.no_properties)
        return self._user(email, external, {} if bare else home.properties), mine

    def _user(self, email: str | None, external_id: str | None, props: Properties) -> EndUser:
        user = EndUser(
            id=self._store.new_id("user"),
            email=email,
            external_id=external_id,
            properties=dict(props),
            created_ms=self._from_ms,
            updated_ms=self._from_ms,
        )
        self._store.put_user(user)
        return user

    def _pick(self, people: list[tuple[EndUser, list[_Account]]]) -> tuple[EndUser, _Account]:
        user, accounts = self._random.choice(people)
        return user, self._random.choice(accounts)

    def _times(self, number: int) -> Iterator[int]:
        bulk = min(self._plan.bulk_second, number)
        second = (self._from_ms + self._until_ms) // 2000 * 1000
        moments = sorted(
            [self._random.randint(self._from_ms, self._until_ms) for _ in range(number - bulk)]
            + [second + self._random.randrange(1000) for _ in range(bulk)]
        )
        previous = None
        for moment in moments:
            if previous is not None and self._chance(self._plan.ties):
                tied = previous // 1000 * 1000 + self._random.randrange(1000)
                yield min(tied, self._until_ms)
            else:
                previous = moment
                yield moment

    def _answer(self, created_ms: int, by: tuple[EndUser, _Account]) -> Answer:
        user, account = by
        score = self._random.choices(_SCORES, account.weights)[0]
        text = comment(self._random, score) if self._chance(self._plan.comments) else None
        updated_ms = created_ms
        if text is not None:  # the score comes first, the comment seconds later
            updated_ms += self._random.randint(3_000, 60_000)
        if self._chance(self._plan.late_edits):
            updated_ms = created_ms + self._random.randint(3_600_000, 20 * DAY_MS)
        self._surveyed(user, created_ms)
        return Answer(
            id=self._store.new_id("response"),
            end_user_id=user.id,
            survey_id=self._store.new_id("survey"),
            score=score,
            text=text,
            excluded=self._chance(self._plan.excluded),
            ip_address=f"203.0.113.{self._random.randint(1, 254)}",
            created_ms=created_ms,
            updated_ms=max(created_ms, min(updated_ms, self._until_ms)),
            visible_ms=created_ms,
            properties=dict(account.properties) if user.properties or _shared(user) else {},
            tags=["SUPPORT"] if text and "support" in text else [],
        )

    def _decline(self, created_ms: int, user: EndUser) -> Decline:
        self._surveyed(user, created_ms)
        return Decline(
            id=self._store.new_id("decline"),
            end_user_id=user.id,
            survey_id=self._store.new_id("survey"),
            ip_address=None,
            created_ms=created_ms,
            updated_ms=created_ms,
            visible_ms=created_ms,
            properties=dict(user.properties),
        )

    def _surveyed(self, user: EndUser, at_ms: int) -> None:
        # People are created by their first survey, and without one at the start of the period.
        first_ms = at_ms if user.last_surveyed_ms is None else user.created_ms
        user.created_ms = min(at_ms, first_ms)
        user.last_surveyed_ms = max(at_ms, user.last_surveyed_ms or 0)
        user.updated_ms = max(at_ms, user.updated_ms)


def _shared(user: EndUser) -> bool:
    return user.email == "Unknown"
