"""Delivery on fakes: claims, outcomes, resends, postponements."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from deliver.service import HELD_FOR, SOON
from nps_core.errors import StoreRefused, StoreUnavailable
from nps_core.numbers.ledger import Ledger
from nps_core.outbox.mail_states import (
    LEASE,
    MAX_ATTEMPTS,
    MAX_DEATHS,
    RESEND_AFTER,
    OutboxMail,
    claimed,
    forgotten,
)
from nps_core.outbox.mailer import SendResult
from nps_testing.factories import NOW
from nps_testing.fakes.follow_up import InMemoryFollowUp
from nps_testing.stacks.crashes import Killed
from nps_testing.worlds.follow_up import SETTLE, World

MINUTE = timedelta(minutes=1)


def world_with_mail(*script: SendResult, **answer: Any) -> World:
    world = World()
    world.mailer.script += script
    world.change(**answer)
    return world


def only_mail(world: World) -> OutboxMail:
    (mail,) = world.store.mails()
    return mail


def test_due_mail__is_sent_once_and_recorded() -> None:
    world = world_with_mail()
    assert world.wait(SETTLE - MINUTE) == {}
    assert world.wait(MINUTE) == {"sent": 1}
    assert world.wait(MINUTE) == {}
    mail = only_mail(world)
    assert (mail.state, mail.message_id, mail.waiting, mail.attempts) == ("SENT", "m-0", False, 1)
    assert (mail.sent_at, mail.due_at) == (NOW + SETTLE, NOW + SETTLE)
    assert not mail.possible_duplicate
    assert mail.subject == world.mailer.sent[0][1]


def test_lost_reply__is_unknown_and_sent_once_more_marked() -> None:
    world = world_with_mail(SendResult("UNKNOWN", "ReadTimeoutError"))
    assert world.wait(SETTLE) == {"unknown": 1}
    unknown_at = world.now
    assert only_mail(world).state == "UNKNOWN"
    assert world.wait(RESEND_AFTER - MINUTE) == {}
    assert world.wait(MINUTE) == {"sent": 1}
    mail = only_mail(world)
    assert (mail.state, mail.possible_duplicate, mail.unknown_at) == ("SENT", True, unknown_at)
    assert len(world.mailer.sent) == 2


def test_second_lost_reply__stays_unknown_for_good() -> None:
    world = world_with_mail(*[SendResult("UNKNOWN", "ReadTimeoutError")] * 2)
    world.wait(SETTLE)
    assert world.wait(RESEND_AFTER) == {"unknown": 1}
    for _ in range(5):
        assert world.wait(RESEND_AFTER) == {}
    mail = only_mail(world)
    assert (mail.state, mail.waiting, mail.attempts) == ("UNKNOWN", False, MAX_ATTEMPTS)
    assert len(world.mailer.sent) == MAX_ATTEMPTS


def test_resend_that_is_refused__stays_unknown() -> None:
    script = [SendResult("UNKNOWN", "500"), SendResult("FAILED", "MessageRejected")]
    world = world_with_mail(*script)
    world.wait(SETTLE)
    assert world.wait(RESEND_AFTER) == {"failed": 1}
    assert (only_mail(world).state, only_mail(world).waiting) == ("UNKNOWN", False)


def test_resend__is_dropped_when_the_score_was_raised_meanwhile() -> None:
    world = world_with_mail(SendResult("UNKNOWN", "500"))
    world.wait(SETTLE)
    world.change(score=9)
    world.wait(RESEND_AFTER)
    world.wait(SETTLE)
    first = next(mail for mail in world.store.mails() if mail.kind == "detractor")
    assert (first.state, first.waiting) == ("UNKNOWN", False)
    assert [key.split("#")[3] for _, _, _, key in world.mailer.sent] == [
        "detractor",
        "score_raised",
    ]


def test_refusal__is_failed_for_good() -> None:
    world = world_with_mail(SendResult("FAILED", "MessageRejected"))
    assert world.wait(SETTLE) == {"failed": 1}
    assert world.wait(RESEND_AFTER) == {}
    assert (only_mail(world).state, only_mail(world).error) == ("FAILED", "MessageRejected")


def test_throttling__is_surely_not_sent_and_tried_again() -> None:
    world = world_with_mail(SendResult("RETRY", "TooManyRequestsException"))
    assert world.wait(SETTLE) == {"throttled": 1}
    assert (only_mail(world).state, only_mail(world).attempts) == ("PENDING", 0)
    assert world.pauses == [1.0]
    assert world.wait(SOON) == {"sent": 1}
    assert (only_mail(world).possible_duplicate, len(world.mailer.sent)) == (False, 1)


def test_throttling__ends_the_tick_after_five() -> None:
    world = World()
    world.mailer.script += [SendResult("RETRY", "429")] * 9
    for number in range(9):
        world.change(id=number, end_user_id=str(number))
    assert world.wait(SETTLE) == {"throttled": 5}


def test_throttled_mail__is_cancelled_by_a_raise_and_needs_no_note() -> None:
    world = world_with_mail(SendResult("RETRY", "429"))
    world.wait(SETTLE)
    world.change(score=9)
    world.wait(SETTLE)
    assert [mail.state for mail in world.store.mails()] == ["CANCELLED"]
    assert world.mailer.sent == []


def test_stopped_account__holds_every_mail() -> None:
    world = World()
    world.mailer.script.append(SendResult("HOLD", "SendingPausedException"))
    world.change(id=1)
    world.change(id=2)
    assert world.wait(SETTLE) == {"held": 1}
    assert {mail.state for mail in world.store.mails()} == {"PENDING"}
    assert world.wait(HELD_FOR) == {"sent": 2}


def test_sender_that_died__leaves_unknown_then_one_resend() -> None:
    world = world_with_mail()
    world.now += SETTLE
    deliver = world.deliver
    claim = replace(only_mail(world), state="SENDING", attempts=1, due_at=world.now + LEASE)
    assert world.store.move(only_mail(world), claim) is not None
    assert world.wait(LEASE - MINUTE) == {}
    assert world.wait(MINUTE) == {"unknown": 1}
    assert world.wait(RESEND_AFTER) == {"sent": 1}
    assert only_mail(world).possible_duplicate
    assert deliver.tick(world.now, lambda: True) == {}


def test_no_time_left__stops_before_the_next_mail() -> None:
    world = world_with_mail()
    assert world.deliver.tick(world.now + SETTLE, lambda: False) == {}
    assert only_mail(world).state == "PENDING"


def test_mail_that_cannot_be_rendered__fails_and_lets_the_others_go() -> None:
    world = World()
    world.change(id=1, account_id="c-1")
    world.change(id=2, account_id="c-2")
    first = next(task for task in world.store.tasks() if task.response_ids == ("1",))
    del world.store.kept_tasks[first.task_id]
    assert world.wait(SETTLE) == {"failed": 1, "sent": 1}
    failed = next(mail for mail in world.store.mails() if mail.state == "FAILED")
    assert failed.error == "cannot be rendered: ValueError"


def test_store_that_fails_while_preparing__postpones_the_mail() -> None:
    world = world_with_mail()
    deliver = world.deliver

    def broken(account_id: str, first_month: str) -> list[Ledger]:
        raise StoreUnavailable("Query: InternalServerError")

    world.ledgers.months = broken  # type: ignore[method-assign]  # a ledger store that is down
    assert dict(deliver.tick(world.now + SETTLE, lambda: True)) == {"waiting": 1}
    del world.ledgers.months
    assert world.wait(SETTLE + SOON) == {"sent": 1}


def test_index_that_lags_behind__sends_nothing_twice() -> None:
    world = world_with_mail()
    stale = list(world.store.due(NOW + SETTLE, 10))
    world.wait(SETTLE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(InMemoryFollowUp, "due", lambda *_: [*stale, "gone"])
        assert world.wait(MINUTE) == {"skipped": 2}
    assert len(world.mailer.sent) == 1


def test_follow_up__waits_for_the_first_mail_and_is_dropped_if_that_had_the_comment() -> None:
    world = world_with_mail(SendResult("UNKNOWN", "500"))
    world.wait(SETTLE)
    world.change(text="Exports time out")
    assert world.wait(SETTLE) == {"waiting": 1}
    world.wait(RESEND_AFTER)
    world.wait(SOON)
    states = {mail.kind: mail.state for mail in world.store.mails()}
    assert states == {"detractor": "SENT", "comment": "CANCELLED"}
    assert "Exports time out" in world.mailer.sent[-1][2]


@pytest.mark.parametrize(("text", "state"), [("Slow", "SENT"), (None, "CANCELLED")])
def test_follow_up__needs_its_comment(text: str | None, state: str) -> None:
    world = world_with_mail()
    world.wait(SETTLE)
    world.change(text="Exports time out")
    world.write(text=text)
    world.wait(SETTLE)
    assert next(mail.state for mail in world.store.mails() if mail.kind == "comment") == state


def test_note__is_dropped_if_the_score_is_low_again() -> None:
    world = world_with_mail()
    world.wait(SETTLE)
    world.change(score=9)
    world.write(score=2)
    world.wait(SETTLE)
    note = next(mail for mail in world.store.mails() if mail.kind == "score_raised")
    assert (note.state, note.error) == ("CANCELLED", "the score is low again")


def test_note__is_dropped_if_the_first_mail_never_left() -> None:
    world = world_with_mail(SendResult("RETRY", "429"))
    world.now += SETTLE
    pending = only_mail(world)
    claim = world.store.move(pending, replace(pending, state="SENDING", attempts=1))
    assert claim is not None
    world.change(score=9)
    world.store.move(claim, replace(claim, state="PENDING", attempts=0))
    for _ in range(3):
        world.wait(SETTLE)
    assert {mail.state for mail in world.store.mails()} == {"CANCELLED"}
    assert world.mailer.sent == []


@pytest.mark.parametrize("change", [{"excluded": True}, {"score": 8}], ids=["excluded", "raised"])
def test_mail_that_is_no_longer_true__is_cancelled_even_before_it_is_decided(
    change: dict[str, Any],
) -> None:
    world = world_with_mail()
    world.write(**change)
    assert world.wait(SETTLE) == {"cancelled": 1}
    assert (only_mail(world).state, only_mail(world).attempts) == ("CANCELLED", 0)


def test_claim_that_another_tick_won__is_left_to_it() -> None:
    world = world_with_mail()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(InMemoryFollowUp, "move", lambda *_: None)
        assert world.wait(SETTLE) == {"skipped": 1}
    assert world.mailer.sent == []


def test_mail_of_a_kind_of_a_later_version__waits_for_that_version() -> None:
    world = world_with_mail()
    mail = only_mail(world)
    later = replace(mail, kind="digest")
    world.store.kept_mails[mail.key] = later
    assert world.wait(SETTLE) == {"waiting": 1}
    kept = only_mail(world)
    assert (kept.state, kept.attempts) == ("PENDING", 0)
    world.store.kept_mails[mail.key] = replace(kept, kind="detractor")
    assert world.wait(MINUTE) == {"sent": 1}


def test_mail_that_ses_took__is_recorded_although_the_first_writes_are_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another transaction holds the item: the write is lost, but the claim still holds."""
    world = world_with_mail()
    real, lost = world.store.move, iter([True, True])

    def contested(before: OutboxMail, after: OutboxMail) -> OutboxMail | None:
        return None if after.state == "SENT" and next(lost, False) else real(before, after)

    monkeypatch.setattr(world.store, "move", contested)
    assert world.wait(SETTLE) == {"sent": 1}
    assert (only_mail(world).state, bool(only_mail(world).subject)) == ("SENT", True)


@pytest.mark.parametrize("failure", [None, StoreUnavailable("down"), StoreRefused("large")])
def test_mail_that_ses_took__never_stops_the_mails_behind_it(
    monkeypatch: pytest.MonkeyPatch, failure: Exception | None
) -> None:
    world = World()
    for number in (1, 2):
        world.change(id=number, account_id=f"c-{number}")
    real, first = world.store.move, next(iter(world.store.mails())).key

    def broken(before: OutboxMail, after: OutboxMail) -> OutboxMail | None:
        if after.state == "SENT" and before.key == first:
            if failure is not None:
                raise failure
            return None
        return real(before, after)

    monkeypatch.setattr(world.store, "move", broken)
    assert world.wait(SETTLE) == {"unknown": 1, "sent": 1}
    assert len(world.mailer.sent) == 2
    monkeypatch.undo()
    assert world.wait(LEASE) == {"unknown": 1}
    assert world.wait(RESEND_AFTER) == {"sent": 1}
    mail = world.store.mail(first)
    assert mail is not None
    assert (mail.state, mail.possible_duplicate) == ("SENT", True)


def _dies_preparing(world: World) -> None:
    """A tick that claims the mail and ends before it is prepared."""
    deliver = world.deliver

    def killed(account_id: str, first_month: str) -> list[Ledger]:
        raise Killed

    world.ledgers.months = killed  # type: ignore[method-assign]  # where a process ends
    with pytest.raises(Killed):
        deliver.tick(world.now, lambda: True)
    del world.ledgers.months


def test_preparation_that_dies_twice__has_sent_nothing_and_is_sent_once() -> None:
    world = world_with_mail()
    world.now += SETTLE
    for deaths in (0, 1):
        _dies_preparing(world)
        assert (only_mail(world).state, only_mail(world).attempts) == ("SENDING", 0)
        assert world.wait(LEASE) == {"waiting": 1}
        assert (only_mail(world).state, only_mail(world).deaths) == ("PENDING", deaths + 1)
        world.now += 2 * MINUTE
    assert world.wait(MINUTE) == {"sent": 1}
    mail = only_mail(world)
    assert (mail.state, mail.attempts, mail.possible_duplicate) == ("SENT", 1, False)
    assert len(world.mailer.sent) == 1


def test_preparation_that_always_dies__is_failed_within_an_hour_and_says_why() -> None:
    world = world_with_mail()
    world.now += SETTLE
    began = world.now
    results = []
    for _ in range(MAX_DEATHS):
        while only_mail(world).due_at > world.now:
            world.now += MINUTE
        _dies_preparing(world)
        results.append(world.wait(LEASE))
    assert results == [{"waiting": 1}] * (MAX_DEATHS - 1) + [{"failed": 1}]
    assert world.now - began < timedelta(hours=1)
    mail = only_mail(world)
    assert (mail.state, mail.waiting, mail.attempts) == ("FAILED", False, 0)
    assert mail.error == "5 processes ended while they prepared it"
    assert world.mailer.sent == []


def test_resend_whose_preparation_always_dies__stays_unknown() -> None:
    world = world_with_mail(SendResult("UNKNOWN", "500"))
    world.wait(SETTLE)
    world.now += RESEND_AFTER
    for _ in range(MAX_DEATHS):
        while only_mail(world).due_at > world.now:
            world.now += MINUTE
        _dies_preparing(world)
        world.wait(LEASE)
    mail = only_mail(world)
    assert (mail.state, mail.waiting, mail.attempts) == ("UNKNOWN", False, 1)


def test_claim_of_an_earlier_version__may_have_been_sent() -> None:
    """It counted the attempt at the claim, and wrote no `preparing`."""
    world = world_with_mail()
    world.now += SETTLE
    old = replace(claimed(only_mail(world), world.now), attempts=1, preparing=False)
    assert world.store.move(only_mail(world), old) is not None
    assert world.wait(LEASE) == {"unknown": 1}


def test_mail_that_changes_while_it_is_prepared__is_prepared_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An erasure between the look-up and SES: what was prepared still names the person."""
    world = world_with_mail()
    real, fresh = world.store.move, iter([True])

    def overtaken(before: OutboxMail, after: OutboxMail) -> OutboxMail | None:
        if after.attempts == 1 and next(fresh, False):
            stored = world.store.mail(before.key)
            assert stored is not None
            assert real(stored, forgotten(stored)) is not None
        return real(before, after)

    monkeypatch.setattr(world.store, "move", overtaken)
    assert world.wait(SETTLE) == {"waiting": 1}
    assert world.mailer.sent == []
    assert world.wait(MINUTE) == {"sent": 1}
    assert (only_mail(world).attempts, len(world.mailer.sent)) == (1, 1)
