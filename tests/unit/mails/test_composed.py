"""The facts of composed mails: numbers, direction, and the report of a backfill."""

from datetime import timedelta
from typing import Any

import pytest

from deliver.service import SOON
from nps_core import keys
from nps_core.answers.models import UNMATCHED
from nps_core.numbers.account_numbers import fold_account
from nps_core.numbers.ledger import account_vote, contact_vote, vote_id
from nps_core.outbox.mail_states import OutboxMail
from nps_core.outbox.mailer import SendResult
from nps_core.times import iso
from nps_testing.factories import NOW, make_answer
from nps_testing.stacks.environment import TOKEN
from nps_testing.worlds.follow_up import SETTLE, World

MINUTE = timedelta(minutes=1)


def world_with_mail(*script: SendResult, **answer: Any) -> World:
    world = World()
    world.mailer.script += script
    world.change(**answer)
    return world


def test_mail__shows_numbers_with_its_own_answer_before_the_rollup_has_seen_it() -> None:
    world = World()
    before = make_answer(id=1, score=8, answered_at=NOW - timedelta(days=30))
    later = make_answer(id=3, score=10, answered_at=NOW + timedelta(minutes=1))
    for answer in (before, later):
        _vote(world, keys.ledger("c-118", keys.month_of(answer.answered_at)), answer, account_vote)
        _vote(world, keys.contact("c-118", answer.contact_key), answer, contact_vote)
    world.change(id=2, score=3)
    world.wait(SETTLE)
    text = world.mailer.sent[0][2]
    assert "Down since last time (8/10 on" in text
    assert "3 answers" in text


def test_unmatched_answer__is_mailed_without_numbers() -> None:
    world = world_with_mail(account_id=None, is_unknown_user=True, email=None, external_id=None)
    world.wait(SETTLE)
    assert "not matched to an account yet" in world.mailer.sent[0][2].lower()


def test_backfill_mail__waits_for_the_rollup_then_counts_what_came_in() -> None:
    world = World()
    _backfill_mail(world, responses=2)
    assert world.wait(MINUTE) == {"waiting": 1}
    for answer in (make_answer(id=1, score=9), make_answer(id=2, account_id=None)):
        ref = keys.ledger(answer.ledger_account, keys.month_of(answer.answered_at))
        _vote(world, ref, answer, account_vote)
        votes = world.ledgers.ledgers[ref].votes
        world.views.append(fold_account(answer.ledger_account, votes, NOW, 180))
    assert {view.account_id for view in world.views} == {"c-118", UNMATCHED}
    assert world.wait(SOON) == {"sent": 1}
    to, subject, text, _ = world.mailer.sent[0]
    assert to == "admin@example.com"
    assert "2" in subject
    assert "Answers without account: 1" in text


def test_backfill_mail__waits_at_most_ten_times() -> None:
    world = World()
    _backfill_mail(world, responses=5)
    results = [world.wait(SOON) for _ in range(12)]
    assert results == [{"waiting": 1}] * 10 + [{"sent": 1}, {}]


def test_backfill_mail__of_nothing_does_not_wait() -> None:
    world = World()
    _backfill_mail(world, responses=0)
    assert world.wait(MINUTE) == {"sent": 1}


def test_credentials_mail__says_what_the_sync_found() -> None:
    world = World()
    _credentials_mail(world)
    assert world.wait(MINUTE) == {"sent": 1}
    to, subject, text, _ = world.mailer.sent[0]
    assert to == "admin@example.com"
    assert subject == f"Wootric refuses the credentials of {TOKEN} - run nps connect"
    assert "since Mon 2 Mar 2026, 17:06 UTC" in " ".join(text.split())
    assert "by Thu 5 Mar 2026, 17:06 UTC" in text
    assert "Error: HTTP 401: run `nps connect`" in text


def test_credentials_mail__without_a_read_before_it_has_no_due_time() -> None:
    world = World()
    _credentials_mail(world, since=None)
    world.wait(MINUTE)
    assert "DO THIS NEXT:" in world.mailer.sent[0][2]


@pytest.mark.parametrize(("after", "state"), [(-1, "SENT"), (0, "SENT"), (1, "CANCELLED")])
def test_credentials_mail__is_dropped_when_they_work_again(after: int, state: str) -> None:
    world = World()
    _credentials_mail(world)
    world.profiles.worked_at = NOW + timedelta(seconds=after)
    world.wait(MINUTE)
    (mail,) = world.store.mails()
    assert mail.state == state
    assert mail.error == ("the credentials work again" if state == "CANCELLED" else None)


def _credentials_mail(world: World, since: str | None = iso(NOW - 10 * MINUTE)) -> None:
    facts = {
        "account_token": TOKEN,
        "host": "api.wootric.com",
        "failed_at": iso(NOW),
        "since": since,
        "error": "HTTP 401: run `nps connect`",
    }
    key = f"credentials#{TOKEN}#2026-03-02T17:16"
    mail = OutboxMail(key, "credentials", "admin@example.com", NOW, NOW, NOW, facts=facts)
    world.store.kept_mails[key] = mail


def _vote(world: World, ref: Any, answer: Any, vote: Any) -> None:
    known = world.ledgers.get_many([ref])[ref]
    assert world.ledgers.put(ref, known.merged({vote_id(answer): vote(answer)}))


def _backfill_mail(world: World, responses: int) -> None:
    facts = {
        "account_token": TOKEN,
        **{name: iso(NOW) for name in ("started_at", "ended_at", "window_from", "window_to")},
        "responses": responses,
    }
    key = f"backfill#{TOKEN}"
    mail = OutboxMail(key, "backfill", "admin@example.com", NOW, NOW, NOW, facts=facts)
    world.store.kept_mails[key] = mail
