import json
import zlib
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nps_core.answers.contacts import as_of_today
from nps_core.keys import AnswerKey
from nps_core.numbers.ledger import (
    SPLIT_ABOVE,
    Ledger,
    Vote,
    Votes,
    account_vote,
    contact_vote,
    decode,
    encode,
    is_newer,
    join,
    vote_id,
)
from nps_testing.factories import make_answer
from nps_testing.stacks.environment import TOKEN

texts = st.none() | st.text(st.characters(), min_size=1, max_size=8)
live = st.builds(
    Vote,
    rev=st.integers(0, 2**45),
    answered_ms=st.integers(0, 2**42),
    score=st.none() | st.integers(0, 10),
    contact=st.text(max_size=8).map(as_of_today),
    labels=st.just(()) | st.tuples(texts, texts),
)
gone = st.builds(Vote, rev=st.integers(0, 2**45), gone=st.just(True))
stored_votes = st.dictionaries(st.text(max_size=8), live | gone, max_size=8)


def _version(number: int) -> Vote:
    """The one content that a rev has; every other rev is a tombstone of the rev before."""
    if number % 2:
        return Vote(rev=number // 2, gone=True)
    return Vote(rev=number // 2, answered_ms=number, score=number % 11, contact=str(number % 3))


versions = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d"]), st.integers(0, 9).map(_version), max_size=4
)


def _merged(*parts: Votes) -> dict[str, Vote]:
    ledger = Ledger()
    for part in parts:
        ledger = ledger.merged(part)
    return dict(ledger.votes)


@given(stored_votes)
def test_encode__round_trips(votes: Votes) -> None:
    assert decode(encode(votes)) == votes


@given(stored_votes, st.randoms(use_true_random=False))
def test_encode__is_canonical(votes: Votes, random: object) -> None:
    shuffled = list(votes.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random of hypothesis
    assert encode(dict(shuffled)) == encode(votes)


def test_encode__is_small_and_readable_with_two_lines() -> None:
    votes = {
        f"{TOKEN}#{500_000 + n}": Vote(
            1_772_471_704_000 + 977 * n, 1_772_471_000_000 + 991 * n, n % 11, f"{TOKEN}:{n % 40}"
        )
        for n in range(1_000)
    }
    packed = encode(votes)
    columns = json.loads(zlib.decompress(packed))
    assert columns["id"][0] == f"{TOKEN}#500000"
    assert len(packed) < 20 * len(votes)


def test_decode__keeps_not_counted_apart_from_gone() -> None:
    votes = {"a": Vote(1, 5, None, "c", ("n", None)), "b": Vote(2, gone=True), "c": Vote(3, 5, 0)}
    assert decode(encode(votes)) == votes


@given(versions, versions)
def test_merge__is_commutative(one: Votes, other: Votes) -> None:
    assert _merged(one, other) == _merged(other, one) == join([Ledger(one), Ledger(other)])


@given(versions, versions, versions)
def test_merge__is_associative(a: Votes, b: Votes, c: Votes) -> None:
    left = _merged(_merged(a, b), c)
    assert left == _merged(a, _merged(b, c))
    assert left == join([Ledger(a), Ledger(b), Ledger(c)])
    assert left == join([Ledger(c), Ledger(a), Ledger(b), Ledger(a)])


@given(versions, versions)
def test_merge__is_idempotent(one: Votes, other: Votes) -> None:
    ledger = Ledger(_merged(one, other), version=3)
    assert ledger.merged(one) is ledger
    assert ledger.merged(other) is ledger
    assert ledger.merged({}) is ledger


def test_merge__takes_the_highest_rev_of_each_answer() -> None:
    known = {"a": Vote(5, 1, 9), "b": Vote(5, 1, 9)}
    after = Ledger(known, version=7).merged({"a": Vote(6, 1, 3), "b": Vote(4, 1, 3), "c": Vote(1)})
    assert after == Ledger({"a": Vote(6, 1, 3), "b": Vote(5, 1, 9), "c": Vote(1)}, version=7)


def test_tombstone__beats_older_and_loses_to_newer_versions() -> None:
    parts: list[Votes] = [{"a": Vote(1, 1, 9)}, {"a": Vote(2, gone=True)}, {"a": Vote(3, 1, 5)}]
    assert _merged(parts[0], parts[1])["a"].gone
    for order in permutations(parts):
        assert _merged(*order) == parts[2]


def test_tie__of_an_answer_and_its_tombstone_goes_to_the_answer() -> None:
    answer, tombstone = Vote(2, 1, 9), Vote(2, gone=True)
    assert is_newer(answer, tombstone)
    assert not is_newer(tombstone, answer)
    assert not is_newer(answer, answer)


def test_ledger__is_split_for_ever_above_its_limit() -> None:
    full: Votes = {str(n): Vote(1) for n in range(SPLIT_ABOVE)}
    at_limit = Ledger().merged(full)
    assert not at_limit.is_split
    assert at_limit.merged({"one more": Vote(1)}).is_split
    assert Ledger({}, 1, is_split=True).merged({"a": Vote(1)}).is_split


def test_vote_id__keeps_wootric_accounts_apart() -> None:
    other = make_answer(key=AnswerKey("NPS-EU-1", "response", "500001"))
    assert vote_id(make_answer()) == f"{TOKEN}#500001"
    assert vote_id(other) == "NPS-EU-1#500001"


def test_account_vote__carries_what_numbers_need() -> None:
    vote = account_vote(make_answer(rev=7))
    assert vote == Vote(7, 1772471704120, 3, f"{TOKEN}:7001", ("Acme Inc", "csm@example.com"))
    assert vote.answered_at == make_answer().answered_at


def test_contact_vote__carries_who_answered() -> None:
    vote = contact_vote(make_answer(rev=7))
    assert vote == Vote(7, 1772471704120, 3, "", ("ana@acme.example", "7001"))


@pytest.mark.parametrize("change", [{"excluded": True}, {"deleted": True}, {"metric": "CSAT"}])
def test_vote__of_an_answer_that_does_not_count_has_no_score(change: dict[str, object]) -> None:
    assert account_vote(make_answer(**change)).score is None
    assert contact_vote(make_answer(**change)).score is None
    assert not account_vote(make_answer(**change)).gone


def test_columns_of_another_version__stay_with_the_votes_that_do_not_change() -> None:
    votes = {"a": Vote(1, 5, 9, "who", ("Acme", None)), "b": Vote(2, gone=True), "c": Vote(3)}
    columns = json.loads(zlib.decompress(encode(votes)))
    columns["team"] = ["blue", None, {"deep": 1}]
    newer = zlib.compress(json.dumps(columns).encode())
    assert decode(newer) == votes
    merged = Ledger(decode(newer)).merged({"a": Vote(7, 5, 3, "who", ("Acme", None))})
    written = json.loads(zlib.decompress(encode(merged.votes)))
    assert written["team"] == [None, None, {"deep": 1}]
    assert json.loads(zlib.decompress(encode(decode(newer)))) == columns


def test_labels__may_be_missing_and_nothing_else() -> None:
    votes = {"a": Vote(1, 5, 9, "who", ("Acme", None)), "b": Vote(2, gone=True)}
    columns = json.loads(zlib.decompress(encode(votes)))
    for name in columns:
        left = {column: values for column, values in columns.items() if column != name}
        packed = zlib.compress(json.dumps(left).encode())
        if name == "label":
            assert decode(packed) == {key: replace(vote, labels=()) for key, vote in votes.items()}
        else:
            with pytest.raises(LookupError):
                decode(packed)
