import contextlib
from datetime import UTC, datetime, timedelta

import pytest

from nps_core.errors import (
    Contended,
    LeaseLost,
    NpsError,
    OutOfTime,
    RateLimited,
    SourceRejected,
    SourceUnavailable,
    StoreUnavailable,
    Unauthorized,
)
from nps_core.keys import AnswerKey
from nps_core.outbox.mail_states import OutboxMail
from nps_core.times import iso
from nps_testing.stacks.crashes import Killed
from nps_testing.stacks.environment import TOKEN
from nps_testing.worlds.sync import World


def test_first_tick__brings_in_everything_and_says_so_in_the_run_log() -> None:
    world = World()
    world.add(500)
    world.add(120, stream="declines")
    record = world.tick()
    assert (world.missing("responses"), world.missing("declines")) == (set(), set())
    assert (record.kind, record.status, record.error) == ("backfill", "complete", None)
    assert (record.created, record.updated, record.quarantined) == (620, 0, 0)
    assert record.pages <= 18
    # The people twice (changed, everybody), one probe, two counts.
    assert record.requests == record.pages + 5
    assert record.window_from == record.started_at - timedelta(days=180)
    assert record.window_to is not None
    assert world.state.runs["run-1"] == record.as_dict()
    assert world.state.holder is None


def test_connection__is_activated_before_the_first_page() -> None:
    world = World()

    def check(_page: int) -> None:
        assert world.connections.activated == {TOKEN: began}

    began = world.time.now()
    world.before_page = check
    world.tick()
    world.time.sleep(600)
    world.tick()
    assert world.connections.activated == {TOKEN: began}


def test_connection__is_not_activated_while_the_credentials_are_refused() -> None:
    world = World()
    world.source.refuses_login = True
    record = world.tick()
    assert (record.status, record.error) == ("failed", "refused")
    assert world.connections.activated == {}
    assert world.source.asked == []


def test_backfill__leaves_what_is_older_than_its_window() -> None:
    world = World(backfill_days=30)
    world.add(200, days=90)
    world.tick()
    oldest = (world.time() - 31 * 86_400) * 1000
    too_old = {row for row, at in world.rows["responses"].items() if at < oldest}
    assert too_old
    assert too_old <= world.missing()


def test_no_backfill__reads_live_answers_only_and_mails_nobody() -> None:
    world = World(backfill_days=0)
    world.add(100, days=90)
    record = world.tick()
    assert (record.kind, record.status, record.pages) == ("live", "complete", 2)
    assert len(world.missing()) == 100
    assert (world.state.finished, world.state.mails) == (True, [])


def test_backfill_mail__is_put_once_with_what_was_brought_in_over_all_runs() -> None:
    world = World(lambda_s=75)
    world.add(1_000)
    world.add(60, stream="declines")
    world.changes["7"] = {"score": 11}
    began = world.time.now()
    requests = until_finished = 0
    finish = world.state.finish_backfill

    def noting(mail: OutboxMail | None, now: datetime) -> bool:
        nonlocal until_finished
        until_finished = requests + world.source.requests
        return finish(mail, now)

    world.state.finish_backfill = noting  # type: ignore[method-assign]
    while not world.state.finished:
        requests += world.tick().requests
        world.time.sleep(60)
    assert world.ticks > 1
    for _ in range(3):
        world.time.sleep(300)
        assert world.tick().kind == "live"
    (mail,) = world.state.mails
    assert (mail.key, mail.kind, mail.state) == (f"backfill#{TOKEN}", "backfill", "PENDING")
    assert (mail.to, mail.waiting) == ("cs-team@example.com", True)
    facts = mail.facts
    assert (facts["responses"], facts["declines"], facts["quarantined"]) == (999, 60, 1)
    assert facts["requests"] == until_finished
    assert facts["window_from"] == iso(began - timedelta(days=180))
    assert (facts["started_at"], facts["account_token"]) == (iso(began), TOKEN)
    assert facts["ended_at"] == facts["window_to"] <= iso(mail.created_at)


def test_tick_without_news__asks_for_both_streams_and_writes_nothing() -> None:
    world = World()
    world.add(300)
    world.add(9, days=0.005)  # inside the overlap
    world.tick()
    world.time.sleep(300)
    changes = len(world.answers.changes)
    record = world.tick()
    assert (record.kind, record.status, record.requests) == ("live", "complete", 2)
    assert (record.created, record.updated, record.unchanged) == (0, 0, record.fetched)
    assert len(world.answers.changes) == changes


def test_tick__brings_in_late_edits_inside_the_overlap() -> None:
    world = World()
    world.add(10, days=0)
    world.tick()
    world.time.sleep(300)
    world.changes["4"] = {"score": 2}
    record = world.tick()
    assert (record.updated, record.created) == (1, 0)
    answer = world.answers.get(AnswerKey(TOKEN, "response", "4"))
    assert answer is not None
    assert answer.score == 2


def test_row_dated_in_the_future__does_not_carry_the_position_away() -> None:
    world = World()
    world.add(5, days=1)
    world.tick()
    world.time.sleep(300)
    world.rows["responses"]["999"] = int(world.time() * 1000)
    world.changes["999"] = {"created_at": "2031-01-01 00:00:00 +0000"}
    world.tick()
    world.time.sleep(300)
    world.add(3, days=0)
    world.tick()
    assert world.missing() == set()


def test_long_backfill__is_continued_by_the_next_tick_and_live_answers_come_first() -> None:
    world = World(lambda_s=80)
    world.add(3_000)
    first = world.tick()
    assert (first.status, first.error) == ("partial", None)
    assert first.pages < 30
    world.time.sleep(240)
    world.rows["responses"]["5000"] = int(world.time() * 1000) - 1000
    asked = len(world.source.asked)
    world.tick()
    assert "5000" not in world.missing()
    since = world.source.asked[asked][1].gte
    assert world.time() - since < 86_400
    while world.tick().status != "complete":
        world.time.sleep(60)
    assert world.missing() == set()


def test_long_backfill_run__reads_live_answers_again_every_five_minutes() -> None:
    world = World(page_s=8.0)
    world.add(6_000)
    record, metrics = world.tick_with_numbers()
    assert record.status == "partial"
    live = [world.time() - query.gte < 86_400 for _, query in world.source.asked]
    assert live.count(True) >= 6  # two streams, three times
    assert metrics["SyncLagSeconds"] < 350


@pytest.mark.parametrize("every", [4, 5, 10])
def test_kill__at_any_page_loses_nothing_and_reads_at_most_one_page_twice(every: int) -> None:
    world = World()
    world.add(1_500)
    world.add(200, stream="declines")
    kills = 0

    def kill(page: int) -> None:
        nonlocal kills
        if page % every == 0:
            kills += 1
            raise Killed

    world.before_page = kill
    while not world.state.finished:
        with contextlib.suppress(Killed):
            world.tick()
    world.before_page = lambda _page: None
    world.tick()
    assert (world.missing("responses"), world.missing("declines")) == (set(), set())
    assert len(world.state.mails) == 1
    # The page whose reply the kill has swallowed; three live pages at first and at last.
    assert kills >= 3
    assert world.pages <= 31 + 5 + kills + 3 * 4
    crashed = [run for run in world.state.runs.values() if run["status"] == "failed"]
    assert len(crashed) == kills


def test_crashed_run__is_waited_for_and_closed_in_the_log() -> None:
    world = World()

    def kill(_page: int) -> None:
        raise Killed

    world.before_page = kill
    with pytest.raises(Killed):
        world.tick()
    world.before_page = lambda _page: None
    began = world.time()
    record = world.tick()
    assert record.status == "complete"
    assert 10 < world.time() - began < 20
    assert world.state.runs["run-1"]["status"] == "failed"


def test_lease__held_by_a_run_that_is_alive_means_skipped() -> None:
    world = World()
    world.state.acquire("other", world.time.now())
    sleep = world.time.sleep

    def renewing(seconds: float) -> None:
        sleep(seconds)
        world.state.until_ms += 5_000

    world.time.sleep = renewing  # type: ignore[method-assign]
    record, metrics = world.tick_with_numbers()
    assert (record.status, record.pages) == ("skipped", 0)
    assert world.source.asked == []
    assert world.state.runs == {}
    assert "SyncFailed" not in metrics


def test_lost_lease__stops_the_run_before_it_moves_the_checkpoint() -> None:
    world = World()
    world.add(400)

    def overtake(page: int) -> None:
        if page == 5:
            world.state.until_ms = 0
            other = world.state.acquire("other", world.time.now())
            assert not isinstance(other, tuple)
            world.state.open_checkpoint(other, "responses")  # type: ignore[arg-type]
            world.state.open_checkpoint(other, "declines")  # type: ignore[arg-type]

    world.before_page = overtake
    record = world.tick()
    assert (record.status, record.pages) == ("partial", 5)
    assert "taken over" in str(record.error)
    assert world.state.holder == "other"


@pytest.mark.parametrize(
    ("problem", "status"),
    [
        (Unauthorized("refused. Fix: store the secret"), "failed"),
        (SourceRejected("refused"), "failed"),
        (SourceUnavailable("502"), "partial"),
        (RateLimited(60), "partial"),
        (OutOfTime("over"), "partial"),
        (LeaseLost("lost"), "partial"),
        (Contended("busy"), "partial"),
        (StoreUnavailable("PutItem"), "failed"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_failure__ends_the_run_with_its_reason_and_the_next_tick_goes_on(
    problem: NpsError, status: str
) -> None:
    world = World()
    world.add(300)

    def fail(page: int) -> None:
        if page == 4:
            raise problem

    world.before_page = fail
    record, metrics = world.tick_with_numbers()
    assert record.status == status
    assert record.error == (None if isinstance(problem, OutOfTime) else str(problem))
    assert metrics["SyncFailed"] == (status == "failed")
    assert world.tick().status == "complete"
    assert world.missing() == set()


def test_rows_nobody_understands__are_quarantined_once_and_stop_nothing() -> None:
    world = World()
    world.add(60, days=0.005)
    world.changes["3"] = {"score": "eleven", "ip_address": "203.0.113.9"}
    world.changes["9"] = {"score": None}
    record, metrics = world.tick_with_numbers()
    assert (record.status, record.quarantined, metrics["Quarantined"]) == ("complete", 2, 2)
    assert world.missing() == {"3", "9"}
    assert not any("203.0.113.9" in raw for _, _, raw in world.quarantine.kept)
    world.time.sleep(300)
    record = world.tick()
    assert (record.fetched, record.quarantined) == (60, 0)


def test_rows_without_an_address__are_completed_and_only_when_they_are_new() -> None:
    world = World(embeds_email=False)
    world.add(20, days=0.005)
    world.tick()
    answer = world.answers.get(AnswerKey(TOKEN, "response", "1"))
    assert answer is not None
    assert (answer.email, answer.external_id) == ("ana@acme.example", "u-7")
    asked = len(world.people.asked)
    assert asked == 20
    world.time.sleep(300)
    world.tick()
    assert len(world.people.asked) == asked


def test_row_that_says_there_is_no_address__is_believed() -> None:
    world = World()
    world.add(1, days=0)
    world.changes["1"] = {"end_user": {"email": None, "properties": {}}}
    world.tick()
    assert world.people.asked == []
    assert world.missing() == set()


def test_gap__is_recorded_the_run_is_partial_and_everything_else_is_stored() -> None:
    world = World(page_s=0.01)
    world.add(10)
    second = int(world.time()) * 1000 - 50 * 86_400_000
    burst = {str(100_000 + i): second + i % 1000 for i in range(3_600)}
    world.rows["responses"] |= burst
    record, metrics = world.tick_with_numbers()
    assert (record.status, record.gaps, metrics["SyncGaps"]) == ("partial", 1, 1)
    (gap,) = world.proof_store.gaps()
    assert (gap.stream, gap.kind, gap.from_s) == ("responses", "second", second // 1000)
    assert gap.is_open
    assert gap.difference.promoters == len(world.missing())
    assert world.missing() <= set(burst)
    assert world.coverage().complete_to == datetime.fromtimestamp(second // 1000, UTC)


def test_lag__tells_since_when_live_answers_are_unproven() -> None:
    world = World()
    world.add(5)
    assert world.tick_with_numbers()[1]["SyncLagSeconds"] < 5

    def fail(_page: int) -> None:
        raise SourceUnavailable("down")

    world.before_page = fail
    world.time.sleep(1_200)
    record, metrics = world.tick_with_numbers()
    assert record.status == "partial"
    assert metrics["SyncLagSeconds"] >= 1_200


def test_live_pass__that_was_cut_is_resumed_exactly_soon_after_and_with_overlap_later() -> None:
    for pause_s, expected in ((60, 0), (7_200, 900)):
        world = World(backfill_days=0)
        world.tick()
        world.time.sleep(300)
        second = int(world.time()) - 100
        world.rows["responses"] = {str(i): (second + i) * 1000 for i in range(100)}

        second_page = world.pages + 2

        def kill(page: int, at: int = second_page) -> None:
            if page == at:
                raise Killed

        world.before_page = kill
        with pytest.raises(Killed):
            world.tick()
        world.before_page = lambda _page: None
        world.time.sleep(pause_s)
        asked = len(world.source.asked)
        world.tick()
        assert world.source.asked[asked][1].gte == second + 49 - expected
        assert world.missing() == set()


def test_killed_run__leaves_in_the_log_how_far_it_had_come() -> None:
    world = World()
    world.add(1_500)

    def kill(page: int) -> None:
        if page == 20:
            raise Killed

    world.before_page = kill
    with pytest.raises(Killed):
        world.tick()
    left = world.state.runs["run-1"]
    assert left["status"] == "running"
    assert 10 <= left["pages"] < 20
    assert left["created"] >= 400
    assert left["requests"] >= left["pages"]


def test_step_that_the_source_refuses__does_not_stop_the_others() -> None:
    """The list of end users fails for a day; live answers, audit and sweep go on."""
    world = World(page_s=0.05)
    world.add(300)
    world.refuses_people = True
    record = world.tick()
    assert (record.status, record.created) == ("failed", 300)
    assert (record.error or "").startswith("end users: ")
    row = min(world.rows["responses"])
    world.changes[row] = {"score": 1}
    for _ in range(25):
        world.time.sleep(3_600)
        world.add(1, days=0)
        assert world.tick().status == "failed"
    assert world.missing() == set()
    answer = world.answers.get(AnswerKey(TOKEN, "response", row))
    assert answer is not None
    assert answer.score == 1
    world.refuses_people = False
    world.time.sleep(300)
    assert world.tick().status == "complete"
