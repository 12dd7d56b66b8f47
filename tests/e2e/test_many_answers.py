"""Many answers in 60 accounts: edits, exclusions, replays, kills, a restart."""

import random
import threading
from collections.abc import Callable
from typing import Any

from nps_local.control import schedules
from nps_local.demo.recompute import accounts, differences
from nps_testing.effort import usually
from nps_testing.sources.local_fake import Source
from nps_testing.stacks.local import LocalStack
from nps_testing.stacks.nps_program import nps
from nps_testing.waiting import wait_until

ANSWERS = usually(4_000, soak=20_000)
KILLS = ANSWERS // 1_000
"""More would find nothing left at work."""


def test_many_answers__are_stored_once_and_counted_exactly_whatever_dies(
    start_stack: Callable[..., LocalStack],
) -> None:
    stack = start_stack(
        *("--answers", str(ANSWERS), "--people", str(ANSWERS // 10), "--accounts", "60"),
        *("--set", "WootricRequestsPerMinute=6000"),
    )
    source = Source(stack.running.wootric_url)
    source.switch(rate_limit=1_000_000)
    assert _backfill_under_fire(stack) >= KILLS
    _assert_equal(stack, source)

    rng = random.Random(4)
    ids = [row["id"] for row in source.answers() if row["visible"]]
    edited = rng.sample(ids, ANSWERS // 40)
    for answer in edited:
        source.edit(answer, score=rng.randint(0, 10), text=f"changed my mind {answer}")
    source.flush()
    for answer in rng.sample(ids, ANSWERS // 200):
        source.edit(answer, excluded=True)
    replayed = rng.sample(edited, ANSWERS // 200) + rng.sample(ids, ANSWERS // 200)
    deliveries = replayed * 3
    rng.shuffle(deliveries)
    attempts = source.send(deliveries)
    assert {attempt["status"] for attempt in attempts} == {200}
    stack.advance("8d")
    _sync_until_complete(stack)
    stack.wait(600)
    _assert_equal(stack, source)

    before = nps(stack.data, "accounts", "list")
    stack.stop()
    stack.start()
    stack.wait(60)
    source = Source(stack.running.wootric_url)
    assert [row["all"] for row in before] == [row["all"] for row in _accounts(stack)]
    _sync_until_complete(stack)
    stack.wait(600)
    _assert_equal(stack, source)
    assert len(stack.mails()) <= 1, "only the backfill ever wrote to anybody"


def _backfill_under_fire(stack: LocalStack) -> int:
    """Backfill while workers of sync and rollup are killed in the middle of an invocation."""
    done = threading.Event()
    backfill = threading.Thread(target=_tick_until, args=(stack, done))
    backfill.start()
    kills = 0
    try:
        while kills < KILLS:
            victim = "sync" if kills % 3 == 0 else "rollup"
            _kill_at_work(stack, victim)
            kills += 1
            # The next tick need not wait until the dead run's lease has run out.
            stack.advance("1m")
    finally:
        done.set()
        backfill.join()
    _sync_until_complete(stack)
    stack.wait(600)
    return kills


def _kill_at_work(stack: LocalStack, function: str) -> None:
    wait_until(lambda: stack.kill(function)["in_invocation"], 120, f"{function} is at work")


def _tick_until(stack: LocalStack, done: threading.Event) -> None:
    while not done.is_set():
        _fire(stack)


def _fire(stack: LocalStack) -> dict[str, Any]:
    try:
        report: dict[str, Any] = stack.fire("sync")
    except schedules.FunctionFailedError:
        return {"status": "killed"}
    return report


def _sync_until_complete(stack: LocalStack) -> None:
    reports = (_fire(stack) for _ in range(30))
    assert any(report["status"] == "complete" for report in reports)


def _accounts(stack: LocalStack) -> Any:
    return nps(stack.data, "accounts", "list")


def _assert_equal(stack: LocalStack, source: Source) -> None:
    """Every answer stored once with its current content; every number equal to a recompute."""
    rows = {row["id"]: row for row in source.answers() if row["visible"]}
    stored = nps(stack.data, "responses", "list")
    assert len(stored) == len({answer["id"] for answer in stored}) == len(rows)
    wrong = [answer["id"] for answer in stored if not _is_current(answer, rows[answer["id"]])]
    assert wrong == []
    assert differences(_accounts(stack), accounts(rows.values(), stack.now(), 180)) == []


def _is_current(stored: dict[str, Any], row: dict[str, Any]) -> bool:
    properties = row["properties"]
    account = str(properties.get("company_id") or properties.get("company") or "").strip() or None
    return (stored["score"], stored["text"] or None, stored["excluded"], stored["account_id"]) == (
        row["score"],
        (row["text"] or "").strip() or None,
        row["excluded"],
        account,
    )
