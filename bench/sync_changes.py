"""Changes that no webhook tells, of every kind at once, and how long each takes to be known."""

from collections.abc import Callable, Iterable
from random import Random

from nps_core.keys import Kind
from nps_core.scoring import categorize
from nps_local.fakes.wootric.actions import NewAnswer
from nps_local.fakes.wootric.data.model import Answer
from nps_testing.worlds.sync_account import SyncAccount
from nps_testing.worlds.sync_truth import SourceRow, difference
from sync_reads import account_of_20_000
from sync_table import Row

DAY_S, TICK_S = 86_400, 300
ONE_ROUND_H = 4.5
Waiting = dict[str, list[tuple[Kind, SourceRow]]]


def rows() -> Iterable[Row]:
    """Measure, all on one account."""
    account = account_of_20_000()
    account.until_complete()
    yield from _all_sorts(account, Random(11))
    yield _recent_edit(account)
    account.source.stop()


def _all_sorts(account: SyncAccount, random: Random) -> Iterable[Row]:
    """Change ten and more of every kind over the whole history; tick until all are known."""
    account.ticks(6)
    waiting = _change(account, random)
    before = {(kind, row.id): _difference(account, kind, row)
              for changed in waiting.values() for kind, row in changed}  # fmt: skip
    unseen = sum(not problems for problems in before.values())
    took, asked = _until_known(account, waiting), account.asked()
    for name, (first, last) in took.items():
        is_removal = name.startswith(("deleted", "erased"))
        bar = "24 to 30 h" if is_removal else f"<= {ONE_ROUND_H} h, one round"
        holds = (first >= 24 and last <= 30) if is_removal else last <= ONE_ROUND_H
        yield Row(f"{name}, over 178 days, all at once, hooks off",
                  f"the first known after {first:.1f} h, the last after {last:.1f} h", bar,
                  holds)  # fmt: skip
    left = sum(gap.is_open for gap in account.proof_store.gaps())
    yield Row("  after that", f"{left} open gaps, {account.lost()} lost, {asked:,} requests in all;"
              f" {unseen} changes were no difference", "no gap, 0 lost",
              left == 0 and account.lost() == 0 and unseen == 0)  # fmt: skip


def _change(account: SyncAccount, random: Random) -> Waiting:
    actions, store, now = account.source.actions, account.source.store, account.time()
    rows = random.sample(_answers(account, now - 178 * DAY_S, now - 2 * DAY_S), 20 + 50)
    taken = iter(rows)
    some: Callable[[int], list[Answer]] = lambda number: [next(taken) for _ in range(number)]  # noqa: E731
    classes, notes, tags, silent, gone = some(20), some(10), some(10), some(10), some(10)
    for row in classes:
        others = [s for s in range(11) if categorize(s) != categorize(row.score or 0)]
        actions.edit(row, {"score": random.choice(others)}, notify=False)
    for row in notes:
        actions.note(row, f"Called about {row.id}", "cs@example.com")
    for row in tags:
        actions.tag(row, ["export"])
    for row in silent:
        row.text = "Changed, and nobody was told"
        store.changed(row)
    for row in gone:
        store.remove_row(row)
    excluded = [row for row in store.answers.values() if row.excluded and not row.deleted]
    unexcluded = [row for row in random.sample(excluded, len(excluded))
                  if row.created_ms > (now - 178 * DAY_S) * 1000][:10]  # fmt: skip
    instead = [_same_day(account, row, {one.id for one in rows}) for row in unexcluded]
    for row in (*unexcluded, *instead):
        actions.flag(row, excluded=not row.excluded, completed=None)
    inserted = [
        actions.answer(NewAnswer(score=random.randrange(11), end_user_id=7_001 + number,
                                 created_ms=int((now - random.uniform(2, 178) * DAY_S) * 1000)))
        for number in range(10)
    ]  # fmt: skip
    declines = [row for row in store.declines.values()
                if not row.deleted and row.created_ms > (now - 178 * DAY_S) * 1000]  # fmt: skip
    gone_declines = random.sample(declines, 5)
    for decline in gone_declines:
        store.remove_row(decline)
    touched = {row.end_user_id for row in (*rows, *unexcluded, *instead, *inserted, *gone_declines)}
    persons = [user.id for user in store.live_users() if user.id not in touched][:3]
    theirs: list[tuple[Kind, SourceRow]] = [
        *(("response", one) for one in store.answers.values() if one.end_user_id in persons),
        *(("decline", one) for one in store.declines.values() if one.end_user_id in persons),
    ]
    for person in persons:
        account.source.erase(person)
    of_answers: dict[str, list[Answer]] = {
        "20 class edits": classes, "10 exclusions and 10 un-exclusions on the same days":
        [*unexcluded, *instead], "10 back-dated inserts": inserted, "10 notes": notes,
        "10 tags": tags, "10 silent edits": silent, "deleted: 10 answers": gone,
    }  # fmt: skip
    waiting: Waiting = {name: [("response", row) for row in changed]
                        for name, changed in of_answers.items()}  # fmt: skip
    waiting["deleted: 5 declines"] = [("decline", row) for row in gone_declines]
    waiting[f"erased: 3 persons with {len(theirs)} answers and declines"] = theirs
    return waiting


def _recent_edit(account: SyncAccount) -> Row:
    """Edit an answer of two hours ago, at every fifth minute of the hour."""
    worst = 0.0
    for number in range(12):
        account.ticks(2)
        now_ms = int(account.time() * 1000)
        row = account.source.actions.answer(
            NewAnswer(score=9, end_user_id=7_001 + number, created_ms=now_ms - 60_000)
        )
        account.ticks(2 + number / 12)
        account.source.actions.edit(row, {"score": 1}, notify=False)
        took = _until_known(account, {"edit": [("response", row)]})
        worst = max(worst, took["edit"][1])
    return Row("the class of an answer two hours old, hooks off, at twelve moments of the hour",
               f"the last is known after {worst:.2f} h", "<= 1 h", worst <= 1)  # fmt: skip


def _until_known(account: SyncAccount, waiting: Waiting) -> dict[str, tuple[float, float]]:
    """Tick until the stored answers show all; returns the hours of the first and last of a kind."""
    began, took = account.time(), dict[str, tuple[float, float]]()
    waiting = dict(waiting)
    while waiting and account.time() - began < 9 * DAY_S:
        start = account.time()
        account.tick()
        hours = (account.time() - began) / 3600
        for name, left in list(waiting.items()):
            unknown = [(kind, row) for kind, row in left if _difference(account, kind, row)]
            if len(unknown) < len(left):
                took[name] = (took.get(name, (hours, hours))[0], hours)
            waiting[name] = unknown
            if not unknown:
                took.setdefault(name, (hours, hours))
                del waiting[name]
        account.time.sleep(max(0.0, start + TICK_S - account.time()))
    return took | dict.fromkeys(waiting, (0.0, float("inf")))


def _difference(account: SyncAccount, kind: Kind, row: SourceRow) -> list[str]:
    return list(difference(account, kind, row))


def _answers(account: SyncAccount, from_s: float, to_s: float) -> list[Answer]:
    return [
        row
        for row in account.source.store.answers.values()
        if from_s * 1000 <= row.created_ms < to_s * 1000 and not (row.deleted or row.excluded)
    ]


def _same_day(account: SyncAccount, excluded: Answer, taken: set[int]) -> Answer:
    """Return a counted answer of the same day and class, so that the counts cancel out."""
    day = excluded.created_ms // 86_400_000
    return next(
        row
        for row in account.source.store.answers.values()
        if row.created_ms // 86_400_000 == day
        and categorize(row.score or 0) == categorize(excluded.score or 0)
        and not (row.excluded or row.deleted or row.id in taken)
    )
