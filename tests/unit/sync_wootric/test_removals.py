"""No webhook reports a deletion: the sync infers it from two complete listings and a 404."""

import contextlib
from dataclasses import replace
from typing import Any

import pytest

from nps_core.answers.models import Answer
from nps_core.errors import SourceRejected
from nps_core.keys import AnswerKey, Kind
from nps_core.sync.proof.audit import AuditState
from nps_core.sync.proof.suspects import Suspect
from nps_testing.stacks.crashes import Killed
from nps_testing.stacks.environment import TOKEN
from nps_testing.worlds.sync import DAY_MS, World

HOUR_S, DAY_S = 3_600, 86_400


@pytest.fixture
def world() -> World:
    """A connection that has finished its backfill."""
    synced = World(page_s=0.05)
    synced.add(300)
    synced.add(30, stream="declines")
    assert synced.tick().status == "complete"
    return synced


def days_old(world: World, days: float, stream: str = "responses") -> str:
    rows = world.rows["responses" if stream == "responses" else "declines"]
    at_ms = int(world.time() * 1000 - days * DAY_MS)
    return min(rows, key=lambda row: abs(rows[row] - at_ms))


def stored(world: World, row: str, kind: Kind = "response") -> Answer:
    answer = world.answers.get(AnswerKey(TOKEN, kind, row))
    assert answer is not None
    return answer


def live(world: World, hours: float) -> int:
    """Let time pass, a tick every half hour; returns how many removals were proven."""
    deleted = 0
    for _ in range(int(hours * 2)):
        world.time.sleep(1_800)
        deleted += world.tick().deleted
    return deleted


@pytest.mark.parametrize("days", [3, 60, 170])
def test_deletion__is_proven_within_two_days_and_not_before_one(world: World, days: int) -> None:
    row = days_old(world, days)
    del world.rows["responses"][row]
    assert live(world, 24) == 0
    assert not stored(world, row).deleted
    assert live(world, 24) == 1
    assert stored(world, row).deleted
    assert not stored(world, row).is_counted
    assert world.proof_store.settled == [(row, "deleted")]
    assert live(world, 30) == 0


def test_missing_answer__is_in_doubt_and_holds_back_nothing(world: World) -> None:
    row = days_old(world, 60)
    second = world.rows["responses"].pop(row) // 1000
    live(world, 5)
    found = world.coverage()
    assert found.complete_to is not None
    assert world.time() - found.complete_to.timestamp() < 3_600
    assert [one.second for one in world.proof_store.suspects()] == [second]
    assert world.open_gaps() == []
    live(world, 26)
    assert world.proof_store.suspects() == []


def test_missing_answer__is_taken_off_the_counts_once_it_is_a_suspect(world: World) -> None:
    del world.rows["responses"][days_old(world, 60)]
    live(world, 5)
    counted: list[object] = []
    own = world.source.counts
    world.source.counts = lambda days: counted.append(days) or own(days)  # type: ignore[func-returns-value]
    for _ in range(12):
        world.time.sleep(300)
        world.tick()
    assert len(counted) == 2, "once an hour: nothing differs"


def test_answer_that_is_listed_again__is_under_no_suspicion(world: World) -> None:
    row = days_old(world, 60)
    at_ms = world.rows["responses"].pop(row)
    live(world, 5)
    world.rows["responses"][row] = at_ms
    live(world, 26)
    assert not stored(world, row).deleted
    assert (world.proof_store.suspects(), world.proof_store.settled) == (
        [],
        [(row, "listed again")],
    )


def test_answer_that_only_the_list_lacks__is_kept(world: World) -> None:
    row = days_old(world, 60)
    at_ms = world.rows["responses"].pop(row)
    world.source.records = lambda path: (
        world.row(row, at_ms // 1000) if path.endswith(f"/{row}") else {"id": 7}
    )
    live(world, 30)
    assert not stored(world, row).deleted
    assert world.proof_store.settled == [(row, "listed again")]


def test_erased_person__is_forgotten_and_the_votes_stay(world: World) -> None:
    rows = [days_old(world, days) for days in (10, 60, 120)]
    for row in rows:
        world.changes[row] = {"end_user_id": 8, "text": "secret", "score": 2}
    live(world, 5)
    assert [stored(world, row).text for row in rows] == ["secret"] * 3
    for row in rows:
        del world.rows["responses"][row]
    world.erased_users.add("8")
    assert live(world, 48) == 3
    for row in rows:
        answer = stored(world, row)
        assert (answer.email, answer.text, answer.erased) == (None, None, True)
        assert (answer.is_counted, answer.deleted) == (True, False)
    assert world.known.erased == {"8"}
    assert live(world, 30) == 0
    assert world.coverage().held_by is None


def test_deleted_decline__is_found_by_the_sweep(world: World) -> None:
    row = days_old(world, 5, "declines")
    del world.rows["declines"][row]
    assert live(world, 24 + 24 + 1) == 1
    assert stored(world, row, "decline").deleted


def test_answer__keeps_the_person_that_is_known(world: World) -> None:
    row = days_old(world, 60)
    world.changes[row] = {"end_user_id": None, "text": "who"}
    world.time.sleep(DAY_S)
    world.tick()
    stale = stored(world, row)
    assert stale.end_user_id == "7", "what is known is not erased"


def nobodys(world: World) -> str:
    """Add an answer that names no end user."""
    row = "9001"
    world.rows["responses"][row] = int(world.time() * 1000) - 2 * 60_000
    world.changes[row] = {"end_user_id": None}
    live(world, 5)
    assert stored(world, row).end_user_id is None
    return row


@pytest.mark.parametrize("refuses", [False, True])
def test_deleted_answer_without_a_person__is_proven_too(world: World, refuses: bool) -> None:
    row = nobodys(world)
    del world.rows["responses"][row]
    if refuses:
        world.source.records = lambda path: _refused(world, path)
    live(world, 60)
    assert stored(world, row).deleted
    assert world.proof_store.settled == [(row, "deleted")]
    assert world.coverage().held_by is None


def _refused(world: World, path: str) -> dict[str, Any] | None:
    """Answer as a source without a record of an answer by its id alone."""
    if not path.startswith("end_users/"):
        raise SourceRejected("HTTP 405")
    return world.record(path)


def test_answer_without_a_person__that_only_the_list_lacks_is_kept(world: World) -> None:
    row = nobodys(world)
    at_ms = world.rows["responses"].pop(row)
    found = world.row(row, at_ms // 1000)
    world.source.records = lambda path: found if path == f"responses/{row}" else world.record(path)
    live(world, 60)
    assert not stored(world, row).deleted
    assert set(world.proof_store.settled) == {(row, "listed again")}


def test_suspicion_of_an_answer_that_is_not_stored__ends_with_a_record(world: World) -> None:
    key, second = AnswerKey(TOKEN, "response", "77001"), int(world.time() - 60 * DAY_S)
    world.proof_store.put_suspect(Suspect(key, second, "7", world.time.now()))
    live(world, 25)
    assert world.proof_store.settled == [("77001", "not stored")]
    assert world.coverage().held_by is None


def test_suspicion_of_an_answer_that_has_moved__ends_with_a_record(world: World) -> None:
    key = AnswerKey(TOKEN, "response", days_old(world, 60))
    second = world.rows["responses"][key.id] // 1000 - 86_400
    world.proof_store.put_suspect(Suspect(key, second, "7", world.time.now()))
    live(world, 25)
    assert world.proof_store.settled == [(key.id, "listed again")]


def test_erased_person__is_erased_in_one_run_with_their_declines(world: World) -> None:
    answers = [days_old(world, days) for days in (3, 10, 20)]
    declines = [days_old(world, days, "declines") for days in (5, 15)]
    for row in (*answers, *declines):
        world.changes[row] = {"end_user_id": 8}
    live(world, 26)
    for row in answers:
        del world.rows["responses"][row]
    for row in declines:
        del world.rows["declines"][row]
    world.erased_users.add("8")
    world.source.records = _of_person_8(world, (*answers, *declines))
    removed = []
    for _ in range(2 * 60):
        world.time.sleep(1_800)
        removed.append(world.tick().deleted)
    assert [number for number in removed if number] == [5]
    assert all(stored(world, row).erased for row in answers)
    assert all(stored(world, row, "decline").erased for row in declines)


def _of_person_8(world: World, rows: tuple[str, ...]) -> Any:
    def record(path: str) -> dict[str, Any] | None:
        assert path.rpartition("/")[2] in rows or not path.startswith("end_users/8/")
        return world.record(path)

    return record


def test_answer_of_an_erased_person__that_is_missed_later_waits_for_no_second_look(
    world: World,
) -> None:
    early, late = days_old(world, 3), days_old(world, 10)
    for row in (early, late):
        world.changes[row] = {"end_user_id": 8}
    live(world, 26)
    world.erased_users.add("8")
    del world.rows["responses"][early]
    live(world, 50)
    assert stored(world, early).erased
    del world.rows["responses"][late]
    missed_at = world.time()
    while not stored(world, late).erased:
        live(world, 0.5)
    assert world.time() - missed_at < DAY_S + 3_600, "when its list is read again"


def test_young_answer_of_a_webhook__is_not_missing_because_the_list_lags(world: World) -> None:
    row = "9999"
    world.rows["responses"][row] = int(world.time() * 1000) - 1_800_000
    world.state.request_audit(world.time.now())
    world.tick()
    assert stored(world, row)
    del world.rows["responses"][row]
    world.time.sleep(60)
    world.state.request_audit(world.time.now())
    world.tick()
    assert world.proof_store.suspects() == []


def without_other_answers(world: World) -> None:
    """Let the source answer 404 for every record, as for credentials that may read lists only."""
    world.source.records = lambda _path: None


def test_removal__needs_another_answer_that_is_still_there(world: World) -> None:
    row = days_old(world, 60)
    del world.rows["responses"][row]
    without_other_answers(world)
    assert live(world, 30) == 0
    assert not stored(world, row).deleted
    assert world.known.erased == set()
    (gap,) = world.open_gaps()
    assert (gap.kind, gap.tries) == ("witness", 0)
    assert "so is every other that was looked up" in gap.reason
    world.source.records = world.record
    live(world, 5)
    assert stored(world, row).deleted
    assert world.open_gaps() == []


def test_accepted_removal__needs_no_witness(world: World) -> None:
    row = days_old(world, 60)
    del world.rows["responses"][row]
    without_other_answers(world)
    live(world, 6)
    (suspect,) = world.proof_store.suspects()
    world.proof_store.accept(suspect, world.time.now())
    live(world, 26)
    assert stored(world, row).erased, "its person has no record either"
    assert world.open_gaps() == []


def test_witness__is_looked_up_once_for_all_removals_of_a_run(world: World) -> None:
    for days in (60, 61, 62):
        del world.rows["responses"][days_old(world, days)]
    live(world, 5)
    world.time.sleep(DAY_S)
    asked: list[str] = []
    real = world.source.records
    world.source.records = lambda path: asked.append(path) or real(path)  # type: ignore[func-returns-value]
    assert world.tick().deleted == 3
    assert len(asked) == 3 + 1 + 3, "each answer, one witness, each person"


def delete(world: World, number: int) -> list[str]:
    """Delete old answers at the source, all of them in days that are counted."""
    rows = world.rows["responses"]
    gone = sorted(rows, key=lambda row: rows[row])[50 : 50 + number]
    for row in gone:
        del rows[row]
    return gone


def brakes(world: World) -> list[str]:
    return [gap.reason for gap in world.open_gaps() if gap.kind == "brake"]


def test_brake__lets_twenty_removals_in_a_day_pass(world: World) -> None:
    gone = delete(world, 20)
    assert live(world, 30) == 20
    assert all(stored(world, row).deleted for row in gone)
    assert brakes(world) == []


def test_brake__stops_more_before_any_is_removed(world: World) -> None:
    gone = delete(world, 21)
    live(world, 5)
    (reason,) = brakes(world)
    assert reason.startswith("21 answers seem to be deleted, more than 20 a day are not removed")
    assert "nps sync removals accept" in reason
    assert live(world, 60) == 0
    assert not any(stored(world, row).deleted for row in gone)
    assert len(brakes(world)) == 1


def test_brake__is_a_hundredth_of_many_answers() -> None:
    world = World(page_s=0.05)
    world.add(2_500)
    assert world.tick().status == "complete"
    delete(world, 25)
    live(world, 5)
    assert brakes(world) == []
    delete(world, 1)
    live(world, 5)
    assert len(brakes(world)) == 1


def test_brake__stops_a_drip_that_stays_below_it_at_any_one_time(world: World) -> None:
    gone = []
    for _ in range(4):
        gone += delete(world, 15)
        live(world, 12)
    live(world, 48)
    assert len(brakes(world)) == 1
    assert sum(stored(world, row).deleted for row in gone) <= 20


def test_brake__asks_for_no_second_listing_of_what_waits(world: World) -> None:
    delete(world, 200)
    live(world, 27)
    asked = world.source.requests
    world.time.sleep(300)
    asked = world.tick().requests
    assert asked < 10


def test_answers_under_the_brake__stay_counted_as_stored(world: World) -> None:
    gone = delete(world, 200)
    live(world, 3)
    proof = AuditState.from_json(world.state.checkpoints["audit"]).proof
    assert proof is not None
    assert not proof.holds or any(gap.kind == "counts" for gap in world.open_gaps())
    assert all(stored(world, row).is_counted for row in gone)


def test_brake__is_off_once_the_answers_are_listed_again(world: World) -> None:
    rows = dict(world.rows["responses"])
    delete(world, 100)
    live(world, 5)
    assert brakes(world)
    world.rows["responses"] = rows
    world.state.request_audit(world.time.now())
    live(world, 7 * 24)
    assert (world.proof_store.suspects(), brakes(world)) == ([], [])


def test_accepted_removals__are_carried_out_and_no_others(world: World) -> None:
    gone = delete(world, 100)
    live(world, 25)
    at = world.time.now()
    assert all(world.proof_store.accept(one, at) for one in world.proof_store.suspects())
    others = delete(world, 30)
    live(world, 5)
    assert all(stored(world, row).deleted for row in gone)
    live(world, 30)
    assert not any(stored(world, row).deleted for row in others)
    assert len(brakes(world)) == 1


def test_removals_of_a_person__are_weighed_too(world: World) -> None:
    for row in sorted(world.rows["responses"])[:25]:
        world.changes[row] = {"end_user_id": 8, "text": "secret"}
    live(world, 24)
    gone = [row for row in world.rows["responses"] if row in world.changes]
    for row in gone:
        del world.rows["responses"][row]
    world.erased_users.add("8")
    assert live(world, 48) == 0
    assert len(brakes(world)) == 1


def removed(world: World, **fields: Any) -> str:
    """Let an answer with a comment be deleted at the source and removed here."""
    row = days_old(world, 10)
    world.changes[row] = {"text": "secret", "score": 2, **fields}
    live(world, 26)
    del world.rows["responses"][row]
    live(world, 50)
    assert stored(world, row).deleted
    return row


def test_deleted_answer__keeps_its_content_for_thirty_days(world: World) -> None:
    row = removed(world)
    assert stored(world, row).text == "secret"
    world.time.sleep(27 * DAY_S)
    live(world, 12)
    assert (stored(world, row).text, stored(world, row).email) == ("secret", "ana@acme.example")
    world.time.sleep(3 * DAY_S)
    live(world, 1)
    gone = stored(world, row)
    assert (gone.text, gone.email, gone.deleted) == (None, None, True)
    (record,) = world.proof_store.suspicions()
    assert (record.outcome, record.is_undoable) == ("deleted", False)


def test_erased_person__leaves_no_content_in_a_tombstone(world: World) -> None:
    row = removed(world, end_user_id=8)
    other = days_old(world, 40)
    world.changes[other] = {"end_user_id": 8}
    world.state.request_audit(world.time.now())
    live(world, 7 * 24)
    world.erased_users.add("8")
    del world.rows["responses"][other]
    live(world, 36)
    assert stored(world, other).erased
    assert (stored(world, row).text, stored(world, row).email) == (None, None)


def test_undone_removal__is_removed_again_only_after_two_new_listings(world: World) -> None:
    row = removed(world)
    ingest, store = world.sync.pages.ingest, world.proof_store
    (record,) = store.suspicions()
    assert ingest.restore(stored(world, row), world.time.now()) == "updated"
    store.settle(record, "undone", world.time.now())
    undone_at = world.time()
    while not stored(world, row).deleted:
        assert stored(world, row).is_counted
        live(world, 0.5)
    assert world.time() - undone_at >= DAY_S
    assert world.time() - undone_at < 3 * DAY_S


def test_undo__ends_a_suspicion_that_is_older_than_it(world: World) -> None:
    row = removed(world)
    missed_at = world.time.now()
    world.time.sleep(60)
    world.sync.pages.ingest.restore(stored(world, row), world.time.now())
    second = int(stored(world, row).answered_at.timestamp())
    world.proof_store.put_suspect(
        Suspect(AnswerKey(TOKEN, "response", row), second, "7", missed_at)
    )
    live(world, 24.5)
    assert not stored(world, row).deleted
    assert (row, "listed again") in world.proof_store.settled


def test_content_of_many_tombstones__is_dropped_over_several_runs(world: World) -> None:
    at = world.time.now()
    for number in range(250):
        key = AnswerKey(TOKEN, "response", str(80_000 + number))
        one = Suspect(key, int(world.time()), "7", at)
        world.proof_store.settle(replace(one, outcome="deleted"), "deleted", at)
    world.time.sleep(30 * DAY_S)
    left = []
    for _ in range(2):
        world.tick()
        world.time.sleep(300)
        left.append(sum(one.is_undoable for one in world.proof_store.suspicions()))
    assert left == [50, 0]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("write", ["tombstone", "forgotten", "settled"])
def test_kill__around_any_write_of_an_erasure_leaves_no_content_in_a_tombstone(
    world: World, write: str, when: str
) -> None:
    row = removed(world, end_user_id=8)
    other = days_old(world, 10)
    world.changes[other] = {"end_user_id": 8}
    live(world, 26)
    world.erased_users.add("8")
    del world.rows["responses"][other]
    live(world, 23)
    kill_once(world, write, when)
    for _ in range(90):
        with contextlib.suppress(Killed):
            live(world, 0.5)
    assert stored(world, other).erased
    assert (stored(world, row).text, stored(world, row).email) == (None, None)
    assert world.proof_store.suspects() == []


def test_person_who_is_back__makes_a_missing_answer_wait_for_a_second_look(world: World) -> None:
    early, late = days_old(world, 3), days_old(world, 10)
    for row in (early, late):
        world.changes[row] = {"end_user_id": 8}
    live(world, 26)
    world.erased_users.add("8")
    del world.rows["responses"][early]
    live(world, 50)
    assert stored(world, early).erased
    world.erased_users.clear()
    del world.rows["responses"][late]
    missed_at = None
    while not stored(world, late).deleted:
        live(world, 0.5)
        missed_at = missed_at or (world.time() if world.proof_store.suspects() else None)
    assert missed_at is not None
    assert world.time() - missed_at >= DAY_S - 1_800


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("write", ["tombstone", "forgotten"])
def test_kill__around_any_write_that_drops_content_is_made_up_for(
    world: World, write: str, when: str
) -> None:
    row = removed(world)
    world.time.sleep(30 * DAY_S)
    kill_once(world, write, when)
    with contextlib.suppress(Killed):
        world.tick()
    live(world, 1)
    assert stored(world, row).text is None
    assert [one.is_undoable for one in world.proof_store.suspicions()] == [False]


def kill_once(world: World, write: str, when: str) -> None:
    """Kill the run once, before or after a write of this kind."""
    owner: Any = {
        "tombstone": (world.answers, "put"),
        "forgotten": (world.proof_store, "forget"),
        "settled": (world.proof_store, "settle"),
    }
    target, name = owner[write]
    real = getattr(target, name)

    def killing(*args: Any, **more: Any) -> Any:
        setattr(target, name, real)
        if when == "after":
            real(*args, **more)
        raise Killed

    setattr(target, name, killing)


@pytest.mark.parametrize("at", range(1, 14))
def test_kill__at_any_request_of_the_second_look_changes_nothing(at: int) -> None:
    world = World(page_s=0.05)
    world.add(300)
    world.tick()
    row = days_old(world, 60)
    del world.rows["responses"][row]
    live(world, 5)
    world.time.sleep(DAY_S)
    left = at

    def kill(_page: int) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Killed

    world.before_page = kill
    with contextlib.suppress(Killed):
        world.tick()
    live(world, 5)
    assert stored(world, row).deleted
    assert world.proof_store.suspects() == []


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("write", ["profile", "tombstone", "settled"])
def test_kill__around_any_write_of_an_erasure_leaves_nothing_behind(write: str, when: str) -> None:
    world = World(page_s=0.05)
    world.add(300)
    world.tick()
    row = days_old(world, 60)
    world.changes[row] = {"end_user_id": 8, "text": "secret", "score": 2}
    live(world, 5)
    del world.rows["responses"][row]
    world.erased_users.add("8")
    live(world, 5)
    owner: Any = {
        "profile": (world.known, "erase"),
        "tombstone": (world.answers, "put"),
        "settled": (world.proof_store, "settle"),
    }[write]
    target, name = owner
    real = getattr(target, name)
    kills = 0

    def killing(*args: Any, **more: Any) -> Any:
        nonlocal kills
        setattr(target, name, real)
        kills += 1
        if when == "after":
            real(*args, **more)
        raise Killed

    setattr(target, name, killing)
    world.time.sleep(DAY_S)
    with contextlib.suppress(Killed):
        world.tick()
    assert kills == 1
    live(world, 26)
    assert stored(world, row).erased
    assert world.known.erased == {"8"}
    assert world.proof_store.suspects() == []
    assert world.coverage().held_by is None
