from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nps_core.numbers.account_numbers import (
    AccountView,
    counted,
    first_month,
    fold_account,
    fold_contact,
    in_window,
    latest_per_contact,
    months_to,
)
from nps_core.numbers.ledger import Vote, Votes
from nps_core.scoring import Counts
from nps_core.times import epoch_ms

AS_OF = datetime(2026, 3, 2, 17, 16, tzinfo=UTC)
MS = timedelta(milliseconds=1)
SECOND = timedelta(seconds=1)
WINDOW = timedelta(days=180)


def _vote(at: datetime, score: int | None = 9, contact: str = "c", rev: int = 1) -> Vote:
    return Vote(rev, epoch_ms(at), score, contact, ("Acme", "csm@example.com"))


def _fold(votes: Votes, as_of: datetime = AS_OF, days: int = 180) -> AccountView:
    return fold_account("acme", votes, as_of, days)


@pytest.mark.parametrize(
    ("offset", "is_in"),
    [(-SECOND, False), (-MS, False), (MS * 0, True), (MS, True), (SECOND, True)],
)
def test_window__starts_exactly_at_its_first_second(offset: timedelta, is_in: bool) -> None:
    votes = {"a": _vote(AS_OF - WINDOW + offset)}
    assert bool(in_window(votes, AS_OF, 180)) is is_in
    assert _fold(votes).all.n == is_in


@pytest.mark.parametrize("ahead", [timedelta(0), SECOND, timedelta(days=400)])
def test_window__has_no_upper_bound(ahead: timedelta) -> None:
    assert _fold({"a": _vote(AS_OF + ahead)}).all.n == 1


def test_window__counts_days_of_24_hours_over_a_dst_change() -> None:
    as_of = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
    votes = {"a": _vote(as_of - timedelta(days=2)), "b": _vote(as_of - timedelta(days=2) - SECOND)}
    assert _fold(votes, as_of, 2).all.n == 1


def test_counted__is_oldest_first_without_gone_and_not_counted() -> None:
    votes = {
        "late": _vote(AS_OF),
        "b": _vote(AS_OF - SECOND),
        "a": _vote(AS_OF - SECOND),
        "excluded": _vote(AS_OF, score=None),
        "gone": Vote(9, gone=True),
    }
    assert [key for key, _ in counted(votes)] == ["a", "b", "late"]


def test_latest__is_one_vote_per_contact() -> None:
    votes = {
        "1": _vote(AS_OF - 2 * SECOND, 3, "ana"),
        "2": _vote(AS_OF - SECOND, 9, "ana"),
        "3": _vote(AS_OF - 3 * SECOND, 7, "bo"),
    }
    view = _fold(votes)
    assert view.all == Counts(1, 1, 1, 19)
    assert view.latest == Counts(1, 1, 0, 16)


def test_latest__of_two_answers_in_one_second_is_the_higher_id() -> None:
    votes = {"b": _vote(AS_OF, 9), "a": _vote(AS_OF, 3)}
    assert [vote.score for vote in latest_per_contact(in_window(votes, AS_OF, 180))] == [9]
    assert _fold(votes).latest == Counts(promoters=1, score_sum=9)


def test_latest__does_not_see_an_answer_outside_the_window() -> None:
    votes = {"old": _vote(AS_OF - WINDOW - MS, 3, "ana"), "new": _vote(AS_OF, 9, "bo")}
    assert _fold(votes).latest == Counts(promoters=1, score_sum=9)


def test_account__without_answers_has_no_number() -> None:
    view = _fold({})
    assert (view.all.nps, view.account_class, view.class_reason) == (
        None,
        None,
        "no answer in the window",
    )
    assert (view.name, view.owner, view.last_answered_at, view.valid_until) == (None,) * 4


def test_account__silent_for_longer_than_the_window_keeps_its_last_answer() -> None:
    at = AS_OF - timedelta(days=500)
    view = _fold({"a": _vote(at)})
    assert (view.all.n, view.last_answered_at, view.valid_until) == (0, at, None)
    assert (view.name, view.owner) == ("Acme", "csm@example.com")


def test_labels__come_from_the_latest_answer_that_has_one() -> None:
    votes = {
        "old": replace(_vote(AS_OF - SECOND), labels=("Old", "old@example.com")),
        "new": replace(_vote(AS_OF, score=None), labels=("New", None)),
        "bare": replace(_vote(AS_OF + SECOND), labels=()),
        "gone": replace(_vote(AS_OF + SECOND), labels=("Gone", "gone@example.com"), gone=True),
    }
    assert (_fold(votes).name, _fold(votes).owner) == ("New", "old@example.com")


def test_label__of_two_answers_in_one_second_is_that_of_the_higher_id() -> None:
    votes = {
        "9": replace(_vote(AS_OF + 900 * MS), labels=("Nine", None)),
        "10": replace(_vote(AS_OF), labels=("Ten", None)),
    }
    assert _fold(votes).name == "Ten"


def test_trend__has_twelve_months_with_gaps_over_the_year() -> None:
    votes = {
        "before": _vote(datetime(2025, 3, 31, 23, 59, 59, 999_000, UTC), 0),
        "first": _vote(datetime(2025, 4, 1, tzinfo=UTC), 9),
        "new year's eve": _vote(datetime(2025, 12, 31, 23, 59, 59, 999_000, UTC), 3),
        "new year": _vote(datetime(2026, 1, 1, tzinfo=UTC), 10),
        "excluded": _vote(AS_OF, score=None),
    }
    trend = {point.month: point.counts for point in _fold(votes).trend}
    assert list(trend) == months_to(AS_OF)
    assert {month: counts for month, counts in trend.items() if counts.n} == {
        "2025-04": Counts(promoters=1, score_sum=9),
        "2025-12": Counts(detractors=1, score_sum=3),
        "2026-01": Counts(promoters=1, score_sum=10),
    }
    assert trend["2026-02"].nps is None


def test_trend__is_by_utc_months_whatever_the_clocks_of_the_source_did() -> None:
    before = datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC)  # 16:59:59 -0700
    trend = _fold({"a": _vote(before), "b": _vote(before + SECOND)}, before + SECOND).trend
    assert [(point.month, point.counts.n) for point in trend[-2:]] == [
        ("2026-03", 1),
        ("2026-04", 1),
    ]


@pytest.mark.parametrize(
    ("as_of", "first", "last"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), "2025-02", "2026-01"),
        (datetime(2026, 12, 31, tzinfo=UTC), "2026-01", "2026-12"),
        (datetime(2026, 3, 2, tzinfo=UTC), "2025-04", "2026-03"),
    ],
)
def test_months__end_with_this_one(as_of: datetime, first: str, last: str) -> None:
    months = months_to(as_of)
    assert (len(months), months[0], months[-1]) == (12, first, last)
    assert months == sorted(set(months))


@pytest.mark.parametrize(
    ("days", "month"), [(30, "2025-04"), (180, "2025-04"), (336, "2025-03"), (730, "2024-03")]
)
def test_first_month__covers_window_and_trend(days: int, month: str) -> None:
    assert first_month(AS_OF, days) == month


@pytest.mark.parametrize(
    ("scores", "direction", "delta"),
    [([3], "first", None), ([3, 9], "up", 6), ([9, 3], "down", -6), ([9, 3, 3], "same", 0)],
)
def test_contact__is_compared_with_the_answer_before(
    scores: list[int], direction: str, delta: int | None
) -> None:
    votes = {
        str(n): Vote(1, epoch_ms(AS_OF + n * SECOND), score, "", ("ana@acme.example", "7001"))
        for n, score in enumerate(scores)
    }
    view = fold_contact("acme", votes)
    assert view is not None
    assert (view.direction, view.delta, view.latest_score) == (direction, delta, scores[-1])
    assert view.previous_score == (scores[-2] if len(scores) > 1 else None)
    assert view.previous_at == (AS_OF + (len(scores) - 2) * SECOND if len(scores) > 1 else None)
    assert view.latest_at == AS_OF + (len(scores) - 1) * SECOND
    assert (view.email, view.end_user_id) == ("ana@acme.example", "7001")
    assert view.latest_class == ("promoter" if scores[-1] == 9 else "detractor")


def test_contact__does_not_compare_with_an_answer_that_does_not_count() -> None:
    votes = {"1": _vote(AS_OF - SECOND, None), "2": _vote(AS_OF, 5), "3": Vote(9, gone=True)}
    view = fold_contact(None, votes)
    assert view is not None
    assert (view.direction, view.account_id) == ("first", None)


@pytest.mark.parametrize("votes", [{}, {"1": _vote(AS_OF, None)}, {"1": Vote(1, gone=True)}])
def test_contact__without_a_counted_answer_has_no_view(votes: Votes) -> None:
    assert fold_contact("acme", votes) is None


def _numbers(view: AccountView) -> AccountView:
    return replace(view, as_of=AS_OF, trend=())


histories = st.dictionaries(
    st.sampled_from("abcdefgh"),
    st.builds(
        _vote,
        at=st.integers(-200 * 86_400_000, 86_400_000).map(lambda ms: AS_OF + ms * MS),
        score=st.none() | st.integers(0, 10),
        contact=st.sampled_from(["ana", "bo"]),
    ),
    max_size=8,
)


@given(histories, st.floats(0, 1))
def test_valid_until__no_number_changes_before_it(votes: Votes, part: float) -> None:
    view = _fold(votes)
    until = view.valid_until or AS_OF + timedelta(days=1_000)
    assert _numbers(_fold(votes, AS_OF + (until - AS_OF) * part)) == _numbers(view)
    assert _numbers(_fold(votes, until)) == _numbers(view)


@given(histories)
def test_valid_until__a_number_changes_right_after_it(votes: Votes) -> None:
    view = _fold(votes)
    if view.valid_until is not None:
        assert _fold(votes, view.valid_until + MS).all.n < view.all.n


@given(histories)
def test_fold__counts_every_answer_once_and_every_contact_once(votes: Votes) -> None:
    view = _fold(votes)
    inside = [
        vote
        for vote in votes.values()
        if vote.score is not None and vote.answered_at >= AS_OF - WINDOW
    ]
    assert view.all.n == len(inside)
    assert view.latest.n == len({vote.contact for vote in inside})
    assert view.all.score_sum == sum(vote.score or 0 for vote in inside)
