"""A ~ in front is ours: no id from outside begins with it, whichever way it comes in."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from nps_core.answers.ingest import Ingest
from nps_core.answers.matching import AccountRules, asked_id, own_id
from nps_core.answers.models import UNMATCHED, Answer, Incoming
from nps_core.connectors.wootric.payloads import from_rest, from_webhook
from nps_core.connectors.wootric.protocol import row_ref
from nps_core.keys import AnswerKey
from nps_core.numbers.votes import touched
from nps_testing.factories import NOW, make_answer
from nps_testing.fakes.stores import InMemoryAnswerStore, InMemoryDirectory
from nps_testing.stacks.environment import TOKEN

RULES = AccountRules.of("company_id", "company", "csm_email")
HOUR = timedelta(hours=1)
ROW = {
    **{"id": 1, "score": 3, "text": None, "email": "ana@acme.example", "end_user_id": "~7001"},
    **{"created_at": "2026-03-02T17:15:04Z", "external_id": "~unmatched"},
}


def _by_json(properties: dict[str, Any]) -> Incoming:
    row = {**ROW, "end_user_properties": properties}
    return from_webhook(json.dumps({"response": row, "account_token": TOKEN}).encode())


def _by_form(properties: dict[str, Any]) -> Incoming:
    given = {f"response[{name}]": value for name, value in ROW.items() if value is not None}
    given |= {f"response[end_user_properties][{name}]": each for name, each in properties.items()}
    return from_webhook(urlencode({**given, "account_token": TOKEN}).encode())


def _by_rest(properties: dict[str, Any]) -> Incoming:
    user = {"email": ROW["email"], "properties": properties}
    return from_rest({**ROW, "end_user": user}, "response", TOKEN, NOW)


def _stored(version: Incoming) -> Answer:
    store = InMemoryAnswerStore()
    Ingest(store, InMemoryDirectory(), RULES, "NPS").one(version, NOW)
    answer = store.get(AnswerKey(TOKEN, "response", "1"))
    assert answer is not None
    return answer


@pytest.mark.parametrize("read", [_by_json, _by_form, _by_rest])
@pytest.mark.parametrize("value", [UNMATCHED, " ~unmatched ", "~", "~acme"])
def test_account__whose_id_begins_with_a_tilde_is_an_account_of_its_own(
    read: Any, value: str
) -> None:
    answer = _stored(read({"company_id": value}))
    assert answer.account_id == f"%7E{value.strip()[1:]}"
    assert answer.properties["company_id"] == value
    (account,) = touched([(None, answer)]).accounts
    assert account == answer.account_id != UNMATCHED


@pytest.mark.parametrize("read", [_by_json, _by_form, _by_rest])
def test_person__whose_ids_begin_with_a_tilde_is_nobody_else(read: Any) -> None:
    answer = _stored(read({"company_id": "c-118"}))
    assert not answer.is_anonymous
    assert answer.contact_key == f"{TOKEN}:u:~7001"
    lone = make_answer(end_user_id=None, external_id="~500001", email=None)
    nobody = make_answer(end_user_id=None, external_id=None, email=None)
    assert lone.contact_key != nobody.contact_key
    assert not lone.is_anonymous


def test_answer_stored_under_such_an_account__moves_by_its_next_read() -> None:
    store = InMemoryAnswerStore()
    ingest = Ingest(store, InMemoryDirectory(), RULES, "NPS")
    ingest.one(_by_rest({"company_id": UNMATCHED}), NOW)
    answer = next(iter(store))
    old = make_answer(**{name: getattr(answer, name) for name in _FIELDS}, account_id=UNMATCHED)
    assert store.put(old, answer.rev)
    user = {"properties": {"company_id": UNMATCHED}}
    again = from_rest({**ROW, "end_user": user}, "response", TOKEN, NOW + HOUR)
    assert ingest.one(again, NOW + HOUR) == "updated"
    ((before, after),) = store.changes[-1:]
    months = touched([(before, after)]).months
    assert months[UNMATCHED, "2026-03"][f"{TOKEN}#1"].gone
    assert not months["%7Eunmatched", "2026-03"][f"{TOKEN}#1"].gone


_FIELDS = ("key", "properties", "rev", "answered_at", "updated_at", "event_at", "source")


def test_operator__names_the_unmatched_by_our_name_and_others_by_theirs() -> None:
    assert asked_id(UNMATCHED) == UNMATCHED
    assert asked_id("~acme") == own_id("~acme") == "%7Eacme"
    assert asked_id("c-118") == own_id("c-118") == "c-118"


def test_row__whose_id_begins_with_a_tilde_is_told_apart_by_its_content() -> None:
    one, other = row_ref({"id": "~00000001"}), row_ref({"id": "~00000001", "score": 3})
    assert one.id != other.id
