"""Rows are stored with the time of their read, which no clock of ours may put too late."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nps_core.answers.ingest import Ingest
from nps_core.answers.matching import AccountRules
from nps_core.answers.models import Answer
from nps_core.errors import StoreRefused
from nps_core.keys import AnswerKey
from nps_testing.fakes.stores import InMemoryAnswerStore, InMemoryDirectory, InMemoryQuarantine
from nps_testing.fakes.sync import AnsweredBy
from nps_testing.stacks.environment import TOKEN
from sync_wootric.reading.pages import PageStore

AT = datetime(2026, 3, 2, 17, 15, 4, 500_000, UTC)
RULES = AccountRules.of("company_id", "company", "csm_email")
KEY = AnswerKey(TOKEN, "response", "1")
MONTH, HOUR = timedelta(days=30), timedelta(hours=1)


@pytest.fixture
def store() -> InMemoryAnswerStore:
    return InMemoryAnswerStore()


@pytest.fixture
def pages(store: InMemoryAnswerStore) -> PageStore:
    ingest = Ingest(store, InMemoryDirectory(), RULES, "NPS")
    return PageStore(TOKEN, ingest, InMemoryQuarantine(), AnsweredBy({}))


class PickyStore(InMemoryAnswerStore):
    """Never takes the answer 2."""

    def put(self, answer: Answer, expected_rev: int | None) -> bool:
        if answer.key.id == "2":
            raise StoreRefused("PutItem: ValidationException")
        return super().put(answer, expected_rev)


def test_row__that_the_store_never_takes_is_set_aside_and_the_page_goes_on() -> None:
    store, quarantine = PickyStore(), InMemoryQuarantine()
    ingest = Ingest(store, InMemoryDirectory(), RULES, "NPS")
    pages = PageStore(TOKEN, ingest, quarantine, AnsweredBy({}))
    rows = [{**_row(3), "id": number} for number in (1, 2, 3)]
    for is_new in (True, False):
        result = pages.store("responses", rows, AT)
        assert (result.stored, result.quarantined) == (2, is_new)
    assert [answer.key.id for answer in store] == ["1", "3"]
    assert list(quarantine.kept.values()) == ["refused_by_store"]


def test_row__that_is_no_json_is_set_aside_and_the_page_goes_on(
    pages: PageStore, store: InMemoryAnswerStore
) -> None:
    broken = '{"id": 2, "score": }'
    result = pages.store("responses", [_row(3), broken, {**_row(9), "id": 3}], AT)
    assert (result.stored, result.quarantined) == (2, 1)
    assert len(store) == 2


@pytest.mark.parametrize("end_user_id", ["7 8", "x" * 3_000, {"id": 7}])
def test_row__with_an_id_of_nobody_asks_for_no_person(
    pages: PageStore, store: InMemoryAnswerStore, end_user_id: object
) -> None:
    """`AnsweredBy({})` fails for everyone who is asked for."""
    anonymous = {**_row(3), "end_user_id": end_user_id, "end_user": {}}
    whole = {**_row(3), "id": "k" * 3_000, "end_user_id": 7, "end_user": {}}
    pages.store("responses", [anonymous, whole, {**_row(9), "id": 5}], AT)
    assert store.get(AnswerKey(TOKEN, "response", "5")) is not None


def _stored(store: InMemoryAnswerStore) -> Answer:
    answer = store.get(KEY)
    assert answer is not None
    return answer


def _row(score: int, updated: datetime = AT) -> dict[str, Any]:
    return {
        **{"id": 1, "score": score, "text": None, "end_user": {"email": "ana@acme.example"}},
        **{"created_at": (AT - HOUR).isoformat(), "updated_at": updated.isoformat()},
    }


@pytest.mark.parametrize("source_at", [AT.replace(microsecond=0), AT + MONTH, None])
def test_read__is_as_late_as_its_request(
    pages: PageStore, store: InMemoryAnswerStore, source_at: datetime | None
) -> None:
    pages.store("responses", [_row(3)], AT, source_at)
    assert _stored(store).rest_at == AT


def test_read__by_a_clock_that_is_ahead_does_not_hide_later_ones(
    pages: PageStore, store: InMemoryAnswerStore
) -> None:
    pages.store("responses", [_row(3)], AT + MONTH, AT)
    assert _stored(store).rest_at == AT + timedelta(seconds=1)
    pages.store("responses", [_row(9, AT + HOUR)], AT + HOUR, AT + HOUR)
    assert _stored(store).score == 9


def test_row__whose_updated_at_went_back_is_right_after_the_next_read(
    pages: PageStore, store: InMemoryAnswerStore
) -> None:
    pages.store("responses", [_row(3, AT)], AT, AT)
    pages.store("responses", [_row(9, AT - HOUR)], AT + HOUR, AT + HOUR)
    assert _stored(store).score == 9
