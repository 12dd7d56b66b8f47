"""Privileges: every action and resource is named; logs have no secrets and no personal data."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from nps_testing.template import load_template, resources

LOADED = load_template()
FUNCTIONS = resources(LOADED, "AWS::Serverless::Function")
ROLES = resources(LOADED, "AWS::IAM::Role")
LOG_GROUPS = resources(LOADED, "AWS::Logs::LogGroup")


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(role: str) -> Iterator[dict[str, Any]]:
    for policy in ROLES[role]["Policies"]:
        yield from policy["PolicyDocument"]["Statement"]


def all_statements() -> list[dict[str, Any]]:
    return [statement for role in ROLES for statement in statements(role)]


def leading_keys(statement: dict[str, Any]) -> list[str]:
    return [
        key
        for operator in statement.get("Condition", {}).values()
        for key in operator.get("dynamodb:LeadingKeys", [])
    ]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function__has_its_own_hand_written_role(name: str) -> None:
    role = name.removesuffix("Function") + "Role"
    assert FUNCTIONS[name]["Role"] == {"Fn::GetAtt": [role, "Arn"]}
    assert "Policies" not in FUNCTIONS[name]
    assert "ManagedPolicyArns" not in ROLES[role]


def test_roles__name_every_action_and_every_resource() -> None:
    for statement in all_statements():
        assert statement["Effect"] == "Allow"
        assert not [action for action in as_list(statement["Action"]) if "*" in action]
        for resource in as_list(statement["Resource"]):
            assert resource != "*"
            assert isinstance(resource, dict), "an ARN comes from a resource of this template"


def test_roles__never_scan_and_delete_only_the_pointer_to_an_open_task() -> None:
    for role in ROLES:
        for statement in statements(role):
            actions = as_list(statement["Action"])
            assert "dynamodb:Scan" not in actions
            if "dynamodb:DeleteItem" in actions:
                assert (role, actions) == ("NotifyRole", ["dynamodb:DeleteItem"])
                assert leading_keys(statement) == ["OPENTASK"]


def test_roles__reach_the_state_table_by_leading_key_only() -> None:
    on_state = [s for s in all_statements() if "StateTable" in json.dumps(s["Resource"])]
    assert on_state
    for statement in on_state:
        assert leading_keys(statement)
        assert "*" not in leading_keys(statement)


def test_rollup_role__cannot_read_the_table_of_answers() -> None:
    # The stream carries the answers; the numbers must not depend on a second look at them.
    on_answers = [
        s for s in statements("RollupRole")
        if {"Fn::GetAtt": ["ResponsesTable", "Arn"]} in as_list(s["Resource"])
    ]  # fmt: skip
    assert on_answers == []


def test_deliver_role__sends_from_the_configured_address_through_the_configuration_set() -> None:
    (ses,) = [s for s in all_statements() if "ses:SendEmail" in as_list(s["Action"])]
    assert ses["Condition"] == {"StringEquals": {"ses:FromAddress": {"Ref": "SenderAddress"}}}
    assert "configuration-set/${ConfigurationSet}" in json.dumps(ses["Resource"])
    assert ses in list(statements("DeliverRole"))


def test_service_principals__are_narrowed_to_this_account() -> None:
    # Lambda's own trust is the exception: a role cannot be passed to another account.
    documents = [role["AssumeRolePolicyDocument"] for role in ROLES.values()]
    documents.append(LOADED["Resources"]["AlarmTopicPolicy"]["Properties"]["PolicyDocument"])
    for document in documents:
        for statement in document["Statement"]:
            if statement["Principal"] == {"Service": "lambda.amazonaws.com"}:
                continue
            assert statement["Condition"]["StringEquals"]["aws:SourceAccount"] == {
                "Ref": "AWS::AccountId"
            }
            assert "aws:SourceArn" in json.dumps(statement["Condition"])
    (permission,) = resources(LOADED, "AWS::Lambda::Permission").values()
    assert permission["SourceArn"]["Fn::Sub"].endswith("/POST/webhook")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function__logs_to_its_own_group_with_a_retention(name: str) -> None:
    group = FUNCTIONS[name]["LoggingConfig"]["LogGroup"]["Ref"]
    assert group == name.removesuffix("Function") + "LogGroup"
    allowed = [
        statement["Resource"]
        for statement in statements(name.removesuffix("Function") + "Role")
        if any(action.startswith("logs:") for action in as_list(statement["Action"]))
    ]
    assert allowed == [{"Fn::GetAtt": [group, "Arn"]}]


def test_log_groups__all_follow_the_retention_parameter() -> None:
    assert {json.dumps(group["RetentionInDays"]) for group in LOG_GROUPS.values()} == {
        json.dumps({"Ref": "LogRetentionDays"})
    }


@pytest.mark.parametrize("word", ["path", "query", "sourceIp", "userAgent", "authorizer", "error"])
def test_access_log__has_no_field_that_can_carry_a_secret_or_a_person(word: str) -> None:
    (stage,) = resources(LOADED, "AWS::ApiGatewayV2::Stage").values()
    fields = json.loads(stage["AccessLogSettings"]["Format"])
    assert fields["status"] == "$context.status"
    assert not [value for value in fields.values() if word.lower() in value.lower()]
