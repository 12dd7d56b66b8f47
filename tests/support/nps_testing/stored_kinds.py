"""Every kind of stored item, with the code that reads it and writes it again unchanged."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from nps_core.answers.dynamo import DynamoAnswerStore
from nps_core.aws import items
from nps_core.aws.clients import dynamodb
from nps_core.connections.dynamo_settings import DynamoConnections
from nps_core.connections.profile import DynamoProfiles
from nps_core.customers.directory import DynamoDirectory
from nps_core.customers.dynamo_people import DynamoPeople
from nps_core.follow_up.dynamo import DynamoFollowUp
from nps_core.follow_up.items import alert_item, task_item, to_alert, to_pointer, to_task
from nps_core.formats import Stored
from nps_core.keys import parse_answer_key
from nps_core.numbers.dynamo_ledgers import DynamoLedgerStore
from nps_core.numbers.dynamo_summaries import DynamoSummaryStore
from nps_core.sync.dynamo import DynamoSyncState
from nps_core.sync.lease import Grant
from nps_core.sync.proof.audit import AuditState
from nps_core.sync.proof.dynamo import DynamoProofStore
from nps_core.sync.reading.checkpoint import StreamCheckpoint
from nps_testing.samples import Item

AT = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Kind:
    """How a kind of item is read and rewritten, and its required fields.

    `rewrite` works on the item in the table. `needs`: fields by their shape; without one of them
    it raises. `counts`: attributes that every write changes.
    """

    rewrite: Callable[[Item], object]
    needs: frozenset[str] = frozenset()
    counts: frozenset[str] = frozenset()
    keeps_unknown: bool = True


def _state() -> str:
    return os.environ["STATE_TABLE"]


def _token(item: Item) -> str:
    return str(item["pk"].split("#")[1])


def _answer(item: Item) -> None:
    store = DynamoAnswerStore(dynamodb(), os.environ["RESPONSES_TABLE"])
    (answer,) = store.get_many([parse_answer_key(item["pk"])]).values()
    assert store.get(answer.key) == answer
    assert store.put(answer, answer.rev)


def _profile(item: Item) -> None:
    """Writes always change parts of it: here the time of a login."""
    profiles, token = DynamoProfiles(dynamodb(), _state()), _token(item)
    profiles.activated_at(token)
    profiles.login_worked(token, AT)
    assert not profiles.activate(token, AT)


def _lease(item: Item) -> None:
    state = DynamoSyncState(dynamodb(), _state(), _token(item))
    grant = state.acquire("run", AT)
    assert isinstance(grant, Grant)
    state.renew(grant, AT)
    state.release(grant)


def _checkpoint(item: Item) -> list[Stored]:
    """Read and save it as a run does; returns every stored value inside."""
    _, name = item["sk"].split("#")
    state = DynamoSyncState(dynamodb(), _state(), _token(item))
    grant = Grant(item.get("run_id", "run"), item.get("fence", 1))
    text = state.open_checkpoint(grant, name)
    assert text is not None
    assert text == state.read_checkpoint(name)
    value = AuditState.from_json(text) if name == "audit" else StreamCheckpoint.from_json(text)
    state.save_checkpoint(grant, name, value.to_json())
    return _all_in(value)


def _all_in(value: object) -> list[Stored]:
    if isinstance(value, tuple):
        return [each for inside in value for each in _all_in(inside)]
    if not isinstance(value, Stored):
        return []
    inner = (getattr(value, name) for name in value.__dataclass_fields__)
    return [value, *(each for inside in inner for each in _all_in(inside))]


def _wanted(item: Item) -> None:
    state = DynamoSyncState(dynamodb(), _state(), _token(item))
    state.request_audit(AT)
    state.request_backfill(1_700_000_000, AT)
    assert state.requests().since_s == 1_700_000_000


def _gap(item: Item) -> None:
    store = DynamoProofStore(dynamodb(), _state(), _token(item))
    (gap,) = store.gaps()
    store.put_gap(gap)


def _suspect(item: Item) -> None:
    store = DynamoProofStore(dynamodb(), _state(), _token(item))
    for suspect in store.suspects():
        store.put_suspect(suspect)


def _connection(item: Item) -> None:
    store = DynamoConnections(dynamodb(), _state())
    (connection,) = store.added()
    assert connection.account_token == item["sk"]
    store.put(connection)


def _person(item: Item) -> None:
    people = DynamoPeople(dynamodb(), _state(), _token(item))
    known = people.get_many([item["sk"]])
    assert (item["sk"] in known) == ("erased" not in item) == (item["sk"] in people.ids(""))
    for profile in known.values():
        people.put(profile.keeping(profile))


def _ledger(item: Item) -> None:
    store, ref = DynamoLedgerStore(dynamodb(), _state()), (item["pk"], item["sk"])
    ledger = store.get_many([ref])[ref]
    assert ledger.votes
    assert store.put(ref, ledger)


def _summary(item: Item) -> None:
    store = DynamoSummaryStore(dynamodb(), _state())
    view, version = store.get_versioned(item["sk"])
    assert view is not None
    assert list(store.everything()) == [view]
    assert store.put(view, version)


def _task(item: Item) -> None:
    assert DynamoFollowUp(dynamodb(), _state()).task(item["sk"]) == to_task(item)
    _put(task_item(to_task(item)))


def _pointer(item: Item) -> None:
    assert to_pointer(item) == item["task_id"]


def _alert(item: Item) -> None:
    key = parse_answer_key(item["sk"])
    (alert,) = DynamoFollowUp(dynamodb(), _state()).alerts([key]).values()
    assert alert == to_alert(item)
    _put(alert_item(alert))


def _mail(item: Item) -> None:
    store = DynamoFollowUp(dynamodb(), _state())
    mail = store.mail(item["sk"])
    assert mail is not None
    assert store.move(mail, mail) is not None


def _run(item: Item) -> None:
    """Only its own run writes a record; another run may only mark it crashed."""
    state = DynamoSyncState(dynamodb(), _state(), item.get("account_token", "-"))
    state.mark_crashed(item["sk"], AT)


def _directory(item: Item) -> None:
    store = DynamoDirectory(dynamodb(), _state())
    kind, value = item["sk"].split("#")
    if kind != "account" and "account_id" in item:
        assert store.account_of(((kind, value),)) == (item["account_id"], kind)
    entry = store.entry(kind, value)
    assert entry is not None
    store.put(entry)


def _quarantined(item: Item) -> None:
    """It is written once, then only deleted."""


def _put(item: Mapping[str, Any]) -> None:
    items.put(dynamodb(), _state(), item)


_HISTORY = frozenset({"started_at", "from_s", "position", "position.cursor"})
_CHECKPOINT = frozenset(
    {
        *("state", "state.watermark_s", "state.proven_at", "state.saved_at", "state.backfill"),
        *(f"state.{part}.{name}" for part in ("backfill", "extension") for name in _HISTORY),
        *(f"state.{part}.cursor" for part in ("live", "sweep", "month")),
        *(
            f"state.{part}.{name}"
            for part in ("proof", "today")
            for name in ("at", "days", "source", "stored")
        ),
    }
)
_ANSWER = Kind(_answer, frozenset({"rev", "metric", "answered_at", "updated_at"}))
_LEDGER = Kind(_ledger, frozenset({"votes", "version"}), counts=frozenset({"version"}))

KINDS: Mapping[str, Kind] = {
    "<token> response": _ANSWER,
    "<token> decline": _ANSWER,
    "CONN PROFILE": Kind(
        _profile, frozenset({"activated_at"}), counts=frozenset({"credentials_ok_at"})
    ),
    "CONN LEASE": Kind(_lease, counts=frozenset({"fence", "holder", "until_ms"})),
    "CONN CHECKPOINT": Kind(_checkpoint, _CHECKPOINT),
    "CONN WANTED": Kind(_wanted, counts=frozenset({"audit_at", "backfill_at", "since_s"})),
    "CONN GAP": Kind(_gap),
    "CONN MISSING": Kind(_suspect),
    "CONNECTION": Kind(_connection),
    "PEOPLE": Kind(_person),
    "ACCT LEDGER": _LEDGER,
    "ACCT CONTACT": _LEDGER,
    "ACCOUNT": Kind(
        _summary,
        frozenset({"version"}),
        frozenset({"version"}),
        keeps_unknown=False,  # derived: a field that another version added would be out of date
    ),
    "TASK": Kind(
        _task,
        frozenset({"task_id", "status", "scope", "owner", "opened_at", "due_at", "answers"}),
    ),
    "OPENTASK": Kind(_pointer, frozenset({"task_id"})),
    "ALERT": Kind(_alert, frozenset({"status", "rev", "decided_at"})),
    "MAIL": Kind(_mail, frozenset({"kind", "to", "due_at"}), counts=frozenset({"fence"})),
    "RUN": Kind(_run, counts=frozenset({"status", "ended_at", "error"})),
    "QUARANTINE": Kind(_quarantined),
    "DIRECTORY": Kind(_directory),
}
"""By the name that `samples.kind_of` returns."""
