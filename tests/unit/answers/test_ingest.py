from collections.abc import Collection, Mapping
from datetime import timedelta

import pytest

from nps_core.answers.ingest import Ingest
from nps_core.answers.matching import AccountRules
from nps_core.answers.models import Answer
from nps_core.answers.removal import Removal
from nps_core.errors import Contended, StoreUnavailable
from nps_core.keys import AnswerKey
from nps_core.times import epoch_ms
from nps_testing.factories import NOW, make_incoming, make_rest
from nps_testing.fakes.stores import InMemoryAnswerStore, InMemoryDirectory
from nps_testing.stacks.environment import TOKEN

RULES = AccountRules.of("company_id,company", "company", "csm_email")
KEY = AnswerKey(TOKEN, "response", "500001")
SECOND = timedelta(seconds=1)


class ContestedStore(InMemoryAnswerStore):
    """Somebody else writes the answer right before the first `times` puts."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times, self.tries = times, 0

    def put(self, answer: Answer, expected_rev: int | None) -> bool:
        self.tries += 1
        if self.tries <= self.times:
            other = Ingest(InMemoryAnswerStore(), InMemoryDirectory(), RULES, "NPS")
            other.one(make_incoming(text=f"other {self.tries}"), NOW + self.tries * SECOND)
            written = other.store.get(answer.key)
            assert written is not None
            stored = self.get(answer.key)
            assert super().put(written, stored.rev if stored else None)
        return super().put(answer, expected_rev)


class BrokenStore(InMemoryAnswerStore):
    """Refuses everything after `puts` writes."""

    def __init__(self, puts: int) -> None:
        super().__init__()
        self.puts = puts

    def put(self, answer: Answer, expected_rev: int | None) -> bool:
        if not self.puts:
            raise StoreUnavailable("PutItem: InternalServerError")
        self.puts -= 1
        return super().put(answer, expected_rev)


class CountingStore(InMemoryAnswerStore):
    """Counts reads."""

    def __init__(self) -> None:
        super().__init__()
        self.gets = self.batches = 0

    def get(self, key: AnswerKey) -> Answer | None:
        self.gets += 1
        return super().get(key)

    def get_many(
        self, keys: Collection[AnswerKey], *, may_lag: bool = False
    ) -> Mapping[AnswerKey, Answer]:
        self.batches += 1
        return super().get_many(keys)


def _ingest(
    store: InMemoryAnswerStore, directory: InMemoryDirectory | None = None, metric: str = "NPS"
) -> Ingest:
    return Ingest(store, directory or InMemoryDirectory(), RULES, metric)


def _stored(store: InMemoryAnswerStore) -> Answer:
    answer = store.get(KEY)
    assert answer is not None
    return answer


def test_one__creates_updates_and_then_leaves_alone() -> None:
    store = InMemoryAnswerStore()
    ingest = _ingest(store)
    later = make_incoming(text="slow", event_rank=1, updated_at=NOW)
    outcomes = [ingest.one(version, NOW) for version in (make_incoming(), later, later)]
    assert outcomes == ["created", "updated", "unchanged"]
    assert (len(store.changes), _stored(store).text) == (2, "slow")


def test_one__delivered_a_thousand_times_is_written_once() -> None:
    store = InMemoryAnswerStore()
    for n in range(1_000):
        again = make_incoming(event_at=make_incoming().event_at + n * SECOND)
        _ingest(store).one(again, NOW + n * SECOND)
    assert len(store.changes) == 1


def test_one__finds_the_account() -> None:
    store = InMemoryAnswerStore()
    _ingest(store).one(make_incoming(), NOW)
    assert (_stored(store).account_id, _stored(store).account_name) == ("c-118", "Acme Inc")


def test_one__writes_again_when_only_the_account_changed() -> None:
    store, directory = InMemoryAnswerStore(), InMemoryDirectory()
    bare = make_incoming(properties={})
    _ingest(store, directory).one(bare, NOW)
    directory.entries["email", "ana@acme.example"] = "c-118"
    assert _ingest(store, directory).one(bare, NOW) == "updated"
    assert _stored(store).account_rule == "directory:email"


def test_one__merges_anew_when_another_writer_came_first() -> None:
    store = ContestedStore(times=4)
    newest = make_incoming(text="mine", event_rank=1, updated_at=NOW)
    assert _ingest(store).one(newest, NOW) == "updated"
    assert _stored(store).text == "mine"
    assert [new.rev for _, new in store.changes if new] == sorted(
        {new.rev for _, new in store.changes if new}
    )


def test_one__leaves_alone_what_another_writer_just_wrote() -> None:
    store = ContestedStore(times=1)
    assert _ingest(store).one(make_incoming(text="other 1"), NOW) == "unchanged"


def test_one__gives_up_after_five_lost_writes() -> None:
    store = ContestedStore(times=5)
    with pytest.raises(Contended) as caught:
        _ingest(store).one(make_incoming(text="mine", event_rank=1, updated_at=NOW), NOW)
    assert store.tries == 5
    assert "acme" not in str(caught.value)


def test_one__says_when_the_store_is_down() -> None:
    with pytest.raises(StoreUnavailable):
        _ingest(BrokenStore(0)).one(make_incoming(), NOW)


def test_one__takes_the_metric_of_the_connection_for_a_read() -> None:
    store = InMemoryAnswerStore()
    _ingest(store, metric="CSAT").one(make_rest(), NOW)
    assert (_stored(store).metric, _stored(store).is_counted) == ("CSAT", False)


def test_many__reads_once_and_writes_what_changed() -> None:
    store = CountingStore()
    _ingest(store).one(make_rest(id=1), NOW)
    store.gets = 0
    outcomes = _ingest(store).many([make_rest(id=1), make_rest(id=2), make_rest(id=3)], NOW)
    assert {key.id: outcome for key, outcome in outcomes.items()} == {
        "1": "unchanged",
        "2": "created",
        "3": "created",
    }
    assert (store.gets, store.batches) == (0, 1)


def test_many__of_nothing_is_nothing() -> None:
    assert _ingest(InMemoryAnswerStore()).many([], NOW) == {}


def test_many__takes_the_newest_of_two_versions_in_one_page() -> None:
    store = InMemoryAnswerStore()
    page = [make_rest(text="new", updated_at=NOW), make_rest(text="old")]
    assert _ingest(store).many(page, NOW + SECOND) == {KEY: "unchanged"}
    assert _stored(store).text == "new"


def test_many__that_fails_halfway_continues_on_repeat() -> None:
    store = BrokenStore(1)
    page = [make_rest(id=1), make_rest(id=2)]
    with pytest.raises(StoreUnavailable):
        _ingest(store).many(page, NOW)
    store.puts = 9
    outcomes = _ingest(store).many(page, NOW)
    assert list(outcomes.values()) == ["unchanged", "created"]


@pytest.mark.parametrize("how", ["deleted", "erased"])
def test_remove__is_written_once(how: Removal) -> None:
    store = InMemoryAnswerStore()
    ingest = _ingest(store)
    ingest.one(make_incoming(), NOW)
    before = _stored(store)
    assert ingest.remove(before, NOW + SECOND, how) == "updated"
    assert getattr(_stored(store), how)
    assert _stored(store).rev == epoch_ms(NOW + SECOND)
    # A repeat may still hold the version from before.
    assert ingest.remove(before, NOW + 2 * SECOND, how) == "unchanged"
    assert ingest.remove(_stored(store), NOW + 2 * SECOND, how) == "unchanged"
    assert len(store.changes) == 2


def test_remove__of_what_another_writer_just_wrote() -> None:
    store = ContestedStore(times=0)
    _ingest(store).one(make_incoming(), NOW)
    store.times, store.tries = 4, 0
    assert _ingest(store).remove(_stored(store), NOW + SECOND, "erased") == "updated"
    assert (_stored(store).erased, _stored(store).text) == (True, None)


def test_remove__gives_up_after_five_lost_writes() -> None:
    store = ContestedStore(times=0)
    _ingest(store).one(make_incoming(), NOW)
    store.times, store.tries = 5, 0
    with pytest.raises(Contended):
        _ingest(store).remove(_stored(store), NOW + SECOND, "erased")
    assert store.tries == 5


def test_remove__leaves_what_was_read_meanwhile() -> None:
    store = InMemoryAnswerStore()
    ingest = _ingest(store)
    ingest.one(make_incoming(), NOW)
    before = _stored(store)
    ingest.one(make_rest(tags=("vip",), event_at=NOW + 2 * SECOND), NOW + 2 * SECOND)
    assert ingest.remove(before, NOW + SECOND, "deleted") == "unchanged"
    assert not _stored(store).deleted


def test_remove__of_what_is_not_stored_any_more_is_nothing() -> None:
    store = InMemoryAnswerStore()
    _ingest(store).one(make_incoming(), NOW)
    assert _ingest(InMemoryAnswerStore()).remove(_stored(store), NOW, "erased") == "unchanged"


def test_erased_answer__keeps_its_account_through_webhooks_and_a_new_directory() -> None:
    store, directory = InMemoryAnswerStore(), InMemoryDirectory()
    ingest = _ingest(store, directory)
    ingest.one(make_incoming(), NOW)
    ingest.remove(_stored(store), NOW + SECOND, "erased")
    gone = _stored(store)
    directory.entries["email", "ana@acme.example"] = "c-200"
    assert ingest.one(make_incoming(text="slow"), NOW) == "unchanged"
    assert ingest.rematch(gone, NOW) == "unchanged"
    assert _stored(store) == gone
    moved = {"company_id": "c-300"}
    ingest.one(make_incoming(text="slow", properties=moved, event_rank=1, updated_at=NOW), NOW)
    gone = _stored(store)
    assert (gone.erased, gone.text, gone.properties) == (True, None, {})
    assert (gone.account_id, gone.account_name, gone.owner) == ("c-118", "Acme Inc", None)


def test_erased_answer__that_is_read_again_is_there_again() -> None:
    store = InMemoryAnswerStore()
    ingest = _ingest(store)
    ingest.one(make_incoming(text="slow"), NOW)
    before = _stored(store)
    ingest.remove(before, NOW + SECOND, "erased")
    ingest.one(make_rest(text="slow", event_at=NOW + 2 * SECOND), NOW + 2 * SECOND)
    back = _stored(store)
    assert (back.erased, back.email, back.text) == (False, before.email, "slow")
    assert (back.account_id, back.account_rule) == ("c-118", "property:company_id")


def test_rematch__moves_an_answer_when_the_directory_knows_more() -> None:
    store, directory = InMemoryAnswerStore(), InMemoryDirectory()
    ingest = _ingest(store, directory)
    ingest.one(make_incoming(properties={}), NOW)
    assert ingest.rematch(_stored(store), NOW) == "unchanged"
    directory.entries["domain", "acme.example"] = "c-118"
    before = _stored(store)
    assert ingest.rematch(before, NOW) == "updated"
    assert _stored(store).account_id == "c-118"
    assert _stored(store).rev == epoch_ms(NOW) + 1
    assert ingest.rematch(before, NOW) == "unchanged"
    assert len(store.changes) == 2
