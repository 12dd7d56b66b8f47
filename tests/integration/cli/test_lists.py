"""The lists of the operator's command on real stores, and its texts for empty lists."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from nps_cli.shell.stack import report_unreadable
from nps_core import clock
from nps_core.answers.quarantine import DynamoQuarantine
from nps_core.aws import clients, items
from nps_core.connections.profile import DynamoProfiles
from nps_core.customers.directory import DynamoDirectory
from nps_core.customers.dynamo_people import DynamoPeople
from nps_core.customers.entries import DirectoryEntry
from nps_core.customers.people import Profile
from nps_core.follow_up.items import task_item
from nps_core.follow_up.models import Task
from nps_core.outbox.items import mail_item
from nps_core.outbox.mail_states import OutboxMail
from nps_core.sync.dynamo import DynamoSyncState
from nps_core.sync.runlog import RunRecord
from nps_core.times import from_iso
from nps_testing.factories import NOW, make_answer
from nps_testing.stacks.environment import TOKEN
from nps_testing.stacks.operator import ON_STACK, OperatorStack, deployed, run, run_json

TASK = Task(
    task_id="t-1",
    status="open",
    scope="c-118",
    account_id="c-118",
    account_name="Acme Inc",
    contact=None,
    owner="csm@example.com",
    owner_reason="the owner named by the answer",
    tier=1,
    reason="score 3",
    opened_at=NOW,
    due_at=NOW,
    answers=(),
)
MAIL = OutboxMail("m-1", "detractor", "csm@example.com", NOW, NOW, NOW)
RUN = RunRecord("r-1", TOKEN, "live", NOW)
LISTS = [
    *("accounts", "contacts", "responses", "runs", "tasks", "mail", "quarantine", "declines"),
    "directory",
]


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[OperatorStack]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with deployed() as stack:
        yield stack


@pytest.fixture
def filled(stack: OperatorStack) -> OperatorStack:
    anonymous = {"email": None, "external_id": None, "is_unknown_user": True}
    stack.store(
        [
            make_answer(id=1, score=9, answered_at=NOW - timedelta(days=40)),
            make_answer(id=2, score=3, answered_at=NOW - timedelta(days=1), text="slow"),
            make_answer(id=3, score=10, end_user_id="7002", email="bo@acme.example"),
            make_answer(id=4, score=0, excluded=True, end_user_id="7003", email="c@acme.example"),
            make_answer(id=5, score=10, account_id="c-2", account_name="Zeta", owner=None),
            make_answer(id=6, score=0, account_id=None, end_user_id="8", email="x@y.example"),
            make_answer(id=7, score=0, account_id=None, **anonymous),
            make_answer(id=8, kind="decline", score=None),
        ]
    )
    return stack


@pytest.mark.parametrize("group", LISTS)
def test_an_empty_stack__lists_nothing_and_says_so(stack: OperatorStack, group: str) -> None:
    assert run_json(group, "list") == []
    result = run(group, "list", *ON_STACK)
    assert result.exit_code == 0
    assert len(result.output.strip()) > 20


def test_accounts_list__shows_both_ways_of_counting(filled: OperatorStack) -> None:
    acme, zeta = run_json("accounts", "list")
    assert (acme["account_id"], acme["name"], acme["owner"]) == (
        *("c-118", "Acme Inc", "csm@example.com"),
    )
    assert acme["all"]["n"] == 3
    assert acme["all"]["nps"] == pytest.approx(100 / 3)
    assert acme["all"]["nps_rounded"] == 33
    assert acme["latest"]["nps"] == 0.0
    assert acme["as_of"] == "2026-03-02T17:16:00Z"
    assert (zeta["account_id"], zeta["owner"]) == ("c-2", "cs-team@example.com")


def test_accounts_list__mentions_unmatched_answers_to_people(filled: OperatorStack) -> None:
    result = run("accounts", "list", *ON_STACK)
    assert "Acme Inc" in result.output
    assert "2 answers of the last 180 days without account" in result.output
    assert "~unmatched" not in result.output


def test_accounts_list__folds_anew_when_time_has_passed(
    filled: OperatorStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=150))
    acme = run_json("accounts", "list")[0]
    assert acme["all"]["n"] == 2
    assert acme["last_answered_at"] == "2026-03-02T17:15:04.120Z"


def test_accounts_show__adds_trend_and_contacts(filled: OperatorStack) -> None:
    row = run_json("accounts", "show", "c-118")
    assert row["trend"][-1] == {"month": "2026-03", "n": 2, "nps": 0.0}
    assert len(row["trend"]) == 12
    assert [contact["email"] for contact in row["contacts"]] == [
        *("ana@acme.example", "bo@acme.example"),
    ]
    shown = run("accounts", "show", "c-118", *ON_STACK)
    assert "ana@acme.example" in shown.output


@pytest.mark.parametrize("unknown", ["nobody", "~unmatched"])
def test_accounts_show__fails_for_an_account_that_is_not_there(
    filled: OperatorStack, unknown: str
) -> None:
    result = run("accounts", "show", unknown, *ON_STACK)
    assert result.exit_code == 1
    assert "nps accounts list" in result.output


def test_the_directory__gives_owners_to_accounts_without_one(filled: OperatorStack) -> None:
    directory = DynamoDirectory(clients.dynamodb(), filled.state)
    directory.put(DirectoryEntry("account", "c-2", "c-2", "dora@example.com", "Not shown"))
    assert run_json("accounts", "list")[1]["owner"] == "dora@example.com"
    assert run_json("accounts", "show", "c-2")["owner"] == "dora@example.com"


def test_company__counts_every_answer_also_the_unmatched(filled: OperatorStack) -> None:
    row = run_json("company")
    assert row["all"]["n"] == 6
    assert row["all"]["nps"] == pytest.approx(0.0)
    assert row["latest"]["n"] == 4
    assert (row["accounts"], row["unmatched"]) == (2, 2)
    assert row["trend"][-1]["n"] == 5
    assert "6 answers" in run("company", *ON_STACK).output


def test_contacts_list__leaves_out_who_cannot_be_compared(filled: OperatorStack) -> None:
    rows = run_json("contacts", "list")
    assert [(row["account_id"], row["end_user_id"]) for row in rows] == [
        *(("c-118", 7001), ("c-118", 7002), ("c-2", 7001), (None, 8)),
    ]
    ana = rows[0]
    assert (ana["latest_score"], ana["previous_score"]) == (3, 9)
    assert (ana["direction"], ana["delta"]) == ("down", -6)


def test_contacts_list__of_one_account(filled: OperatorStack) -> None:
    assert len(run_json("contacts", "list", "--account", "c-2")) == 1
    assert run_json("contacts", "list", "--account", "nobody") == []


def test_contacts__have_the_name_and_the_properties_that_people_have_now(
    filled: OperatorStack,
) -> None:
    people = DynamoPeople(clients.dynamodb(), filled.state, TOKEN)
    people.put(Profile("7001", "ana@acme.example", "u-1", "Ana Diaz", {"plan": "pro"}))
    DynamoPeople(clients.dynamodb(), filled.state, "NPS-other").put(
        Profile("7002", None, None, "Somebody Else")
    )
    rows = run_json("contacts", "list")
    ana, bo = rows[0], rows[1]
    assert (ana["name"], ana["external_id"], ana["properties"]) == (
        "Ana Diaz",
        "u-1",
        {"plan": "pro"},
    )
    assert (bo["name"], bo["external_id"], bo["properties"]) == (None, None, {})
    assert rows[2]["name"] == "Ana Diaz", "the same person at another account"
    assert run_json("accounts", "show", "c-118")["contacts"][0] == ana
    people.erase("7001")
    assert run_json("contacts", "list")[0]["name"] is None
    people.put(Profile("7001", "ana@acme.example", "u-1", "Ana Diaz", {}))
    assert "Ana Diaz" in run("contacts", "list", *ON_STACK).output


def test_responses_list__has_every_answer_oldest_first(filled: OperatorStack) -> None:
    rows = run_json("responses", "list")
    assert [row["id"] for row in rows] == [1, 2, 3, 4, 5, 6, 7]
    assert (rows[1]["text"], rows[1]["account_token"]) == ("slow", TOKEN)
    assert rows[3]["excluded"] is True


def test_responses_list__of_one_account_has_those_that_do_not_count(filled: OperatorStack) -> None:
    rows = run_json("responses", "list", "--account", "c-118")
    assert [row["id"] for row in rows] == [1, 2, 3, 4]


def test_responses_list__of_one_account_reads_no_other_account(
    filled: OperatorStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: object) -> None:
        raise AssertionError("a scan reads everything")

    monkeypatch.setattr(items, "scan", forbidden)
    assert len(run_json("responses", "list", "--account", "c-118")) == 4


def test_declines_list__has_declines_only(filled: OperatorStack) -> None:
    assert [row["id"] for row in run_json("declines", "list")] == [8]


def test_quarantine_list__hides_the_payload_unless_asked(stack: OperatorStack) -> None:
    quarantine = DynamoQuarantine(clients.dynamodb(), stack.state)
    quarantine.add('{"score": 11}', "bad_score", "score is not 0 to 10", "sync", TOKEN, NOW)
    (row,) = run_json("quarantine", "list")
    assert (row["reason"], row["source"], row["received_at"]) == (
        *("bad_score", "sync", "2026-03-02T17:16:00Z"),
    )
    assert "raw" not in row
    assert run_json("quarantine", "list", "--raw")[0]["raw"] == '{"score": 11}'


def test_runs_list__is_in_order_of_time(stack: OperatorStack) -> None:
    for run_id, started_at in (("b", "2026-03-01T00:05:00Z"), ("a", "2026-03-02T00:00:00Z")):
        record = RunRecord(run_id, TOKEN, "live", from_iso(started_at), pages=3)
        DynamoSyncState(clients.dynamodb(), stack.state, TOKEN).put_run(record.as_dict(), NOW)
    rows = run_json("runs", "list")
    assert [row["run_id"] for row in rows] == ["b", "a"]
    assert (rows[0]["pages"], rows[0]["error"]) == (3, None)


def test_activation__is_not_touched_by_reading(filled: OperatorStack) -> None:
    run_json("accounts", "list")
    assert DynamoProfiles(clients.dynamodb(), filled.state).activated_at(TOKEN) is None


@pytest.mark.parametrize(
    ("words", "pk", "name", "good"),
    [
        (("tasks", "list"), "TASK", "task_id", "t-1"),
        (("mail", "list"), "MAIL", "key", "m-1"),
        (("runs", "list"), "RUN", "run_id", "r-1"),
        (("quarantine", "list"), "QUARANTINE", "reason", "bad_score"),
    ],
)
def test_an_item_that_cannot_be_read__is_named_and_hides_no_other(
    stack: OperatorStack, words: tuple[str, ...], pk: str, name: str, good: str
) -> None:
    client = clients.dynamodb()
    for item in (task_item(TASK), mail_item(MAIL)):
        items.put(client, stack.state, item)
    DynamoSyncState(client, stack.state, TOKEN).put_run(RUN.as_dict(), NOW)
    DynamoQuarantine(client, stack.state).add("{}", "bad_score", "no score", "sync", TOKEN, NOW)
    for broken in ("!", "~"):  # before and after the good one
        items.put(client, stack.state, {"pk": pk, "sk": broken, "status": "open"})
    result = run(*words, *ON_STACK, "--json")
    assert result.exit_code == 0
    *warnings, opening, row, closing = result.output.splitlines()
    assert [opening, json.loads(row)[name], closing] == ["[", good, "]"]
    assert warnings == [
        f"warning: {pk} {broken} cannot be read by this version" for broken in ("!", "~")
    ]


@pytest.mark.parametrize(
    ("words", "pk", "name", "wrong"),
    [
        (("tasks", "list"), "TASK", "Task t-1", {"reason": ["a"]}),
        (("mail", "list"), "MAIL", "OutboxMail m-1", {"subject": ["a"]}),
        (("runs", "list"), "RUN", "RunRecord r-1", {"pages": "a"}),
        (("quarantine", "list"), "QUARANTINE", "Quarantined q-1", {"detail": ["a"]}),
        (("directory", "list"), "DIRECTORY", "DirectoryEntry q-1", {"owner": ["a"]}),
    ],
)
def test_an_item_with_another_type_in_a_field__is_named_and_hides_no_other(
    stack: OperatorStack, words: tuple[str, ...], pk: str, name: str, wrong: dict[str, object]
) -> None:
    client, at = clients.dynamodb(), "2026-03-02T17:00:00Z"
    kept = dict.fromkeys(("source", "account_token", "reason", "detail", "raw"), "x")
    for item in (
        task_item(TASK),
        mail_item(MAIL),
        {"pk": "RUN", "sk": "r-1", **RUN.as_dict()},
        {"pk": "QUARANTINE", "sk": "q-1", "received_at": at, **kept},
        {"pk": "DIRECTORY", "sk": "domain#q-1", "account_id": "c-1"},
    ):
        more = wrong if item["pk"] == pk else {}
        items.put(client, stack.state, {**item, **more})
        if item["pk"] == pk:
            sk = item["sk"].replace("1", "2")
            items.put(client, stack.state, {**item, "sk": sk})
    result = run(*words, *ON_STACK, "--json")
    assert result.exit_code == 0
    warning, *rows = result.output.splitlines()
    assert warning == f"warning: {name} cannot be read by this version"
    assert len(json.loads("".join(rows))) == 1


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (("responses", "list"), 6),
        (("responses", "list", "--account", "c-118"), 3),
        (("declines", "list"), 1),
    ],
)
def test_an_answer_that_cannot_be_read__is_named_and_hides_no_other(
    filled: OperatorStack, words: tuple[str, ...], left: int
) -> None:
    key = {"pk": f"{TOKEN}#response#2"}
    items.put(clients.dynamodb(), filled.responses, {**key, "day": "x"})
    result = run(*words, *ON_STACK, "--json")
    assert result.exit_code == 0
    warning, *rows = result.output.splitlines()
    assert warning == f"warning: {key['pk']} cannot be read by this version"
    assert len(json.loads("".join(rows))) == left


def test_a_contact_that_cannot_be_read__is_named_and_hides_no_other(filled: OperatorStack) -> None:
    before = run_json("contacts", "list", "--account", "c-118")
    key = {"pk": "ACCT#c-118", "sk": f"CONTACT#{TOKEN}:7002"}
    items.put(clients.dynamodb(), filled.state, key)
    result = run("contacts", "list", "--account", "c-118", *ON_STACK, "--json")
    assert result.exit_code == 0
    warning, *rows = result.output.splitlines()
    assert warning == f"warning: {key['pk']} {key['sk']} cannot be read by this version"
    assert len(json.loads("".join(rows))) == len(before) - 1


@pytest.mark.parametrize(
    "words",
    [("accounts", "show", "~acme"), ("responses", "list", "--account", "~acme")],
    ids=lambda words: words[0],
)
def test_an_account_with_a_tilde__is_looked_up_by_our_id_of_it(
    filled: OperatorStack, words: tuple[str, ...]
) -> None:
    result = run(*words, *ON_STACK)
    assert "'%7Eacme'" in result.output


def test_a_warning__is_not_part_of_the_json(capsys: pytest.CaptureFixture[str]) -> None:
    report_unreadable({"pk": "TASK", "sk": "t-1"})
    assert capsys.readouterr() == ("", "warning: TASK t-1 cannot be read by this version\n")
