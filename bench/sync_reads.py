"""First reads of 20,000 answers: plain, with faults, and killed forty times; then ticks."""

from collections import Counter
from collections.abc import Iterable, Sequence
from random import Random
from typing import Any

from nps_local.fakes.wootric.actions import NewAnswer
from nps_local.fakes.wootric.server import FakeWootric
from nps_testing.fakes.stores import InMemoryAnswerStore
from nps_testing.fakes.sync import MovingTime
from nps_testing.stacks.crashes import Killed
from nps_testing.worlds.sync_account import Moment, SyncAccount
from sync_table import Row, ratio, responses_asked

ANSWERS, DAYS, PER_MINUTE = 20_000, 180, 80
AT_THE_EDGE = 40
FAULTS = {"error500": 0.02, "error502": 0.02, "reset": 0.01, "truncate": 0.01}


def account_of_20_000(
    embed: str = "email+properties",
    answers: int = ANSWERS,
    *,
    store: InMemoryAnswerStore | None = None,
    round_hours: int = 4,
) -> SyncAccount:
    """A source whose answers often share a second, also the first second of the window."""
    time = MovingTime()
    source = FakeWootric(now=time).start()
    source.switch(end_user_embed=embed)
    source.generate(answers=answers - AT_THE_EDGE, people=2_000, accounts=60, ties=0.4)
    first_ms = (int(time()) - DAYS * 86_400) * 1_000
    for number in range(AT_THE_EDGE):
        user = 7_001 + number
        source.actions.answer(NewAnswer(score=9, created_ms=first_ms, end_user_id=user))
    account = SyncAccount(
        source,
        time,
        per_minute=PER_MINUTE,
        backfill_days=DAYS,
        round_hours=round_hours,
        answers=store,
    )
    latency = Random(3)

    def travel(_number: int, moment: Moment) -> None:
        if moment == "asked":
            time.epoch_s += latency.uniform(0.1, 0.9)

    account.on_request = travel
    return account


def rows() -> Iterable[Row]:
    """Measure."""
    plain = account_of_20_000()
    plain.until_complete()
    asked, lost = responses_asked(plain), plain.lost()
    title = "first read of 20,000 answers over 180 days, shuffled ties, shared seconds"
    yield Row(title, f"{lost} lost, {asked} requests for responses", "0 lost, <= 420 requests",
              lost == 0 and asked <= 420, ratio(asked, ANSWERS))  # fmt: skip
    yield _pace(plain)
    yield from _ticks(plain)
    plain.source.stop()
    yield _with_faults()
    yield _killed()
    yield _without_addresses()


def _pace(account: SyncAccount) -> Row:
    at = [entry["at"] for entry in account.source.context.stats.log]
    used = _per_minute(at)
    limited = account.source.stats()["rate_limited"]
    figure = f"{min(used)} to {max(used)} requests in each of {len(used)} minutes, {limited} 429s"
    least = 0.95 * PER_MINUTE
    return Row("the same: pace, budget 80 of 100 a minute, replies take 0.1 to 0.9 s",
               figure, f">= {least:.0f} in every full minute, <= one 429",
               min(used) >= least and limited <= 1)  # fmt: skip


def _per_minute(at: Sequence[float]) -> list[int]:
    full = range(int(at[0]), int(at[-1]) - 60, 60)
    return [sum(minute <= moment < minute + 60 for moment in at) for minute in full]


def _ticks(account: SyncAccount) -> Iterable[Row]:
    account.time.sleep(300)
    quiet = account.tick().requests
    yield Row("a tick with nothing new", f"{quiet} requests", "2 requests", quiet == 2)
    account.time.sleep(300)
    for number in range(50):
        created_ms = round((account.time() - 100 + number) * 1000)
        account.source.actions.answer(
            NewAnswer(score=9, created_ms=created_ms, end_user_id=7_001 + number)
        )
    record = account.tick()
    figure = f"{record.requests} requests, {record.created} stored, {account.lost()} lost"
    holds = record.requests <= 4 and record.created == 50
    yield Row("a tick with 50 new answers", figure, "<= 4 requests, all 50 stored", holds,
              ratio(record.requests, 50))  # fmt: skip


def _with_faults() -> Row:
    account = account_of_20_000()
    account.source.fail(rates=FAULTS, at={50: "revoke"})
    records = account.until_complete()
    asked, lost = responses_asked(account), account.lost()
    faults = account.source.context.faults.injected.total()
    account.source.stop()
    return Row("the same with 2 % 500, 2 % 502 HTML, 1 % resets, 1 % truncated, token revoked",
               f"{lost} lost, {faults} faults in {asked} requests, {len(records)} run(s)",
               "0 lost, the run finishes", lost == 0 and records[-1].status == "complete",
               ratio(asked, ANSWERS))  # fmt: skip


def _killed() -> Row:
    account, kills = account_of_20_000(), 0
    oldest_live = account.time() - 3_600

    def kill(number: int, moment: Moment) -> None:
        nonlocal kills
        if moment == "answered" and number % 10 == 0 and kills < 40:
            kills += 1
            raise Killed

    account.on_request = kill
    while not account.state.finished:
        try:
            account.tick()
        except Killed:
            account.new_process()
            account.time.sleep(60)
    twice, lost, asked = _read_again(account, oldest_live), account.lost(), responses_asked(account)
    account.source.stop()
    figure = f"{lost} lost, {kills} kills, {twice} history pages read again, {asked} requests"
    holds = lost == 0 and kills == 40 and twice <= kills
    return Row("SIGKILL at every 10th request, 40 times over one backfill", figure,
               "0 lost, <= 1 page again per kill", holds, ratio(asked, ANSWERS))  # fmt: skip


def _read_again(account: SyncAccount, before_s: float) -> int:
    """The number of history pages that were requested more than once."""
    log: Iterable[dict[str, Any]] = account.source.context.stats.log
    pages = Counter(
        (entry["path"], tuple(sorted(entry["params"].items())))
        for entry in log
        if int(entry["params"].get("created[gte]", before_s)) < before_s
    )
    return sum(number - 1 for number in pages.values())


def _without_addresses() -> Row:
    account = account_of_20_000("properties", 5_000)
    account.until_complete()
    asked, everything, lost = responses_asked(account), account.asked(), account.lost()
    account.source.stop()
    return Row("first read of 5,000 answers whose rows tell no e-mail",
               f"{lost} lost, {asked} requests for responses, {everything} in all",
               "0 lost", lost == 0, ratio(asked, 5_000))  # fmt: skip
