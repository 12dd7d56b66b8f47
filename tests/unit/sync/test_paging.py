from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nps_core.errors import SourceRejected
from nps_core.sync.reading.cursor import Drain, FullSecond, Position, RowRef
from nps_core.sync.reading.paging import advance, query
from nps_testing.effort import usually
from nps_testing.fakes.sync import Bounds, ListedRows

START = 1_772_000_000


def read_all(
    source: ListedRows, position: Position, between: Callable[[Position], None] = lambda _: None
) -> tuple[list[str], Position, list[FullSecond]]:
    """Run a pass to its end, each position going through its stored form."""
    stored: list[str] = []
    gaps: list[FullSecond] = []
    for _ in range(20_000):
        rows = source.page(query(position))
        step = advance(position, rows)
        stored += [rows[index].id for index in step.fresh]
        gaps += [step.full] if step.full else []
        position = Position.from_json(step.position.to_json())
        if position.done:
            return stored, position, gaps
        between(position)
    raise AssertionError("the pass does not end")


def in_one_second(count: int, second: int = START + 7, spread_ms: int = 1) -> dict[str, int]:
    return {f"b{i}": second * 1000 + i % spread_ms for i in range(count)}


@st.composite
def histories(draw: st.DrawFn) -> dict[str, int]:
    """Rows in clusters: alone, in pairs, and in bursts around the page size."""
    rows: dict[str, int] = {}
    at = START * 1000
    for _ in range(draw(st.integers(0, 12))):
        at += draw(st.integers(0, 5_000))
        size = draw(st.sampled_from([1, 1, 2, 3, 30, 49, 50, 51, 99, 120]))
        spread = draw(st.sampled_from([1, 10, 999, 2_500]))
        for index in range(size):
            rows[f"r{len(rows)}"] = at + index * spread // size
    return rows


@settings(max_examples=usually(60, soak=600), deadline=None)
@given(
    rows=histories(),
    seed=st.integers(0, 9),
    bounds=st.sampled_from(["ms", "whole_second"]),
    shuffles=st.booleans(),
)
def test_paging__brings_every_row_once(
    rows: dict[str, int], seed: int, bounds: Bounds, shuffles: bool
) -> None:
    source = ListedRows(rows, Random(seed), bounds, shuffles)
    stored, position, gaps = read_all(source, Position(START))
    assert sorted(stored) == sorted(rows)
    assert not gaps
    assert position.newest == max((at // 1000 for at in rows.values()), default=None)


@settings(max_examples=usually(80, soak=800), deadline=None)
@given(
    rows=histories(),
    seed=st.integers(0, 99),
    shuffles=st.booleans(),
    churn=st.sampled_from(["inserts", "deletes"]),
)
def test_paging__loses_nothing_while_rows_come_or_go_between_pages(
    rows: dict[str, int], seed: int, shuffles: bool, churn: str
) -> None:
    random = Random(seed)
    source = ListedRows(dict(rows), random, "ms", shuffles)

    def change(position: Position) -> None:
        if source.requests > 80:
            return  # quiet in the end, or nothing could ever be complete
        if churn == "deletes" and source.rows:
            del source.rows[random.choice(sorted(source.rows))]
        elif churn == "inserts":  # also into the second that is being drained
            at = position.cursor * 1000 + random.choice([0, 1, 500, 999, 1_500])
            source.rows[f"n{source.requests}"] = at

    stored, _, gaps = read_all(source, Position(START), change)
    assert set(source.rows) <= set(stored)
    assert len(stored) == len(set(stored))
    assert not gaps


@pytest.mark.parametrize("shuffles", [True, False], ids=["shuffled", "stable"])
@pytest.mark.parametrize("bounds", ["ms", "whole_second"])
@pytest.mark.parametrize("spread_ms", [1, 700])
def test_paging__drains_1400_rows_of_one_second(
    bounds: Bounds, spread_ms: int, shuffles: bool
) -> None:
    rows = in_one_second(1_400, spread_ms=spread_ms) | {
        "before": START * 1000,
        "after": START * 1000 + 9_000,
    }
    source = ListedRows(rows, Random(3), bounds, shuffles)
    stored, _, gaps = read_all(source, Position(START))
    assert (sorted(stored), gaps) == (sorted(rows), [])
    assert source.requests < 500


def test_paging__reads_a_burst_with_a_stable_order_twice_and_not_more() -> None:
    source = ListedRows(in_one_second(1_400), Random(3), shuffles=False)
    read_all(source, Position(START))
    assert source.requests <= 3 + 2 * 29


@pytest.mark.parametrize("shuffles", [True, False], ids=["shuffled", "stable"])
def test_paging__reads_2800_rows_of_one_second_from_both_ends(shuffles: bool) -> None:
    rows = in_one_second(2_800) | {"after": START * 1000 + 9_000}
    source = ListedRows(rows, Random(5), shuffles=shuffles)
    stored, _, gaps = read_all(source, Position(START))
    assert (sorted(stored), gaps) == (sorted(rows), [])


@pytest.mark.parametrize("shuffles", [True, False], ids=["shuffled", "stable"])
def test_paging__records_a_gap_for_5000_rows_of_one_second_and_goes_on(shuffles: bool) -> None:
    rows = in_one_second(5_000) | {"after": START * 1000 + 9_000}
    source = ListedRows(rows, Random(5), shuffles=shuffles)
    stored, position, gaps = read_all(source, Position(START))
    assert [gap.second for gap in gaps] == [START + 7]
    assert gaps[0].rows >= 3_000
    assert "after" in stored
    assert position.done


def test_paging__proves_a_second_anew_when_a_row_of_it_is_deleted_in_the_middle() -> None:
    source = ListedRows(in_one_second(60), Random(1), shuffles=False)
    position = Position(START)
    stored: set[str] = set()
    while not position.done:
        rows = source.page(query(position))
        step = advance(position, rows)
        stored |= {rows[index].id for index in step.fresh}
        position = step.position
        if source.requests == 3:  # page 1 of the first pass is read, page 2 is not
            first = min(source.rows, key=lambda row: (source.rows[row], row))
            del source.rows[first]
    assert set(source.rows) <= stored


def test_paging__costs_two_percent_more_than_the_least_number_of_requests() -> None:
    random = Random(8)
    rows = {f"r{i}": START * 1000 + random.randrange(180 * 86_400_000) for i in range(20_000)}
    source = ListedRows({}, random)
    ordered = sorted(rows.items(), key=lambda item: item[1])
    position, total = Position(START), 0
    while not position.done:  # only the rows a page can show, to keep the test fast
        begin = next((i for i, row in enumerate(ordered) if row[1] >= position.cursor * 1000), 0)
        source.rows = dict(ordered[begin : begin + 60])
        step = advance(position, source.page(query(position)))
        total += len(step.fresh)
        position = step.position
    assert total == 20_000
    assert source.requests <= 412


@pytest.mark.parametrize(("rows", "is_end"), [(0, True), (9, True), (10, False), (49, False)])
def test_paging__takes_only_a_page_shorter_than_any_source_gives_for_the_end(
    rows: int, is_end: bool
) -> None:
    step = advance(Position(START), [RowRef(str(i), START + i) for i in range(rows)])
    assert step.position.done is is_end


@pytest.mark.parametrize("shuffles", [True, False], ids=["shuffled", "stable"])
@pytest.mark.parametrize("most", [10, 25])
def test_paging__loses_nothing_when_the_source_gives_shorter_pages_than_asked(
    most: int, shuffles: bool
) -> None:
    """From the start, and from the middle of a pass on."""
    rows = in_one_second(70) | {f"s{i}": START * 1000 + i * 700 for i in range(300)}
    for begins_after in (0, 3):
        source = ListedRows(rows, Random(4), shuffles=shuffles, most=[50] * begins_after + [most])
        stored, _, gaps = read_all(source, Position(START))
        assert sorted(stored) == sorted(rows)
        assert not gaps


def test_paging__refuses_to_loop_when_the_filter_is_ignored() -> None:
    rows = [RowRef(str(i), START - 100) for i in range(50)]
    with pytest.raises(SourceRejected, match="no progress"):
        advance(Position(START), rows)


def test_paging__refuses_to_loop_when_no_time_can_be_read() -> None:
    with pytest.raises(SourceRejected, match="no progress"):
        advance(Position(START), [RowRef(str(i), None) for i in range(50)])


def test_paging__gives_up_on_a_second_that_never_settles() -> None:
    position = Position(START)
    for _ in range(20_000):
        drain = position.drain
        size = 50 if drain is None else 4 + drain.passes % 2
        step = advance(position, [RowRef(f"{_}-{i}", START) for i in range(size)])
        if step.full:
            assert "kept changing" in step.full.reason
            assert step.position.cursor == START + 1
            return
        position = step.position
    raise AssertionError("no gap was recorded")


def test_passes_over_a_full_second__keep_what_another_version_has_added() -> None:
    position = Position(START, drain=Drain(unknown={"a": 1}), unknown={"b": 2})
    after = advance(position, []).position
    assert after.drain is not None
    assert (after.drain.passes, after.drain.unknown, after.unknown) == (1, {"a": 1}, {"b": 2})
