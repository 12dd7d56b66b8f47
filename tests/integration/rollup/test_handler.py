"""The rollup handler on real tables, with the worst delivery that a stream allows."""

import random
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

import rollup.app
from nps_core import clock, keys
from nps_core.answers.models import Answer, Change
from nps_core.answers.quarantine import DynamoQuarantine
from nps_core.answers.removal import erased
from nps_core.aws import clients, items
from nps_core.numbers.account_numbers import fold_contact
from nps_core.numbers.current import read_account, read_company
from nps_core.numbers.dynamo_ledgers import DynamoLedgerStore
from nps_core.numbers.dynamo_summaries import DynamoSummaryStore
from nps_core.numbers.ledger import Ledger, contact_vote, vote_id
from nps_testing import recompute
from nps_testing.factories import NOW, make_answer
from nps_testing.stacks.crashes import Killed, Moment, count_calls, fuse_on
from nps_testing.stacks.lambda_context import context
from nps_testing.stream_events import stream_event

Versions = list[Change]
PEOPLE: list[dict[str, Any]] = [
    *({"end_user_id": str(number)} for number in range(1, 4)),
    {"end_user_id": None, "external_id": "1", "email": None},
    {"end_user_id": None, "external_id": None},
    {"end_user_id": None, "external_id": None, "email": None},
]
"""An external id that reads like an end user id is another person; the last one is nobody known."""


@pytest.fixture(autouse=True)
def frozen_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def deliver(changes: list[Change]) -> None:
    assert rollup.app.handler(stream_event(changes), context())["batchItemFailures"] == []


def ledgers() -> DynamoLedgerStore:
    return DynamoLedgerStore(clients.dynamodb(), "StateTable-test")


def summaries() -> DynamoSummaryStore:
    return DynamoSummaryStore(clients.dynamodb(), "StateTable-test")


def history(seed: int, answers: int = 12) -> Versions:
    """Random lives of answers: edits, exclusions, account moves, months, removals."""
    rng = random.Random(seed)
    changes: Versions = []
    for number in range(answers):
        version = make_answer(
            id=number,
            score=rng.randint(0, 10),
            account_id=rng.choice(["a", "b", None]),
            **rng.choice(PEOPLE),
            answered_at=NOW - timedelta(days=rng.choice([0, 1, 40, 179, 200])),
            rev=1_000 + number,
        )
        changes.append((None, version))
        for _ in range(rng.randint(0, 3)):
            after = _changed(version, rng)
            changes.append((version, after))
            version = after
        if rng.random() < 0.15:
            changes.append((version, None))
    return changes


def _changed(version: Answer, rng: random.Random) -> Answer:
    edits: list[dict[str, Any]] = [
        {"score": rng.randint(0, 10)},
        {"excluded": not version.excluded},
        {"account_id": rng.choice(["a", "b", "c", None])},
        {"text": "a comment"},
    ]
    rev = version.rev + rng.randint(1, 50)
    if rng.random() < 0.2:
        return replace(erased(version, NOW), rev=rev)
    return replace(version, rev=rev, **rng.choice(edits))


def final(changes: Versions) -> list[Answer]:
    newest: dict[str, Answer | None] = {}
    for old, new in changes:
        some = new or old
        assert some is not None
        newest[str(some.key)] = new
    return [answer for answer in newest.values() if answer is not None]


def assert_equals_recompute(changes: Versions, now: datetime = NOW) -> None:
    expected = recompute.accounts(final(changes), now)
    for account in ("a", "b", "c", "~unmatched"):
        view = read_account(summaries(), ledgers(), account, now, 180)
        wanted = expected.get(account)
        got = view and (view.all.n, view.all.promoters, view.all.passives, view.all.detractors)
        assert (got or (0, 0, 0, 0)) == tuple(wanted.all if wanted else (0, 0, 0, 0)), account
        latest = view and tuple(
            getattr(view.latest, name) for name in ("n", "promoters", "passives", "detractors")
        )
        assert (latest or (0, 0, 0, 0)) == tuple(wanted.latest if wanted else (0, 0, 0, 0)), account


@pytest.mark.parametrize("seed", range(6))
def test_rollup__equals_a_recompute_under_duplicates_reorder_and_replays(
    tables: str, seed: int
) -> None:
    rng = random.Random(seed)
    changes = history(seed)
    deliveries = changes + rng.choices(changes, k=len(changes))
    rng.shuffle(deliveries)
    while deliveries:
        size = rng.randint(1, 7)
        deliver(deliveries[:size])
        deliveries = deliveries[size:]
    assert_equals_recompute(changes)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_rollup__survives_a_kill_at_every_single_aws_call(tables: str, moment: Moment) -> None:
    changes = history(seed=99, answers=5)
    used = [clients.dynamodb()]
    calls = count_calls(used, lambda: deliver(changes))
    assert calls > 10
    for at in range(1, calls + 1):
        moved = [
            (_renamed(old, at), _renamed(new, at)) for old, new in changes
        ]  # a fresh set of accounts for every place to die in
        with suppress(Killed), fuse_on(used, at, moment):
            deliver(moved)
            pytest.fail("the fuse did not blow")
        deliver(moved)
        expected = recompute.accounts(final(moved), NOW)
        for account, numbers in expected.items():
            view = read_account(summaries(), ledgers(), account, NOW, 180)
            assert view is not None
            assert view.all.n == numbers.all.n
            assert view.latest.detractors == numbers.latest.detractors


def _renamed(answer: Answer | None, at: int) -> Answer | None:
    if answer is None:
        return None
    key = replace(answer.key, id=f"{at}{int(answer.key.id):03d}")
    return replace(answer, key=key, account_id=f"{answer.account_id}-{at}")


@pytest.mark.parametrize("moment", ["before", "after"])
def test_rollup__that_moves_votes_of_before_survives_a_kill_at_every_single_aws_call(
    tables: str, moment: Moment
) -> None:
    who = PEOPLE[4]
    first = make_answer(id=1, rev=10, score=9, **who)
    edited = replace(first, rev=11, score=2)
    used = [clients.dynamodb()]
    calls = 0
    for at in range(1, 100):
        account = f"c-{at}"
        old, new = (replace(answer, account_id=account) for answer in (first, edited))
        former = keys.contact(account, str(old.former_contact_key))
        ledgers().put(former, Ledger({vote_id(old): contact_vote(old)}))
        with suppress(Killed), fuse_on(used, at, moment):
            deliver([(old, new)])
            calls = at - 1
        deliver([(old, new)])
        found = [fold_contact(account, each.votes) for each in ledgers().contacts(account)]
        assert [view and view.latest_score for view in found] == [2]
        stored = ledgers().get_many([former])[former]
        assert "ana@acme.example" not in str(stored.votes)
        if calls:
            break
    assert calls > 5


def test_rollup__the_second_delivery_of_a_batch_writes_the_summary_of_each_account_only(
    tables: str,
) -> None:
    changes = history(seed=3)
    deliver(changes)
    accounts = {one.account_id for change in changes for one in change if one is not None}
    with fuse_on([clients.dynamodb()]) as fuse:
        deliver(changes)
    assert fuse.operations.count("PutItem") == len(accounts)


def test_rollup__ten_answers_of_one_account_and_month_cost_one_ledger_write(tables: str) -> None:
    same_contact = [
        (None, make_answer(id=n, rev=n + 1, answered_at=NOW - timedelta(hours=1)))
        for n in range(10)
    ]
    with fuse_on([clients.dynamodb()]) as fuse:
        deliver(list(same_contact))
    assert fuse.operations.count("PutItem") == 3, "account ledger, contact ledger, summary"


def test_rollup__two_accounts_of_one_person_never_mix(tables: str) -> None:
    happy = make_answer(id=1, account_id="a", score=10, answered_at=NOW - timedelta(days=2))
    angry = make_answer(id=2, account_id="b", score=1, answered_at=NOW - timedelta(days=1))
    deliver([(None, happy), (None, angry)])
    for account, score in (("a", 10), ("b", 1)):
        views = [fold_contact(account, ledger.votes) for ledger in ledgers().contacts(account)]
        assert [(v.latest_score, v.direction) for v in views if v] == [(score, "first")]


def test_rollup__a_contact_goes_down_when_the_latest_answer_is_lower(tables: str) -> None:
    first = make_answer(id=1, score=9, answered_at=NOW - timedelta(days=90))
    second = make_answer(id=2, score=4, answered_at=NOW - timedelta(days=1))
    deliver([(None, second), (None, first)])
    (view,) = [fold_contact("c-118", ledger.votes) for ledger in ledgers().contacts("c-118")]
    assert view is not None
    assert (view.latest_score, view.previous_score, view.direction, view.delta) == (
        4,
        9,
        "down",
        -5,
    )


def test_rollup__a_split_month_still_counts_every_answer(
    tables: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nps_core.numbers.ledger.SPLIT_ABOVE", 20)
    changes: list[Change] = [
        (None, make_answer(id=n, rev=n + 1, end_user_id=str(n), answered_at=NOW)) for n in range(90)
    ]
    for start in range(0, 90, 30):
        deliver(changes[start : start + 30])
    deliver(changes)
    parts = list(ledgers().months("c-118", "2026-03"))
    view = read_account(summaries(), ledgers(), "c-118", NOW, 180)
    assert len(parts) > 2
    assert view is not None
    assert (view.all.n, view.latest.n) == (90, 90)


def test_rollup__numbers_follow_the_window_by_the_passing_of_time_alone(tables: str) -> None:
    answered = NOW - timedelta(days=180) + timedelta(seconds=1)
    deliver([(None, make_answer(id=1, answered_at=answered)), (None, make_answer(id=2))])
    assert _n_at(NOW) == 2
    assert _n_at(NOW + timedelta(seconds=1)) == 2
    assert _n_at(NOW + timedelta(seconds=2)) == 1


def _n_at(now: datetime) -> int:
    view = read_account(summaries(), ledgers(), "c-118", now, 180)
    assert view is not None
    return view.all.n


def test_rollup__the_company_counts_unmatched_answers_and_each_person_once(tables: str) -> None:
    deliver(
        [
            (
                None,
                make_answer(id=1, account_id="a", score=10, answered_at=NOW - timedelta(days=2)),
            ),
            (None, make_answer(id=2, account_id=None, score=2, answered_at=NOW)),
        ]
    )
    company = read_company(summaries().everything(), ledgers(), NOW, 180)
    assert company.all.n == 2
    assert (company.latest.n, company.latest.detractors) == (1, 1)


def test_rollup__declines_and_other_metrics_are_not_counted(tables: str) -> None:
    deliver(
        [
            (None, make_answer(id=1, kind="decline", score=None)),
            (None, make_answer(id=2, metric="CSAT", score=1)),
            (None, make_answer(id=3, score=9)),
        ]
    )
    view = read_account(summaries(), ledgers(), "c-118", NOW, 180)
    assert view is not None
    assert (view.all.n, view.all.promoters) == (1, 1)


def test_rollup__a_record_that_is_no_answer_is_quarantined_and_the_rest_counted(
    tables: str,
) -> None:
    event = stream_event([(None, make_answer(id=1))])
    event["Records"].insert(0, {"dynamodb": {"NewImage": {"pk": {"S": "what"}}}})
    rollup.app.handler(event, context())
    rollup.app.handler(event, context())
    kept = list(DynamoQuarantine(clients.dynamodb(), "StateTable-test").everything())
    assert [payload.reason for payload in kept] == ["bad_stream_record"]
    assert _n_at(NOW) == 1


def _damage_ledger(answer: Answer) -> None:
    """Leave a ledger that no version can read where the answer's vote belongs."""
    pk, sk = keys.ledger(answer.ledger_account, keys.month_of(answer.answered_at))
    item = {"pk": pk, "sk": sk, "votes": b"damaged", "version": 1}
    items.put(clients.dynamodb(), "StateTable-test", item)


def _quarantined() -> list[str]:
    found = DynamoQuarantine(clients.dynamodb(), "StateTable-test").everything()
    return [payload.reason for payload in found]


def test_rollup__sets_aside_what_a_damaged_ledger_refuses_and_counts_the_rest(tables: str) -> None:
    poison = make_answer(id=50, account_id="damaged")
    _damage_ledger(poison)
    changes = history(seed=7)
    deliver([*changes[:5], (None, poison), *changes[5:]])
    assert_equals_recompute(changes)
    assert _quarantined() == ["record_fails"]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_rollup__with_a_bad_record_survives_a_kill_at_every_aws_call(
    tables: str, moment: Moment
) -> None:
    poison = make_answer(id=50, account_id="damaged")
    _damage_ledger(poison)
    changes: Versions = [
        (None, make_answer(id=1, account_id="a")),
        (None, make_answer(id=2, account_id="b")),
    ]
    batch: Versions = [changes[0], (None, poison), changes[1]]
    used = [clients.dynamodb()]
    calls = count_calls(used, lambda: deliver(batch))
    for at in range(1, calls + 1):
        with suppress(Killed), fuse_on(used, at, moment):
            deliver(batch)
        deliver(batch)
        assert_equals_recompute(changes)
        assert _quarantined() == ["record_fails"]
