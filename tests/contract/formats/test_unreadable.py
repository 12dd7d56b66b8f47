"""An item without a required field does not stop the others."""

import json
import os
from collections.abc import Iterator, Mapping

import pytest

from deliver.service import Deliver
from nps_core import keys
from nps_core.answers.dynamo import DynamoAnswerStore, to_item
from nps_core.answers.ingest import Ingest
from nps_core.answers.matching import AccountRules
from nps_core.answers.quarantine import DynamoQuarantine
from nps_core.aws import items
from nps_core.aws.clients import dynamodb
from nps_core.connections.profile import DynamoProfiles
from nps_core.customers.directory import DynamoDirectory
from nps_core.customers.dynamo_people import DynamoPeople
from nps_core.customers.entries import DirectoryEntry
from nps_core.customers.people import Profile
from nps_core.errors import UnreadableItem
from nps_core.follow_up.dynamo import DynamoFollowUp
from nps_core.mails.kind import Stores
from nps_core.numbers.account_numbers import fold_account
from nps_core.numbers.current import current, is_current
from nps_core.numbers.dynamo_ledgers import DynamoLedgerStore
from nps_core.numbers.dynamo_summaries import DynamoSummaryStore
from nps_core.numbers.ledger import Ledger, account_vote, vote_id
from nps_core.outbox.items import mail_item
from nps_core.outbox.mail_states import OutboxMail
from nps_core.sync.proof.dynamo import DynamoProofStore
from nps_core.sync.proof.gaps import Gap
from nps_core.sync.proof.suspects import Suspect
from nps_testing.factories import NOW, make_answer, make_incoming
from nps_testing.sources.rows import add_answers
from nps_testing.stacks.backends import moto_tables
from nps_testing.stacks.environment import TOKEN
from nps_testing.stacks.sync import SyncStack, sync_stack
from nps_testing.worlds.follow_up import FakeMailer
from sync_wootric.requests import Invocation, job_for
from sync_wootric.run import Clock
from webhook_receiver.service import VerifiedStores, store

CONNECTION = {"pk": f"CONN#{TOKEN}"}


@pytest.fixture(autouse=True)
def on_tables(clean_environment: None) -> Iterator[None]:
    with moto_tables():
        yield


def state() -> str:
    return os.environ["STATE_TABLE"]


def damage(key: dict[str, str], *names: str, table: str = "STATE_TABLE") -> None:
    """Take attributes away from a stored item."""
    item = items.get_item(dynamodb(), os.environ[table], key)
    assert item is not None
    assert set(names) <= set(item)
    left = {name: value for name, value in item.items() if name not in names}
    items.put(dynamodb(), os.environ[table], left)


# ----------------------------------------------------------------------- what holds a proof back


def test_gap_without_its_end__stays_open_beside_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    proof_store = DynamoProofStore(dynamodb(), state(), TOKEN)
    gaps = [
        Gap("responses", "window", from_s, from_s + 60, "down", NOW, "run")
        for from_s in (1_772_000_000, 1_772_000_600)
    ]
    for gap in gaps:
        proof_store.put_gap(gap)
    damage({**CONNECTION, "sk": "GAP#responses#window#1772000000"}, "to_s")
    damaged, whole = proof_store.gaps()
    assert whole == gaps[1]
    assert damaged.is_open
    assert (damaged.stream, damaged.kind, damaged.from_s) == ("responses", "window", 1_772_000_000)
    assert "Gap.to_s is missing" in damaged.reason
    assert "Gap.to_s is missing" in caplog.text


def test_gap_that_cannot_be_read__stays_open_for_its_whole_range() -> None:
    proof_store = DynamoProofStore(dynamodb(), state(), TOKEN)
    proof_store.put_gap(Gap("responses", "counts", 1_772_000_000, 1_772_172_800, "+1", NOW, "run"))
    damage({**CONNECTION, "sk": "GAP#responses#counts#1772000000"}, "found_at")
    (damaged,) = proof_store.gaps()
    assert (damaged.from_s, damaged.to_s) == (1_772_000_000, 1_772_172_800)


@pytest.mark.parametrize("wrong", ["stream", "kind", "from_s"])
def test_gap__is_named_by_its_key_alone(wrong: str) -> None:
    proof_store = DynamoProofStore(dynamodb(), state(), TOKEN)
    gap = Gap("responses", "second", 1_772_000_000, 1_772_000_001, "full", NOW, "run")
    proof_store.put_gap(gap)
    key = {**CONNECTION, "sk": "GAP#responses#second#1772000000"}
    items.put(dynamodb(), state(), {**key, **gap.to_item(), wrong: ""})
    assert proof_store.gaps() == [gap]


def test_suspect_without_its_second__is_found_anew_and_the_others_stay(
    caplog: pytest.LogCaptureFixture,
) -> None:
    proof_store = DynamoProofStore(dynamodb(), state(), TOKEN)
    one, other = (
        Suspect(keys.AnswerKey(TOKEN, "response", name), 1_772_000_000, "7", NOW) for name in "12"
    )
    for suspect in (one, other):
        proof_store.put_suspect(suspect)
    damage({**CONNECTION, "sk": "MISSING#response#1"}, "second")
    assert proof_store.suspects() == [other]
    assert "Suspect.second is missing" in caplog.text
    proof_store.put_suspect(one)
    assert proof_store.suspects() == [one, other]


# ------------------------------------------------------------------------------ what a run reads


@pytest.fixture
def stack() -> Iterator[SyncStack]:
    with sync_stack() as running:
        add_answers(running.source, 60, running.time() - 3_600, every_s=1)
        running.until_complete()
        running.time.sleep(300)
        yield running


@pytest.mark.parametrize("name", ["responses", "declines", "people", "audit"])
def test_checkpoint_that_cannot_be_read__fails_the_run_and_is_left_alone(
    stack: SyncStack, name: str
) -> None:
    key = {**CONNECTION, "sk": f"CHECKPOINT#{name}"}
    before = items.get_item(dynamodb(), state(), key)
    assert before is not None
    broken = {**before, "state": '{"proof":{}}' if name == "audit" else '{"watermark_s":1}'}
    items.put(dynamodb(), state(), broken)
    record = stack.tick()
    missing = "AuditState.proof: Proof.at" if name == "audit" else "StreamCheckpoint.proven_at"
    assert (record.status, record.error) == ("failed", f"{missing} is missing")
    after = items.get_item(dynamodb(), state(), key)
    assert after is not None
    assert (after["state"], record.requests, record.created) == (broken["state"], 0, 0)
    items.put(dynamodb(), state(), {**after, "state": before["state"]})
    stack.time.sleep(300)
    assert stack.tick().status == "complete"


@pytest.mark.parametrize("is_gone", [True, False])
def test_checkpoint_without_its_text__is_not_taken_for_never_synced(
    stack: SyncStack, is_gone: bool
) -> None:
    key = {**CONNECTION, "sk": "CHECKPOINT#responses"}
    damage(key, "state")
    if not is_gone:
        item = items.get_item(dynamodb(), state(), key)
        items.put(dynamodb(), state(), {**(item or {}), "state": ""})
    record = stack.tick()
    assert (record.status, record.error) == ("failed", "CHECKPOINT#responses has lost its state")
    lag_s = stack.sync().lag_s(stack.time.now())
    assert lag_s is not None
    assert lag_s > 1_000_000_000, "the alarm of the lag must ring"


@pytest.mark.parametrize(("activated_at", "why"), [(None, "missing"), ("soon", "cannot be read")])
def test_profile_without_its_activation__is_not_taken_for_not_activated(
    stack: SyncStack, activated_at: str | None, why: str
) -> None:
    key, profiles = {**CONNECTION, "sk": "PROFILE"}, DynamoProfiles(dynamodb(), state())
    profile = items.get_item(dynamodb(), state(), key)
    items.put(dynamodb(), state(), {**(profile or {}), "activated_at": activated_at})
    with pytest.raises(UnreadableItem, match=f"PROFILE.activated_at.* {why}"):
        profiles.activated_at(TOKEN)
    assert stack.tick().status == "complete", "answers are read all the same"


@pytest.mark.parametrize("name", ["audit_at", "backfill_at", "since_s"])
def test_request_that_cannot_be_read__asks_for_nothing(stack: SyncStack, name: str) -> None:
    sync = stack.sync()
    sync.state.request_audit(stack.time.now())
    sync.state.request_backfill(1_700_000_000, stack.time.now())
    whole = sync.state.requests()
    key = {**CONNECTION, "sk": "WANTED"}
    item = items.get_item(dynamodb(), state(), key)
    items.put(dynamodb(), state(), {**(item or {}), name: ["?"]})
    left = sync.state.requests()
    assert left != whole
    assert left.audit_at == ("" if name == "audit_at" else whole.audit_at)
    assert (left.backfill_at != "") == (name == "audit_at")
    assert stack.tick().status == "complete"


def test_audit_that_cannot_be_read__is_reported_as_the_run_that_failed(stack: SyncStack) -> None:
    key = {**CONNECTION, "sk": "CHECKPOINT#audit"}
    items.put(dynamodb(), state(), {**key, "state": "{not JSON", "run_id": "run"})
    clock = Clock.start(stack.time.now(), stack.time, stack.time.sleep)
    job = job_for(Invocation(task="audit"), clock, lambda: 900_000)
    (run,) = stack.process.run(stack.process.chosen(None), "asked", job)
    assert run.defect is None
    assert run.record is not None
    assert (run.record.status, run.record.error) == ("failed", "AuditState is not a JSON object")
    assert run.found["audit"] is None


def test_checkpoint_that_cannot_be_read__proves_nothing(stack: SyncStack) -> None:
    sync = stack.sync()
    lag_s = sync.lag_s(stack.time.now())
    assert lag_s is not None
    assert 0 < lag_s < 3_600
    key = {**CONNECTION, "sk": "CHECKPOINT#declines"}
    items.put(dynamodb(), state(), {**key, "state": "{}", "run_id": "run"})
    lag_s = sync.lag_s(stack.time.now())
    assert lag_s is not None
    assert lag_s > 1_000_000_000, "the alarm of the lag must ring"


def test_checkpoint_with_a_text_for_a_number__fails_the_run_and_names_it(stack: SyncStack) -> None:
    key = {**CONNECTION, "sk": "CHECKPOINT#responses"}
    before = items.get_item(dynamodb(), state(), key)
    assert before is not None
    text = json.dumps({**json.loads(before["state"]), "watermark_s": "soon"})
    items.put(dynamodb(), state(), {**before, "state": text})
    record = stack.tick()
    why = "StreamCheckpoint.watermark_s cannot be read"
    assert (record.status, record.error) == ("failed", why)


def test_person_that_cannot_be_read__is_not_known_and_the_others_are() -> None:
    people = DynamoPeople(dynamodb(), state(), TOKEN)
    ana, bo = (Profile(name, f"{name}@acme.example", None, None) for name in ("7001", "7002"))
    for person in (ana, bo):
        people.put(person)
    key = {"pk": f"PEOPLE#{TOKEN}", "sk": "7001"}
    items.put(dynamodb(), state(), {**key, "properties": "{not JSON"})
    assert people.get_many(["7001", "7002"]) == {"7002": bo}


# -------------------------------------------------------------------------------------- answers


def test_answer_that_cannot_be_read__is_left_alone_and_the_page_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answers = DynamoAnswerStore(dynamodb(), os.environ["RESPONSES_TABLE"])
    for name in ("1", "2"):
        assert answers.put(make_answer(id=name), None)
    damage({"pk": f"{TOKEN}#response#1"}, "rev", table="RESPONSES_TABLE")
    page = [make_incoming(id=name, text="more", updated_at=NOW) for name in ("1", "2", "3")]
    outcomes = ingest(answers).many(page, NOW)
    assert {key.id: outcome for key, outcome in outcomes.items()} == {
        "2": "updated",
        "3": "created",
    }
    assert "#response#1 lacks 'rev'" in caplog.text
    with pytest.raises(UnreadableItem, match="lacks 'rev'"):
        answers.get_many([make_answer(id=name).key for name in ("1", "2")])


def test_answer_whose_rank_is_a_text__is_left_alone_and_the_page_goes_on() -> None:
    answers = DynamoAnswerStore(dynamodb(), os.environ["RESPONSES_TABLE"])
    broken = {**to_item(make_answer(id=1)), "event_rank": "first"}
    items.put(dynamodb(), os.environ["RESPONSES_TABLE"], broken)
    page = [make_incoming(id=name, text="more", updated_at=NOW) for name in ("1", "2")]
    assert [key.id for key in ingest(answers).many(page, NOW)] == ["2"]


def test_answer_whose_score_is_a_text__stops_no_audit(stack: SyncStack) -> None:
    """An audit counts what the index by day tells, without reading the answers."""
    table = os.environ["RESPONSES_TABLE"]
    broken = {**next(items.scan(dynamodb(), table)), "score": "nine"}
    items.put(dynamodb(), table, broken)
    stack.time.sleep(2 * 86_400)
    assert stack.tick().status in ("complete", "partial")
    assert items.get_item(dynamodb(), table, {"pk": broken["pk"]}) == broken


def ingest(answers: DynamoAnswerStore) -> Ingest:
    rules = AccountRules.of("company_id", "company", "csm_email")
    return Ingest(answers, DynamoDirectory(dynamodb(), state()), rules, "NPS")


def test_webhook_for_an_answer_that_cannot_be_read__is_quarantined() -> None:
    answers = DynamoAnswerStore(dynamodb(), os.environ["RESPONSES_TABLE"])
    broken = {name: value for name, value in to_item(make_answer(id=1)).items() if name != "rev"}
    items.put(dynamodb(), os.environ["RESPONSES_TABLE"], broken)
    quarantine = DynamoQuarantine(dynamodb(), state())
    answer = {"id": 1, "score": 3, "created_at": "2026-03-02 09:15:04 -0800"}
    hook = {"event_name": "created", "account_token": TOKEN, "response": answer}
    body = json.dumps({**hook, "survey_mode": "NPS"}).encode()
    assert store(body, VerifiedStores(ingest(answers), quarantine), NOW) == "quarantined"
    (kept,) = quarantine.everything()
    assert (kept.reason, kept.raw) == ("stored_answer_unreadable", body.decode())


def test_directory_entry_without_an_account__leaves_the_answer_unmatched() -> None:
    directory = DynamoDirectory(dynamodb(), state())
    directory.put(DirectoryEntry("email", "ana@acme.example", "c-1"))
    directory.put(DirectoryEntry("domain", "acme.example", "c-2"))
    damage({"pk": "DIRECTORY", "sk": "email#ana@acme.example"}, "account_id")
    lookups = (("email", "ana@acme.example"), ("domain", "acme.example"))
    assert directory.account_of(lookups) == ("c-2", "domain")
    assert directory.account_of(lookups[:1]) is None


# ----------------------------------------------------------------------------- numbers and mails


@pytest.mark.parametrize(
    "name", ["as_of", "window_days", "all", "latest", "class_reason", "trend", "valid_until"]
)
def test_summary_that_lacks_a_field__is_folded_again_by_its_reader(name: str) -> None:
    ledgers, summaries = (
        DynamoLedgerStore(dynamodb(), state()),
        DynamoSummaryStore(dynamodb(), state()),
    )
    answer = make_answer(account_id="c-1")
    votes = {vote_id(answer): account_vote(answer)}
    assert ledgers.put(keys.ledger("c-1", "2026-03"), Ledger(votes))
    view = fold_account("c-1", votes, NOW, 180)
    assert summaries.put(view, 0)
    assert is_current(view, NOW, 180)
    damage({"pk": "ACCOUNT", "sk": "c-1"}, name)
    (stored,) = summaries.everything()
    assert not is_current(stored, NOW, 180)
    assert current(stored, ledgers, NOW, 180) == view
    found, version = summaries.get_versioned("c-1")
    assert found is not None
    assert summaries.put(view, version)
    assert summaries.get("c-1") == view


@pytest.mark.parametrize(
    "wrong",
    [
        {"to": None},
        {"created_at": "ana@acme.example"},
        {"answer": "ana@acme.example"},
        {"attempts": "one"},
        {"fence": "one"},
        {"waits": "one"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_mail_that_cannot_be_read__is_told_as_failed_and_the_others_go(
    wrong: Mapping[str, str | None], caplog: pytest.LogCaptureFixture
) -> None:
    follow_up, mailer = DynamoFollowUp(dynamodb(), state()), FakeMailer()
    answers = DynamoAnswerStore(dynamodb(), os.environ["RESPONSES_TABLE"])
    ledgers, profiles = DynamoLedgerStore(dynamodb(), state()), DynamoProfiles(dynamodb(), state())
    stores = Stores(answers, follow_up, profiles, ledgers, list, 180)
    facts = {"account_token": TOKEN, "host": "h", "failed_at": "2026-03-02T17:00:00Z", "error": "x"}
    for key, more in (("credentials#1", wrong), ("credentials#2", {})):
        mail = OutboxMail(key, "credentials", "ops@example.com", NOW, NOW, NOW, facts=facts)
        items.put(dynamodb(), state(), {**mail_item(mail), **more})
    results = Deliver(stores, mailer).tick(NOW, lambda: True)
    assert results == {"failed": 1, "sent": 1}
    assert [sent[0] for sent in mailer.sent] == ["ops@example.com"]
    assert "ana@acme.example" not in caplog.text


@pytest.mark.parametrize("version", [None, "two"])
def test_summary_without_its_version__is_an_unreadable_item(version: str | None) -> None:
    items.put(dynamodb(), state(), {"pk": "ACCOUNT", "sk": "c-1", "version": version})
    with pytest.raises(UnreadableItem, match="version is missing"):
        DynamoSummaryStore(dynamodb(), state()).get_versioned("c-1")


def test_log__names_the_field_and_shows_no_content(caplog: pytest.LogCaptureFixture) -> None:
    people = DynamoPeople(dynamodb(), state(), TOKEN)
    key = {"pk": f"PEOPLE#{TOKEN}", "sk": "7001"}
    items.put(dynamodb(), state(), {**key, "updated_at": "ana@acme.example"})
    assert people.get_many(["7001"]) == {}
    assert "Profile.updated_at cannot be read" in caplog.text
    assert "ana" not in caplog.text
