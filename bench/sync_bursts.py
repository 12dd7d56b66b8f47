"""Seconds with more answers than a page, at the edge of the window."""

from collections.abc import Iterable

from nps_local.fakes.wootric.actions import NewAnswer
from nps_local.fakes.wootric.server import FakeWootric
from nps_testing.fakes.sync import MovingTime
from nps_testing.worlds.sync_account import SyncAccount
from sync_table import Row, ratio, responses_asked

PEOPLE = 100


def rows() -> Iterable[Row]:
    """Measure."""
    for size, bounds in ((1_400, "ms"), (1_400, "whole_second"), (2_800, "ms")):
        yield _drained(size, bounds)
    yield _too_many()


def _account(size: int, bounds: str = "ms") -> SyncAccount:
    time = MovingTime()
    source = FakeWootric(now=time).start()
    source.switch(bounds=bounds)
    source.generate(answers=300, people=PEOPLE, accounts=5, days=170)
    first_ms = (int(time()) - 180 * 86_400) * 1_000
    for number in range(size):
        user = 7_001 + number % PEOPLE
        source.actions.answer(NewAnswer(score=7, created_ms=first_ms, end_user_id=user))
    return SyncAccount(source, time)


def _first_read(account: SyncAccount) -> int:
    """Read until the history is complete; returns the number of runs."""
    account.tick()
    while not account.state.finished:
        account.time.sleep(300)
        account.tick()
    return account.runs


def _drained(size: int, bounds: str) -> Row:
    account = _account(size, bounds)
    runs = _first_read(account)
    lost, asked, gaps = account.lost(), responses_asked(account), len(account.proof_store.gaps())
    account.source.stop()
    return Row(f"{size:,} rows in one millisecond at the window's edge, shuffled, bounds={bounds}",
               f"{lost} lost, {gaps} gap(s), {asked} requests for responses, {runs} run(s)",
               "0 lost", lost == 0 and gaps == 0, ratio(asked, size + 300))  # fmt: skip


def _too_many() -> Row:
    account = _account(5_000)
    found, runs = None, 0
    while found is None or not account.state.finished:
        account.tick()
        found = next(iter(account.proof_store.gaps()), None)
        account.time.sleep(300)
    lost_then, runs, found_after = account.lost(), account.runs, account.asked()
    is_open = found.is_open
    for _ in range(20):
        if not found.is_open:
            break
        account.tick()
        account.time.sleep(300)
        found = account.proof_store.gaps()[0]
    second = int(account.source.store.answers[max(account.source.store.answers)].created_ms / 1000)
    by_person = sum(n for path, n in account.source.stats()["endpoints"].items() if "/:id/" in path)
    lost, more = account.lost(), account.asked() - found_after
    account.source.stop()
    when = f"{lost_then} lost, then {more} more requests" if is_open else "in the same run"
    figure = f"gap of {found.rows} rows, closed {when}: {by_person} lists of people, {lost} lost"
    holds = (found.from_s, found.to_s) == (second, second + 1) and not found.is_open and lost == 0
    return Row(f"5,000 rows in one second ({runs} run(s))", figure,
               "ends, gap with its range, the rest stored", holds)  # fmt: skip
