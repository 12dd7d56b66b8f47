"""Writes of the operator's command: the directory and the connection."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from nps_core import clock
from nps_core.answers.dynamo import DynamoAnswerStore
from nps_core.aws import clients
from nps_core.connections.profile import DynamoProfiles
from nps_core.keys import AnswerKey
from nps_testing.factories import NOW, make_answer
from nps_testing.stacks.environment import TOKEN
from nps_testing.stacks.operator import ON_STACK, SECRET, OperatorStack, deployed, run, run_json

HEADER = "kind,value,account_id,owner,name\n"


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[OperatorStack]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with deployed() as stack:
        yield stack


@pytest.fixture
def unmatched(stack: OperatorStack) -> OperatorStack:
    nobody: dict[str, Any] = {
        "account_id": None,
        "account_name": None,
        "properties": {},
        "owner": None,
    }
    known = {"external_id": "u-2", "email": "bo@zeta.example", "end_user_id": "2"}
    stack.store(
        [
            make_answer(id=1, **nobody, account_rule="unmatched"),
            make_answer(id=2, **nobody, **known, account_rule="unmatched"),
            make_answer(id=3, end_user_id="3"),
        ]
    )
    return stack


def directory_file(tmp_path: Path, *lines: str) -> str:
    path = tmp_path / "directory.csv"
    path.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def account_of(stack: OperatorStack, answer_id: int) -> str | None:
    store = DynamoAnswerStore(clients.dynamodb(), stack.responses)
    answer = store.get(AnswerKey(TOKEN, "response", str(answer_id)))
    assert answer is not None
    return answer.account_id


def secret_of(stack: OperatorStack) -> object:
    reply = boto3.client("secretsmanager").get_secret_value(SecretId=stack.secret_arn)
    return json.loads(reply["SecretString"])


def test_an_import__writes_entries_and_matches_unmatched_answers(
    unmatched: OperatorStack, tmp_path: Path
) -> None:
    file = directory_file(tmp_path, "domain,acme.example,c-118,,", "account,c-118,,d@example.com,A")
    report = run_json("directory", "import", file)
    assert report == {
        **{"entries": 2, "written": 2, "unmatched": 2, "matched": 1, "dry_run": False},
    }
    assert account_of(unmatched, 1) == "c-118"
    assert account_of(unmatched, 2) is None
    assert run_json("directory", "list") == [
        {"kind": "account", "value": "c-118", "account_id": "c-118"}
        | {"owner": "d@example.com", "name": "A"},
        {"kind": "domain", "value": "acme.example", "account_id": "c-118"}
        | {"owner": None, "name": None},
    ]


def test_an_import__also_uses_the_entries_that_were_there(
    unmatched: OperatorStack, tmp_path: Path
) -> None:
    run_json("directory", "import", directory_file(tmp_path, "email,x@nowhere.example,c-9,,"))
    run_json("directory", "import", directory_file(tmp_path, "external_id,u-2,c-2,,"))
    assert account_of(unmatched, 2) == "c-2"


def test_a_dry_run__counts_and_changes_nothing(unmatched: OperatorStack, tmp_path: Path) -> None:
    file = directory_file(tmp_path, "domain,acme.example,c-118,,", "external_id,u-2,c-2,,")
    report = run_json("directory", "import", file, "--dry-run")
    assert report == {
        **{"entries": 2, "written": 0, "unmatched": 2, "matched": 2, "dry_run": True},
    }
    assert account_of(unmatched, 1) is None
    assert run_json("directory", "list") == []


def test_one_wrong_line__stops_the_whole_import(unmatched: OperatorStack, tmp_path: Path) -> None:
    file = directory_file(tmp_path, "domain,acme.example,c-118,,", "domain,acme,c-1,,")
    result = run("directory", "import", file, *ON_STACK)
    assert result.exit_code == 1
    assert "nothing was written" in result.output
    assert "line 3, column value: not a domain" in result.output
    assert run_json("directory", "list") == []


def test_many_errors__are_not_all_listed(stack: OperatorStack, tmp_path: Path) -> None:
    file = directory_file(tmp_path, *["domain,acme,c-1,,"] * 30)
    result = run("directory", "import", file, *ON_STACK)
    assert "and 10 more" in result.output


def test_an_owner_who_cannot_be_mailed__is_a_warning(stack: OperatorStack, tmp_path: Path) -> None:
    file = directory_file(tmp_path, "account,c-1,,d@elsewhere.example,")
    result = run("directory", "import", file, *ON_STACK)
    assert result.exit_code == 0
    assert "owners at elsewhere.example cannot be mailed" in result.output


def test_a_missing_file__is_one_line(stack: OperatorStack, tmp_path: Path) -> None:
    result = run("directory", "import", str(tmp_path / "none.csv"), *ON_STACK)
    assert result.exit_code == 1
    assert "No such file" in result.output


def test_connect_with_a_file__stores_the_secret_and_activates(
    stack: OperatorStack, tmp_path: Path
) -> None:
    file = tmp_path / "secrets.json"
    file.write_text(json.dumps({**SECRET, "account_token": TOKEN}))
    report = run_json("connect", "--secrets", str(file))
    assert report["activated_at"] == "2026-03-02T17:16:00Z"
    assert report["activated_now"] is True
    assert secret_of(stack) == SECRET


def test_connecting_again__keeps_the_first_activation(stack: OperatorStack, tmp_path: Path) -> None:
    before = NOW.replace(year=2025)
    DynamoProfiles(clients.dynamodb(), stack.state).activate(TOKEN, before)
    file = tmp_path / "secrets.json"
    file.write_text(json.dumps(SECRET))
    report = run_json("connect", "--secrets", str(file))
    assert (report["activated_at"], report["activated_now"]) == ("2025-03-02T17:16:00Z", False)


def test_connect__asks_and_never_shows_a_secret(stack: OperatorStack) -> None:
    result = run("connect", *ON_STACK, typed="an-id\nclient-secret-1\nsigning-key-1\n")
    assert result.exit_code == 0, result.output
    for text in ("an-id", "client-secret-1", "signing-key-1"):
        assert text not in result.output
    assert secret_of(stack) == {
        "client_id": "an-id",
        "client_secret": "client-secret-1",
        "webhook_keys": {"active": ["signing-key-1"], "retired": []},
    }


def test_a_new_signing_key__retires_the_old_one_and_enter_keeps_the_rest(
    stack: OperatorStack,
) -> None:
    run("connect", *ON_STACK, typed="an-id\nclient-secret-1\nsigning-key-1\n")
    result = run("connect", *ON_STACK, typed="\n\nsigning-key-2\n")
    assert result.exit_code == 0, result.output
    assert secret_of(stack) == {
        "client_id": "an-id",
        "client_secret": "client-secret-1",
        "webhook_keys": {"active": ["signing-key-2"], "retired": ["signing-key-1"]},
    }


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("{", "is not JSON"),
        ("[]", "the secret must be a JSON object"),
        ('{"client_id": "hidden-1", "client_secret": "hidden-2"}', "webhook_keys.active missing"),
        ('{"account_token": "NPS-other"}', "is for another account"),
    ],
)
def test_a_wrong_secrets_file__stores_nothing_and_shows_nothing(
    stack: OperatorStack, tmp_path: Path, content: str, expected: str
) -> None:
    before = secret_of(stack)
    file = tmp_path / "secrets.json"
    file.write_text(content)
    result = run("connect", "--secrets", str(file), *ON_STACK)
    assert result.exit_code == 1
    assert expected in result.output
    assert "hidden" not in result.output
    assert secret_of(stack) == before
    assert DynamoProfiles(clients.dynamodb(), stack.state).activated_at(TOKEN) is None
