"""Which stored answers the account behind the credentials must have."""

from datetime import UTC, datetime, timedelta
from typing import Any

from nps_core.keys import AnswerKey
from nps_core.sync.proof.witnesses import Witness, witnesses
from nps_core.sync.reading.cursor import RowRef
from nps_testing.factories import make_answer
from nps_testing.fakes.stores import InMemoryAnswerStore
from nps_testing.stacks.environment import TOKEN

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
START = NOW - timedelta(days=30)


def chosen(ages: dict[int, timedelta], **more: Any) -> list[str]:
    """Return the ids of the witnesses, of answers with these ids and ages."""
    store = InMemoryAnswerStore()
    for number, age in ages.items():
        key = AnswerKey(TOKEN, "response", str(number))
        fields = {"end_user_id": "7", **more}
        store.put(make_answer(key=key, answered_at=NOW - age, **fields), None)
    found = list(witnesses(store, TOKEN, START, NOW))
    at = {f"end_users/7/responses/{n}": int((NOW - age).timestamp()) for n, age in ages.items()}
    assert all(witness == Witness(witness.path, at[witness.path]) for witness in found)
    return [witness.path.rpartition("/")[2] for witness in found]


def test_witnesses__are_of_five_days_at_either_end_of_the_history() -> None:
    ages = {day: timedelta(days=day) for day in range(30)}
    assert chosen(ages) == ["1", "2", "3", "4", "5", "29", "28", "27", "26", "25"]


def test_witnesses__are_more_than_one_of_a_day_when_few_days_have_answers() -> None:
    ages = {1: timedelta(days=3), 2: timedelta(days=3, hours=-1), 3: timedelta(days=20)}
    assert chosen(ages) == ["1", "3", "2"]


def test_answer_of_the_last_hour__is_no_witness() -> None:
    assert chosen({1: timedelta(minutes=59)}) == []
    assert chosen({2: timedelta(minutes=61)}) == ["2"]


def test_answer_that_cannot_be_asked_for__is_no_witness() -> None:
    ages = {1: timedelta(days=3)}
    assert chosen(ages) == ["1"]
    assert chosen(ages, deleted=True) == chosen(ages, erased=True) == []
    assert chosen(ages, end_user_id=None) == []


def test_answer_in_doubt__is_no_witness() -> None:
    store = InMemoryAnswerStore()
    for number in (1, 2):
        key = AnswerKey(TOKEN, "response", str(number))
        at = NOW - timedelta(hours=number + 1)
        store.put(make_answer(key=key, answered_at=at, end_user_id="7"), None)
    doubtful = {AnswerKey(TOKEN, "response", "2")}
    (found,) = witnesses(store, TOKEN, START, NOW, doubtful)
    assert found.path == "end_users/7/responses/1"


def test_record__is_the_witness_by_its_second_unless_its_time_proves_nothing() -> None:
    witness = Witness("end_users/7/responses/1", 1_700_000_000)
    assert witness.is_shown_by(RowRef("1", 1_700_000_000))
    assert not witness.is_shown_by(RowRef("1", 1_700_000_001))
    assert witness.is_shown_by(RowRef("1", 1_700_019_800, is_naive=True))
    assert witness.is_shown_by(RowRef("1", None))
