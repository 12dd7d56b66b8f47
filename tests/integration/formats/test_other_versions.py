"""Every function works on tables that the previous or the next version has filled.

The tables hold the samples of tests/support/stored, each changed as another version would have
written it: with a field less, or with one more in itself and in every JSON text inside.
"""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

import deliver.app
import notify.app
import rollup.app
from nps_core import clock
from nps_core.answers.dynamo import DynamoAnswerStore
from nps_core.aws import clients, items
from nps_core.sync.dynamo import DynamoSyncState
from nps_core.sync.identity import known_answers
from nps_local.fakes.wootric.actions import NewAnswer
from nps_testing import samples
from nps_testing.fakes.ses_server import ses_server
from nps_testing.samples import STRANGE, Item, Path_, shape
from nps_testing.stacks.backends import moto_tables
from nps_testing.stacks.environment import TOKEN
from nps_testing.stacks.lambda_context import context
from nps_testing.stacks.sync import SyncStack, sync_stack
from nps_testing.stored_kinds import KINDS

Change = Callable[[Item, int], Item]
AFTER_ALL_S = datetime(2026, 3, 1, 11, 50, tzinfo=UTC).timestamp()
"""Some minutes after the last write of the samples."""
PEOPLE = f"PEOPLE#{TOKEN}"
_GUARDS = ("version", "fence")


def a_field_less(item: Item, number: int) -> Item:
    """Take one field away, another one of each item; from a checkpoint all that it can lack."""
    needs = KINDS[samples.kind_of(item)].needs
    rest = [path for path in samples.fields(item) if shape(path) not in needs]
    rest = [path for path in rest if path[0] not in _GUARDS and path != ("state",)]
    if not samples.holds_text(item):
        return samples.without(item, rest[number % len(rest)]) if rest else item
    for path in sorted(rest, key=len, reverse=True):
        item = samples.without(item, path)
    return item


def a_field_more(item: Item, number: int) -> Item:
    return samples.with_strange_fields(item)


@pytest.fixture(params=[a_field_less, a_field_more], ids=lambda change: change.__name__)
def change(request: pytest.FixtureRequest) -> Change:
    found: Change = request.param
    return found


@pytest.fixture
def filled(
    clean_environment: None, change: Change, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SyncStack]:
    """The stack with the changed samples, its source, and a mail service that takes everything."""
    with moto_tables(), sync_stack() as stack, ses_server() as ses:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", ses.url)
        clients.ses.cache_clear()
        stack.source.generate(answers=120, people=60, accounts=5)
        stack.time.epoch_s = AFTER_ALL_S
        monkeypatch.setattr(clock, "now", stack.time.now)
        for number, item in enumerate(samples.stored_items()):
            items.put(clients.dynamodb(), _table(item), change(item, number))
        _answer_again(stack)
        yield stack


def _answer_again(stack: SyncStack) -> None:
    """Make an answer of the source one that is stored: it is then the account of the samples."""
    state = DynamoSyncState(clients.dynamodb(), os.environ["STATE_TABLE"], TOKEN)
    store = DynamoAnswerStore(clients.dynamodb(), os.environ["RESPONSES_TABLE"])
    witnesses = known_answers(store, state, TOKEN)
    path, second = next(iter(witnesses(stack.time.now())))
    _, user_id, _, answer_id = path.split("/")
    number = int(answer_id)
    known = NewAnswer(
        id=number,
        end_user_id=int(user_id),
        created_ms=second * 1000,
        score=9,
        notify=False,
    )
    source = stack.source.store
    source.remove_row(source.answers.pop(number))
    stack.source.actions.answer(known)


def _table(item: Item) -> str:
    return os.environ["STATE_TABLE" if "sk" in item else "RESPONSES_TABLE"]


def stored(pk: str = "") -> list[Item]:
    """Items of StateTable, all or of one partition."""
    found = items.scan(clients.dynamodb(), os.environ["STATE_TABLE"])
    return [item for item in found if pk in ("", item["pk"])]


def of_stream() -> dict[str, list[Item]]:
    """A batch with every stored answer as it is."""
    found = items.scan(clients.dynamodb(), os.environ["RESPONSES_TABLE"])
    return {"Records": [{"dynamodb": {"NewImage": items.to_wire(item)}} for item in found]}


def test_sync__ticks_to_its_end(filled: SyncStack, change: Change) -> None:
    people = {item["sk"]: item for item in stored(PEOPLE)}
    for user in filled.source.store.live_users():
        if "erased" not in people.get(str(user.id), {}):  # so that their profiles are read again
            filled.source.actions.edit_user(user, {"properties": {"plan": "pro"}})
    first = filled.tick()
    assert (first.status, first.error) in [
        ("complete", None),
        ("partial", "not all is proven: `nps sync status` shows the open gaps"),
    ]
    filled.time.sleep(300)
    assert filled.tick().status in ("complete", "partial")
    if change is a_field_more:
        written = [item for item in stored() if item.get("run_id", "").startswith("run-")]
        kept = [item for item in written if item["sk"].startswith("CHECKPOINT")]
        assert len(kept) == 4
        for item in kept:
            assert item[STRANGE]
            assert STRANGE in item["state"]
        read_again = [item for item in stored(PEOPLE) if item != people.get(item["sk"])]
        known = [item for item in read_again if item["sk"] in people and "erased" not in item]
        assert known
        assert all(STRANGE in item for item in known)


def test_deliver__sends_what_is_due(filled: SyncStack, change: Change) -> None:
    due = [mail for mail in stored("MAIL") if "due_pk" in mail]
    report = deliver.app.handler({"schedule": "deliver"}, context())
    assert sum(report.values()) == len(due) > 0
    if change is a_field_more:
        assert "failed" not in report
        assert all(STRANGE in mail for mail in stored("MAIL"))


def test_rollup__takes_the_batch(filled: SyncStack, change: Change) -> None:
    before = {(item["pk"], item["sk"]): item for item in stored() if item["pk"][:5] == "ACCT#"}
    known = len(stored("QUARANTINE"))
    rollup.app.handler(of_stream(), context())
    assert len(stored("QUARANTINE")) == known
    after = {(item["pk"], item["sk"]): item for item in stored() if item["pk"][:5] == "ACCT#"}
    assert before.keys() <= after.keys()
    if change is a_field_more:
        assert all(STRANGE in after[key] for key in before)


def test_notify__takes_the_batch(filled: SyncStack, change: Change) -> None:
    known = len(stored("QUARANTINE"))
    notify.app.handler(of_stream(), context())
    assert len(stored("QUARANTINE")) == known
    if change is a_field_more:
        old = {item["sk"] for item in samples.stored_items() if item["pk"] in ("TASK", "ALERT")}
        kept = [item for pk in ("TASK", "ALERT") for item in stored(pk) if item["sk"] in old]
        assert all(STRANGE in item for item in kept)


def test_every_field__is_taken_away_in_some_item() -> None:
    taken: set[tuple[str, str]] = set()
    wanted: set[tuple[str, str]] = set()
    for number, item in enumerate(samples.stored_items()):
        kind, after = samples.kind_of(item), a_field_less(item, number)
        left: set[Path_] = set(samples.fields(after))
        taken |= {(kind, shape(path)) for path in samples.fields(item) if path not in left}
        wanted |= {(kind, shape(path)) for path in samples.fields(item)}
    needed = {(kind, name) for kind, how in KINDS.items() for name in how.needs}
    assert len(taken) > 0.7 * len(wanted - needed), sorted(wanted - needed - taken)
