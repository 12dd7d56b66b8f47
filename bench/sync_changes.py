"""Changes without a webhook: edits, exclusions, deletions, inserts dated back, notes."""

from collections.abc import Iterable
from datetime import UTC, datetime, time
from random import Random

from nps_core.scoring import categorize
from nps_local.fakes.wootric.actions import NewAnswer
from nps_local.fakes.wootric.data.model import Answer
from nps_testing.worlds.sync_account import ZONE, SyncAccount
from nps_testing.worlds.sync_truth import difference
from sync_reads import account_of_20_000
from sync_table import Row, ratio

DAY_S = 86_400
TICK_S = 600


def rows() -> Iterable[Row]:
    """Measure, all on one account."""
    account = account_of_20_000()
    account.until_complete()
    random = Random(11)
    yield _edits(account, random, 7, "<= 40 requests, all by the next audit", most=40)
    for days in (30, 180):
        yield _edits(account, random, days)
    requests = -(-len(account.source.store.answers) // 50)
    yield Row("  beside that, a full re-read of the answers", f"{requests} requests at least")
    yield from _all_sorts(account, random)
    account.source.stop()


def _edits(
    account: SyncAccount, random: Random, days: int, bar: str = "", most: int | None = None
) -> Row:
    """Change the class of 20 answers of the last whole days; count the next audit's requests."""
    account.time.sleep(3_600)  # an audit is due, and the answers to edit were synced an hour ago
    account.tick()
    midnight = datetime.combine(account.time.now().astimezone(ZONE).date(), time(), ZONE)
    end_s = midnight.astimezone(UTC).timestamp()
    edited = random.sample(_created(account, end_s - days * DAY_S, end_s), 20)
    for row in edited:
        score = row.score if row.score is not None else 0
        others = [s for s in range(11) if categorize(s) != categorize(score)]
        account.source.edit({"id": row.id, "score": random.choice(others)})
    account.time.sleep(3_600)
    before = account.asked()
    account.tick()
    asked, left = account.asked() - before, _unknown(account, edited)
    found = len(edited) - len(left)
    hours = 1.0
    while left and hours < 200:
        account.ticks(1, TICK_S)
        left, hours = _unknown(account, left), hours + 1
    figure = f"{found} of 20 by the next audit, {asked} requests; the last after {hours:.0f} h"
    holds = None if most is None else found == 20 and asked <= most
    return Row(f"20 late edits that change the class, of the last {days} whole days, hooks off",
               figure, bar, holds, ratio(asked, 20) if most else None)  # fmt: skip


def _all_sorts(account: SyncAccount, random: Random) -> Iterable[Row]:
    """Ten changes of each sort over the whole history; tick until the sync has found all."""
    now = account.time()
    rows = random.sample(_created(account, now - 179 * DAY_S, now - 2 * DAY_S), 30)
    excluded, deleted, noted = rows[:10], rows[10:20], rows[20:]
    actions, store = account.source.actions, account.source.store
    for row in excluded:
        actions.flag(row, excluded=not row.excluded, completed=None)
    for row in deleted:
        store.remove_row(row)
    for row in noted:
        actions.note(row, f"Called about {row.id}", "cs@example.com")
    inserted = [
        actions.answer(NewAnswer(score=random.randrange(11), end_user_id=7_001 + number,
                                 created_ms=int((now - random.uniform(2, 179) * DAY_S) * 1000)))
        for number in range(10)
    ]  # fmt: skip
    waiting = {"exclusions": excluded, "inserts dated back": inserted, "deletions": deleted,
               "notes": noted}  # fmt: skip
    took = _until_known(account, waiting)
    bars = {"exclusions": 24, "inserts dated back": 24, "deletions": 48, "notes": 168}
    for name, hours in took.items():
        yield Row(f"10 {name}, scattered over 180 days, hooks off",
                  f"the last is known after {hours:.1f} h", f"<= {bars[name]} h",
                  hours <= bars[name])  # fmt: skip


def _until_known(account: SyncAccount, waiting: dict[str, list[Answer]]) -> dict[str, float]:
    began, took = account.time(), dict.fromkeys(waiting, float("inf"))
    while waiting and account.time() - began < 9 * DAY_S:
        account.time.sleep(TICK_S)
        account.tick()
        for name, left in list(waiting.items()):
            waiting[name] = _unknown(account, left)
            if not waiting[name]:
                took[name] = (account.time() - began) / 3600
                del waiting[name]
    return took


def _unknown(account: SyncAccount, answers: Iterable[Answer]) -> list[Answer]:
    """Return the answers whose stored form differs from the source's."""
    return [row for row in answers if any(difference(account, "response", row))]


def _created(account: SyncAccount, from_s: float, to_s: float) -> list[Answer]:
    return [
        row
        for row in account.source.store.answers.values()
        if from_s * 1000 <= row.created_ms < to_s * 1000 and not (row.deleted or row.excluded)
    ]
