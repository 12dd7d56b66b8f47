from pathlib import Path

import pytest

from nps_local import checkout
from nps_local.deployment import template
from nps_local.up_command import assignments

SHORT_FORMS = """
AWSTemplateFormatVersion: "2010-09-09"
Other: 2010-09-09
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Condition: OperatorRequests
    Properties:
      Name: !Sub "${AWS::StackName}-x"
      Arn: !GetAtt Other.Stream.Arn
      Dotted: !GetAtt [Other, Arn]
      Domain: !Select [1, !Split ["@", !Ref Sender]]
      Maybe: !If [OperatorRequests, {A: !Ref B}, !Ref AWS::NoValue]
"""


@pytest.fixture
def short_forms(tmp_path: Path) -> template.Template:
    file = tmp_path / "template.yaml"
    file.write_text(SHORT_FORMS)
    return template.load(file)


def test_load__expands_short_forms(short_forms: template.Template) -> None:
    assert short_forms["Resources"]["Table"]["Properties"] == {
        "Name": {"Fn::Sub": "${AWS::StackName}-x"},
        "Arn": {"Fn::GetAtt": ["Other", "Stream.Arn"]},
        "Dotted": {"Fn::GetAtt": ["Other", "Arn"]},
        "Domain": {"Fn::Select": [1, {"Fn::Split": ["@", {"Ref": "Sender"}]}]},
        "Maybe": {"Fn::If": ["OperatorRequests", {"A": {"Ref": "B"}}, {"Ref": "AWS::NoValue"}]},
    }


def test_load__leaves_dates_as_they_are_written(short_forms: template.Template) -> None:
    assert short_forms["Other"] == "2010-09-09"


def test_with_artifacts__points_every_function_and_layer_and_changes_nothing_else() -> None:
    original = template.load(checkout.ROOT / "template.yaml")
    deployed = template.with_artifacts(original, "s3://b/functions.zip", "s3://b/layer.zip")
    for name, resource in original["Resources"].items():
        there = deployed["Resources"][name]
        if resource["Type"] == "AWS::Serverless::Function":
            assert there["Properties"].pop("CodeUri") == "s3://b/functions.zip"
        elif resource["Type"] == "AWS::Serverless::LayerVersion":
            assert there["Properties"].pop("ContentUri") == "s3://b/layer.zip"
            resource["Properties"].pop("ContentUri")
        if "Serverless" in resource["Type"]:
            resource.pop("Metadata", None)
        assert there == resource
    original["Globals"]["Function"]["CodeUri"] = "s3://b/functions.zip"
    del deployed["Resources"], original["Resources"]
    assert deployed == original


def test_override__of_an_unknown_parameter__names_the_known_ones(
    short_forms: template.Template,
) -> None:
    short_forms["Parameters"] = {"Sender": {}, "WindowDays": {}}
    with pytest.raises(ValueError, match=r"unknown parameter 'Windows'.*Sender, WindowDays"):
        template.override(short_forms, {"Windows": "30"})


def test_override__of_a_known_parameter__is_taken(short_forms: template.Template) -> None:
    short_forms["Parameters"] = {"WindowDays": {}}
    assert template.override(short_forms, {"WindowDays": "30"}) == {"WindowDays": "30"}


def test_assignments__split_at_the_first_equals_sign_and_the_last_one_counts() -> None:
    assert assignments(["A=1", "B=x=y", "A=2", "C="]) == {"A": "2", "B": "x=y", "C": ""}


def test_assignments__without_an_equals_sign__say_so() -> None:
    with pytest.raises(ValueError, match="--set WindowDays: expected PARAMETER=VALUE"):
        assignments(["WindowDays"])
