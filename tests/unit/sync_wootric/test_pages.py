"""Rows are stored with the time of their read, which no clock of ours may put too late."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nps_core.answers.ingest import Ingest
from nps_core.answers.matching import AccountRules
from nps_core.answers.models import Answer
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
