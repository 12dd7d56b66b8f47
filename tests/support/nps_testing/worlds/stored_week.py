"""The week of `stored_world`: every kind of item reaches every state."""

import rollup.app
from nps_core.aws import clients
from nps_core.sync.proof.counting import ClassCounts
from nps_core.sync.proof.dynamo import DynamoProofStore
from nps_core.sync.proof.gaps import Gap
from nps_local.fakes.wootric.actions import NewAnswer, NewRow
from nps_local.fakes.wootric.data.model import Answer, Properties
from nps_local.fakes.wootric.server import FakeWootric
from nps_testing.stacks.environment import TOKEN
from nps_testing.stacks.lambda_context import context
from nps_testing.worlds.stored_world import BEGIN_S, DAY, EU, MINUTE, StoredWorld, put_secret

_DAYS = 4
_SWEEP_S, _AUDIT_S, _HISTORY_S = 77.6, 75.1, 62.0
"""Time budgets in seconds, of which the last minute is not used: these runs end halfway."""
_LAST_WRITES = 28
"""Writes of the last run before it dies."""


def live(world: StoredWorld) -> None:
    _first_sync(world)
    _live_answers(world)
    _mails_in_every_state(world)
    _later_days(world)
    _end_in_the_middle(world)


def _first_sync(world: StoredWorld) -> None:
    """A backfill in two runs with a row that cannot be parsed; a killed run; a preview."""
    with world.us.store.lock:
        world.us.actions.answer(NewAnswer(score=11, email="eva@acme.example", notify=False))
    assert world.tick(lambda_s=62.0) == "partial"
    world.time.sleep(MINUTE)
    world.sync_dies(30)
    world.time.sleep(5 * MINUTE)
    assert world.tick() == "complete"
    world.time.sleep(30)
    assert world.tick(EU) == "complete"
    world.tick(task="audit", dry_run=True)
    world.ses.script[:] = [(200, ""), (400, "MessageRejected")]
    world.deliver()


def _live_answers(world: StoredWorld) -> None:
    """Answers of the day by webhook in both formats: declines, strangers, edits, nonsense."""
    acme: Properties = {
        "company": "Acme Inc",
        "company_id": "c-118",
        "csm_email": "csm@example.com",
    }
    world.time.sleep(10 * MINUTE)
    ana = world.answer(2, email="ana@acme.example", external_id="u-42", properties=acme)
    world.edit(ana, text="Exports time out & support is <slow>")
    world.answer(9, email="bo@acme.example", properties={**acme, "seats_amount": 120})
    with world.us.store.lock:
        no = world.us.actions.decline(NewRow(email="cy@acme.example", properties=acme))
    world.send_webhook(no)
    world.answer(
        8, "form", email="bo@partner.example", properties={}, text="So weit gut \u2013 na ja"
    )
    world.answer(
        6, "form", email="li@zeta.example", properties={}, text="\u0644\u0627 \U0001f641\nnext line"
    )
    world.answer(4, email=None, properties={}, text="Who am I?")
    world.us.switch(unnamed_keys=True)
    world.answer(7, email="Unknown", properties={"company_id": "c-118", "beta": True})
    world.us.switch(unnamed_keys=False)
    world.answer(10, external_id="u-77", properties={"plan": "pro", "nested": None})
    world.post(b'{"response": {"id": 1}, "account_token": "NPS-1a2b3c4d"}')
    world.post(b"\xc3\xa9 is no payload")
    bad = {"eventID": "1", "dynamodb": {"NewImage": {"pk": {"S": "no answer"}}}}
    rollup.app.handler({"Records": [bad]}, context())
    world.deliver()


def _mails_in_every_state(world: StoredWorld) -> None:
    """A late comment, a raised score, a lost reply, a refusal, a changed score, a killed sender."""
    beta = {"company": "Beta Ltd", "company_id": "c-200", "csm_email": "dora@example.com"}
    gamma = {"company": "Gamma SA", "company_id": "c-300", "csm_email": "eli@elsewhere.example"}
    late = world.answer(3, email="fay@beta.example", properties=beta)
    again = world.answer(5, email="gus@beta.example", properties=beta)
    happy = world.answer(1, email="hal@delta.example", properties={"company_id": "c-400"})
    world.deliver()
    world.edit(late, text="Nobody has called me back")
    world.edit(again, score=4)
    world.edit(happy, score=9, text="Solved, thank you")
    world.deliver()
    world.answer(0, email="ida@gamma.example", properties=gamma)
    world.ses.script[:] = ["reset"]
    world.deliver()
    world.answer(2, email="jo@eps.example", properties={"company_id": "c-500"})
    world.ses.script[:] = [(400, "MessageRejected")]
    world.deliver()
    hasty = world.answer(5, email="kim@eta.example", properties={"company_id": "c-600"})
    world.edit(hasty, score=8)
    out = world.answer(3, email="lou@theta.example", properties={"company_id": "c-700"})
    world.deliver(30)
    with world.us.store.lock:
        world.us.actions.flag(out, excluded=True, completed=None)
    world.send_webhook(out, "updated")
    world.tick()


def _later_days(world: StoredWorld) -> None:
    """A week of rare ticks: gaps that close, edits, a verified deletion and erasure."""
    us = world.us
    gone = world.answer(1, email="max@iota.example", properties={"company_id": "c-800"})
    left = world.answer(2, email="nia@iota.example", text="Call me", properties={})
    world.deliver()
    for day in range(_DAYS):
        world.time.sleep(DAY + 10 * MINUTE)
        if day == 1:
            with us.store.lock:
                us.store.remove_row(gone)
            us.erase(left.end_user_id)
            us.erase(min(one.end_user_id for one in us.store.declines.values()))
        if day == 3:
            _colleagues_work(world)
        if day % 3 == 0:
            world.tick(EU)
        assert world.tick() in ("complete", "partial")
    world.tick(task="audit")
    world.deliver()


def _colleagues_work(world: StoredWorld) -> None:
    actions = world.us.actions
    with world.us.store.lock:
        rows = [row for row in world.us.store.answers.values() if not row.deleted][:4]
        actions.note(rows[0], "Called & solved", "cs@example.com")
        actions.tag(rows[1], ["vip", "export"])
        actions.flag(rows[2], excluded=None, completed=True)
        actions.edit(rows[3], {"score": 7, "text": "On second thought"}, notify=False)


def _end_in_the_middle(world: StoredWorld) -> None:
    """Unfinished work: a round, history, a suspect, gaps, refused credentials."""
    us, eu = world.us, world.eu
    with us.store.lock, eu.store.lock:
        us.store.remove_row(max(_recent(us), key=lambda row: row.created_ms))
        eu.store.remove_row(max(_recent(eu), key=lambda row: row.created_ms))
    world.time.sleep(DAY)
    assert world.tick(EU, lambda_s=_AUDIT_S) == "partial"
    assert world.tick(lambda_s=_SWEEP_S) == "partial"
    world.time.sleep(5 * MINUTE)
    since = {"task": "backfill", "since": "2025-07-01T00:00:00Z"}
    assert world.tick(lambda_s=_HISTORY_S, **since) == "partial"
    second = int(world.time()) - 3 * int(DAY)
    gap = Gap(
        *("responses", "second", second, second + 1, "1,700 answers in a second"),
        found_at=world.time.now(),
        run_id="20260226T000000000Z-0a1b2c3d",
        rows=1_500,
        difference=ClassCounts(200, 3, 1),
        tries=1,
        tried_at=world.time.now(),
        next_user="7009",
    )
    DynamoProofStore(clients.dynamodb(), world.state, TOKEN).put_gap(
        gap
    )  # by hand: 1,500 answers make a long file
    eu.context.tokens.revoke_all()
    refused = {"client_id": "eu-client", "client_secret": "a-wrong-one"}
    put_secret(us, {EU: refused})
    world.new_process()
    assert world.tick(EU) == "failed"
    theta = {"company": "Theta", "company_id": "c-700", "csm_email": "dora@example.com"}
    world.ses.script[:] = [(200, ""), "reset"]
    world.answer(6, email="oda@theta.example", properties=theta)
    world.deliver()
    world.answer(3, email="pia@theta.example", properties=theta, text="It is slow")
    world.delivery_dies()
    world.answer(1, email="quin@theta.example", properties=theta)
    world.sync_dies(_LAST_WRITES)
    assert world.tick(lambda_s=100.0, task="audit") == "skipped"


def _recent(source: FakeWootric) -> list[Answer]:
    """Return the answers before the first day."""
    rows = source.store.answers.values()
    return [row for row in rows if not row.deleted and row.created_ms < BEGIN_S * 1000 - 1]
