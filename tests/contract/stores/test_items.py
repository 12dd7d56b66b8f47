"""DynamoDB's wire format and the few calls that every adapter shares, on both backends."""

import os
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from botocore.stub import Stubber

from nps_core.answers.contacts import of_identity
from nps_core.answers.dynamo import DynamoAnswerStore
from nps_core.answers.quarantine import DynamoQuarantine, may_be_cut
from nps_core.aws import items
from nps_core.aws.clients import dynamodb
from nps_core.customers.directory import DynamoDirectory
from nps_core.customers.entries import DirectoryEntry
from nps_core.errors import StoreRefused, StoreUnavailable
from nps_core.keys import QUARANTINE, contact, ledger
from nps_core.numbers.account_numbers import fold_account
from nps_core.numbers.dynamo_ledgers import DynamoLedgerStore
from nps_core.numbers.dynamo_summaries import DynamoSummaryStore
from nps_core.numbers.ledger import Ledger, Vote
from nps_testing.factories import NOW, make_answer
from nps_testing.stacks.environment import TOKEN

LARGE = "x" * 350_000


@pytest.fixture
def state(tables: str) -> str:
    """Name of an empty StateTable."""
    return os.environ["STATE_TABLE"]


def _put(state: str, sk: str, **more: Any) -> None:
    items.put(dynamodb(), state, {"pk": "P", "sk": sk, **more})


def _key(sk: str) -> dict[str, str]:
    return {"pk": "P", "sk": sk}


PLAIN = {
    "int": 2**60,
    "negative": -5,
    "zero": 0,
    "true": True,
    "text": "",
    "bytes": b"\x00\xff",
    "list": [1, "a", [b"x"]],
    "map": {"n": 1, "deep": {"b": b"y", "list": [2]}},
}


def test_item__is_read_as_it_was_written(state: str) -> None:
    _put(state, "a", **PLAIN)
    assert items.get_item(dynamodb(), state, _key("a")) == {**_key("a"), **PLAIN}


def test_numbers__come_back_as_int_and_decimal() -> None:
    plain = items.from_wire({"i": {"N": "10"}, "e": {"N": "1E+2"}, "f": {"N": "1.5"}})
    assert plain == {"i": 10, "e": 100, "f": Decimal("1.5")}
    assert [type(value) for value in plain.values()] == [int, int, Decimal]


def test_fraction__is_written_again_as_it_was_read(state: str) -> None:
    fractions = {
        "f": Decimal("0.1"),
        "list": [Decimal("-2.5")],
        "long": Decimal("0.1234567890123456789"),
    }
    _put(state, "a", **fractions)
    found = items.get_item(dynamodb(), state, _key("a"))
    assert found == {**_key("a"), **fractions}
    items.put(dynamodb(), state, found)
    assert items.get_item(dynamodb(), state, _key("a")) == found


def test_decimal__is_written_and_float_is_refused() -> None:
    assert items.to_wire({"d": Decimal("1.5")}) == {"d": {"N": "1.5"}}
    with pytest.raises(TypeError):
        items.to_wire({"f": 1.5})


def test_none__is_not_stored(state: str) -> None:
    _put(state, "a", nothing=None)
    assert items.get_item(dynamodb(), state, _key("a")) == _key("a")


def test_absent_item__is_none(state: str) -> None:
    assert items.get_item(dynamodb(), state, _key("a")) is None


def test_get_items__returns_those_that_exist_of_more_than_a_batch(state: str) -> None:
    for n in range(0, 210, 2):
        _put(state, str(n))
    found = items.get_items(dynamodb(), state, [_key(str(n)) for n in range(210)])
    assert {item["sk"] for item in found} == {str(n) for n in range(0, 210, 2)}


def test_get_items__asks_again_for_what_did_not_fit_into_one_reply(state: str) -> None:
    for n in range(50):
        _put(state, str(n), large=LARGE)
    found = items.get_items(dynamodb(), state, [_key(str(n)) for n in range(50)])
    assert {item["sk"] for item in found} == {str(n) for n in range(50)}
    assert len(found) == 50


def _unprocessed(key: dict[str, str]) -> dict[str, Any]:
    return {"Responses": {}, "UnprocessedKeys": {"t": {"Keys": [items.to_wire(key)]}}}


def test_get_items__takes_what_was_left_over_at_first() -> None:
    with Stubber(dynamodb()) as aws:
        aws.add_response("batch_get_item", _unprocessed(_key("a")))
        aws.add_response("batch_get_item", {"Responses": {"t": [items.to_wire(_key("a"))]}})
        assert items.get_items(dynamodb(), "t", [_key("a")]) == [_key("a")]
        aws.assert_no_pending_responses()


def test_get_items__never_takes_a_partial_reply_for_the_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    with Stubber(dynamodb()) as aws:
        for _ in range(8):
            aws.add_response("batch_get_item", _unprocessed(_key("a")))
        with pytest.raises(StoreUnavailable, match="unprocessed"):
            items.get_items(dynamodb(), "t", [_key("a")])
        aws.assert_no_pending_responses()


def test_query__yields_all_pages_beyond_one_megabyte_in_order(state: str) -> None:
    for n in range(7):
        _put(state, f"{n}", large=LARGE)
    found = items.query(dynamodb(), state, "pk = :pk", {":pk": "P"})
    assert [item["sk"] for item in found] == [f"{n}" for n in range(7)]


def test_query__takes_parameters_of_its_caller(state: str) -> None:
    for n in range(3):
        _put(state, str(n))
    found = items.query(dynamodb(), state, "pk = :pk", {":pk": "P"}, ScanIndexForward=False)
    assert [item["sk"] for item in found] == ["2", "1", "0"]


def test_query__reads_an_index(state: str) -> None:
    _put(state, "late", due_pk="MAIL", due_at="2026-03-03")
    _put(state, "soon", due_pk="MAIL", due_at="2026-03-02")
    _put(state, "done")
    found = items.query(dynamodb(), state, "due_pk = :p", {":p": "MAIL"}, IndexName="due")
    assert [item["sk"] for item in found] == ["soon", "late"]


def test_scan__yields_all_pages_beyond_one_megabyte(state: str) -> None:
    for n in range(7):
        _put(state, str(n), large=LARGE)
    assert {item["sk"] for item in items.scan(dynamodb(), state)} == {str(n) for n in range(7)}


def test_put_if__tells_a_failed_condition_from_a_failure(state: str) -> None:
    absent = "attribute_not_exists(pk)"
    assert items.put_if(dynamodb(), state, _key("a"), absent)
    assert not items.put_if(dynamodb(), state, _key("a"), absent)
    with pytest.raises(StoreRefused, match="PutItem: ValidationException"):
        items.put_if(dynamodb(), state, _key("a"), "no condition")


TOO_LARGE, TOO_LONG = {"large": "x" * 410_000}, {"pk": "P", "sk": "k" * 1_025}
DELETE = {"Delete": {"TableName": "t", "Key": items.to_wire(_key("a"))}}


def test_value__that_dynamodb_never_takes_is_refused_and_not_an_outage(state: str) -> None:
    client = dynamodb()
    put = {"TableName": state, "Item": items.to_wire({**_key("a"), **TOO_LARGE})}
    with pytest.raises(StoreRefused):
        items.put(client, state, {**_key("a"), **TOO_LARGE})
    with pytest.raises(StoreRefused):
        items.put_if(client, state, {**_key("a"), **TOO_LARGE}, "attribute_not_exists(pk)")
    with pytest.raises(StoreRefused):
        items.set_values(client, state, _key("a"), TOO_LARGE)
    with pytest.raises(StoreRefused):
        items.transact_if(client, [{"Put": put}])


def test_key__that_dynamodb_cannot_hold_is_refused_and_not_an_outage(state: str) -> None:
    with pytest.raises(StoreRefused):
        items.put(dynamodb(), state, TOO_LONG)


@pytest.mark.parametrize("reason", ["ValidationError", "ItemCollectionSizeLimitExceeded"])
def test_transaction__with_a_refused_write_is_refused(reason: str) -> None:
    with Stubber(dynamodb()) as aws:
        reasons = {"CancellationReasons": [{"Code": "None"}, {"Code": reason}]}
        code = "TransactionCanceledException"
        aws.add_client_error("transact_write_items", code, modeled_fields=reasons)
        with pytest.raises(StoreRefused, match=f"TransactWriteItems: {reason}"):
            items.transact_if(dynamodb(), [DELETE])


def test_every_call__on_a_missing_table_is_a_store_that_is_unavailable(tables: str) -> None:
    client, condition = dynamodb(), "pk = :pk"
    with pytest.raises(StoreUnavailable, match="GetItem: ResourceNotFoundException"):
        items.get_item(client, "missing", _key("a"))
    with pytest.raises(StoreUnavailable, match="BatchGetItem: ResourceNotFoundException"):
        items.get_items(client, "missing", [_key("a")])
    with pytest.raises(StoreUnavailable, match="PutItem: ResourceNotFoundException"):
        items.put(client, "missing", _key("a"))
    with pytest.raises(StoreUnavailable, match="Query: ResourceNotFoundException"):
        list(items.query(client, "missing", condition, {":pk": "P"}))
    with pytest.raises(StoreUnavailable, match="Scan: ResourceNotFoundException"):
        list(items.scan(client, "missing"))


def test_answers__are_listed_whole(tables: str) -> None:
    store = DynamoAnswerStore(dynamodb(), os.environ["RESPONSES_TABLE"])
    written = [make_answer(), make_answer(kind="decline", score=None)]
    for answer in written:
        store.put(answer, None)
    assert sorted(store.everything(), key=lambda answer: answer.key) == sorted(
        written, key=lambda answer: answer.key
    )


def _ask_for_capacity(params: dict[str, Any], **_: object) -> None:
    params["ReturnConsumedCapacity"] = "TOTAL"


def test_plain_answer__costs_one_write_unit_and_one_in_the_index(tables: str) -> None:
    store = DynamoAnswerStore(dynamodb(), os.environ["RESPONSES_TABLE"])
    calls: list[dict[str, Any]] = []
    events = dynamodb().meta.events
    events.register("provide-client-params.dynamodb.PutItem", _ask_for_capacity)
    events.register("after-call.dynamodb.PutItem", lambda parsed, **_: calls.append(parsed))
    store.put(make_answer(text="x" * 200), None)
    units = {"moto": 1.0, "dynamodb-local": 2.0}[tables]  # moto says 1 whatever is written
    assert [call["ConsumedCapacity"]["CapacityUnits"] for call in calls] == [units]


def test_contacts__are_those_of_the_account(state: str) -> None:
    store = DynamoLedgerStore(dynamodb(), state)
    store.put(contact("acme", f"{TOKEN}:1"), Ledger({"mine": Vote(1)}))
    store.put(contact("beta", f"{TOKEN}:1"), Ledger({"other": Vote(1)}))
    store.put(ledger("acme", "2026-03"), Ledger({"month": Vote(1)}))
    assert [list(found.votes) for found in store.contacts("acme")] == [["mine"]]


def test_contact__with_a_ledger_of_before_is_one_contact(state: str) -> None:
    store = DynamoLedgerStore(dynamodb(), state)
    store.put(contact("acme", of_identity(TOKEN, "u-42")), Ledger({"a": Vote(2), "b": Vote(9)}))
    store.put(contact("acme", f"{TOKEN}:u-42"), Ledger({"a": Vote(1), "c": Vote(3)}))
    store.put(contact("acme", f"{TOKEN}:42"), Ledger({"d": Vote(1)}))
    found = [{key: vote.rev for key, vote in each.votes.items()} for each in store.contacts("acme")]
    assert sorted(found, key=len) == [{"d": 1}, {"a": 2, "b": 9, "c": 3}]


def test_summaries__are_listed_by_account(state: str) -> None:
    store = DynamoSummaryStore(dynamodb(), state)
    views = [fold_account(account, {}, NOW, 180) for account in ("acme", "beta", "~unmatched")]
    for view in reversed(views):
        store.put(view, 0)
    assert list(store.everything()) == views
    assert store.get("acme") == views[0]
    assert store.get("gamma") is None


def test_quarantine__keeps_the_payload_with_its_reason_for_400_days(state: str) -> None:
    store = DynamoQuarantine(dynamodb(), state)
    store.add("\u20ac" * 200_000, "bad_score", "score is missing", "webhook", TOKEN, NOW)
    (kept,) = store.everything()
    assert kept.raw == "\u20ac" * 100_000
    assert (kept.reason, kept.detail) == ("bad_score", "score is missing")
    assert (kept.source, kept.account_token) == ("webhook", TOKEN)
    item = items.get_item(dynamodb(), state, {"pk": QUARANTINE, "sk": kept.key})
    assert item is not None
    assert item["expires_at"] - int(NOW.timestamp()) == 400 * 86_400


def test_quarantine__gives_up_one_payload_and_knows_what_may_be_cut(state: str) -> None:
    store = DynamoQuarantine(dynamodb(), state)
    for raw in ("short", "\u20ac" * 200_000, "\U0001f622x" * 80_000):
        store.add(raw, "bad_score", "score is missing", "sync", TOKEN, NOW)
    kept = {payload.raw: payload.key for payload in store.everything()}
    assert sorted(map(may_be_cut, kept)) == [False, True, True]
    store.remove(kept["short"])
    store.remove(kept["short"])
    assert all(may_be_cut(payload.raw) for payload in store.everything())


def test_directory__knows_owners_and_lists_its_entries(state: str) -> None:
    store = DynamoDirectory(dynamodb(), state)
    entries = [
        DirectoryEntry("account", "acme", "acme", "dana@vendor.example", "Acme"),
        DirectoryEntry("domain", "acme.example", "acme"),
    ]
    for entry in reversed(entries):
        store.put(entry)
    assert store.owner_of("acme") == "dana@vendor.example"
    assert store.owner_of("beta") is None
    assert list(store.everything()) == entries
    assert store.entry("account", "acme") == entries[0]
    assert store.entry("account", "beta") is None


def test_directory__shows_an_entry_that_names_no_account(state: str) -> None:
    items.put(dynamodb(), state, {"pk": "DIRECTORY", "sk": "account#acme", "owner": "a@b.example"})
    store = DynamoDirectory(dynamodb(), state)
    assert list(store.everything()) == [DirectoryEntry("account", "acme", None, "a@b.example")]
    assert store.owner_of("acme") == "a@b.example"


CONFLICT = "TransactionConflictException"
CALLS: dict[str, Callable[[], object]] = {
    "put_item": lambda: items.put(dynamodb(), "t", _key("a")),
    "delete_item": lambda: items.delete(dynamodb(), "t", _key("a")),
}
GUARDED: dict[str, Callable[[], object]] = {
    "put_item": lambda: items.put_if(dynamodb(), "t", _key("a"), "attribute_not_exists(pk)"),
    "update_item": lambda: items.set_values(dynamodb(), "t", _key("a"), {"n": 1}, "pk = :p"),
    "transact_write_items": lambda: items.transact_if(dynamodb(), [DELETE]),
}


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    made: list[float] = []
    monkeypatch.setattr("time.sleep", made.append)
    return made


def _in_conflict(aws: Stubber, operation: str, times: int) -> None:
    for _ in range(times):
        if operation == "transact_write_items":
            reasons = {"CancellationReasons": [{"Code": "TransactionConflict"}]}
            code = "TransactionCanceledException"
            aws.add_client_error(operation, code, modeled_fields=reasons)
        else:
            aws.add_client_error(operation, CONFLICT)


@pytest.mark.parametrize("name", [*CALLS, *GUARDED])
def test_conflict__with_a_transaction_is_waited_for(name: str, pauses: list[float]) -> None:
    with Stubber(dynamodb()) as aws:
        _in_conflict(aws, name, 4)
        aws.add_response(name, {})
        (GUARDED.get(name) or CALLS[name])()
        aws.assert_no_pending_responses()
    assert (len(pauses), sum(pauses) <= 0.45) == (4, True)


@pytest.mark.parametrize("name", GUARDED)
def test_conflict__that_stays_is_a_lost_condition(name: str, pauses: list[float]) -> None:
    with Stubber(dynamodb()) as aws:
        _in_conflict(aws, name, 5)
        assert GUARDED[name]() is False
        aws.assert_no_pending_responses()


@pytest.mark.parametrize("name", CALLS)
def test_conflict__that_stays_without_a_condition_is_an_outage(
    name: str, pauses: list[float]
) -> None:
    with Stubber(dynamodb()) as aws:
        _in_conflict(aws, name, 5)
        with pytest.raises(StoreUnavailable, match=CONFLICT):
            CALLS[name]()


def test_conflict__beside_a_failed_condition_is_lost_at_once(pauses: list[float]) -> None:
    reasons = [{"Code": "TransactionConflict"}, {"Code": "ConditionalCheckFailed"}]
    with Stubber(dynamodb()) as aws:
        code, fields = "TransactionCanceledException", {"CancellationReasons": reasons}
        aws.add_client_error("transact_write_items", code, modeled_fields=fields)
        assert items.transact_if(dynamodb(), [DELETE]) is False
    assert pauses == []
