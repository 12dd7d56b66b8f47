"""The template's settings, handlers, outputs and retained data."""

import re
import tomllib
from importlib import import_module
from typing import Any

import pytest

from nps_core import config
from nps_testing.template import TEMPLATE, load_template, resources

ROOT = TEMPLATE.parent
LOADED = load_template()
FUNCTIONS = resources(LOADED, "AWS::Serverless::Function")
SHARED: dict[str, Any] = LOADED["Globals"]["Function"]
SETTINGS: dict[str, type[config._Settings]] = {
    "SyncFunction": config.SyncSettings,
    "WebhookFunction": config.WebhookSettings,
    "InboxFunction": config.InboxSettings,
    "RollupFunction": config.RollupSettings,
    "NotifyFunction": config.NotifySettings,
    "DeliverFunction": config.DeliverSettings,
}
REQUIRED_PARAMETERS = {"SenderAddress", "FallbackOwnerAddress", "WootricAccountToken"}
OUTPUTS = {
    "WebhookUrl",
    "SecretArn",
    "ResponsesTableName",
    "StateTableName",
    "InboxQueueUrl",
    "InboxDlqUrl",
    "FailedBatchesBucketName",
    "DashboardUrl",
    "ConfigurationSetName",
    *(f"{name}Name" for name in SETTINGS),
}
REQUIRED_PARAMETERS = {"SenderAddress", "FallbackOwnerAddress", "WootricAccountToken"}
OUTPUTS = {
    "WebhookUrl",
    "SecretArn",
    "ResponsesTableName",
    "StateTableName",
    "InboxQueueUrl",
    "InboxDlqUrl",
    "FailedBatchesBucketName",
    "DashboardUrl",
    "ConfigurationSetName",
    *(f"{name}Name" for name in SETTINGS),
}


def test_parameters__only_the_three_required_ones_lack_a_default() -> None:
    required = {name for name, value in LOADED["Parameters"].items() if "Default" not in value}
    assert required == REQUIRED_PARAMETERS


def test_outputs__are_the_names_that_tools_read() -> None:
    assert set(LOADED["Outputs"]) == OUTPUTS


def test_functions__are_the_six_with_settings() -> None:
    assert set(FUNCTIONS) == set(SETTINGS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_environment__names_are_exactly_the_settings_of_the_function(name: str) -> None:
    own = FUNCTIONS[name]["Environment"]["Variables"]
    given = set(SHARED["Environment"]["Variables"]) | set(own)
    assert given == {field.alias for field in SETTINGS[name].model_fields.values()}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_service_name__is_the_metric_dimension_that_alarms_use(name: str) -> None:
    own = FUNCTIONS[name]["Environment"]["Variables"]
    assert own["POWERTOOLS_SERVICE_NAME"] == name.removesuffix("Function").lower()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_handler__is_importable_under_its_lambda_name(name: str) -> None:
    module, _, attribute = FUNCTIONS[name]["Handler"].rpartition(".")
    assert callable(getattr(import_module(module), attribute))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_makefile__builds_the_package_of_each_handler(name: str) -> None:
    package = FUNCTIONS[name]["Handler"].partition(".")[0]
    text = (ROOT / "functions" / "Makefile").read_text()
    assert re.search(rf"^build-{name}: +PACKAGE = {package}$", text, re.MULTILINE)


def test_layer__fetches_wheels_for_the_runtime_of_the_functions() -> None:
    text = (ROOT / "layers" / "nps_core" / "Makefile").read_text()
    python = SHARED["Runtime"].removeprefix("python")
    (layer,) = resources(LOADED, "AWS::Serverless::LayerVersion").values()
    assert f"--python-version {python}" in text
    assert SHARED["Architectures"] == ["arm64"] == layer["CompatibleArchitectures"]
    assert set(re.findall(r"--platform manylinux\S+_(\w+64)\b", text)) == {"aarch64"}
    assert layer["CompatibleRuntimes"] == [SHARED["Runtime"]]


def test_runtime_lock__pins_every_package_with_a_hash_and_leaves_boto3_to_the_runtime() -> None:
    text = (ROOT / "layers" / "nps_core" / "requirements.txt").read_text()
    pins = re.findall(r"^([a-z0-9-]+)==\S+.*(?:\\\n +--hash=sha256:\w+ ?)+", text, re.MULTILINE)
    entries = re.findall(r"^[a-z0-9]", text, re.MULTILINE)
    assert len(pins) == len(entries) > 0
    assert "boto3" not in pins
    assert ";" not in text, "pip would evaluate a marker for the building Python, not for Lambda's"
    assert "://" not in text


def test_samconfig__deploys_what_was_built() -> None:
    loaded = tomllib.loads((ROOT / "samconfig.toml").read_text())
    for stage in ("dev", "prod"):
        assert "template_file" not in loaded[stage]["deploy"]["parameters"]
    assert loaded["prod"]["deploy"]["parameters"]["confirm_changeset"] is True


@pytest.mark.parametrize("name", ["ResponsesTable", "StateTable"])
def test_table__survives_the_deletion_of_the_stack(name: str) -> None:
    resource = LOADED["Resources"][name]
    assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize("name", ["FailedBatches", "WootricSecret"])
def test_bucket_and_secret__survive_the_stack_but_not_a_first_deployment_that_fails(
    name: str,
) -> None:
    resource = LOADED["Resources"][name]
    assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
    assert resource["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize("name", ["ResponsesTable", "StateTable"])
def test_table__is_recoverable_protected_and_encrypted(name: str) -> None:
    table = LOADED["Resources"][name]["Properties"]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert table["DeletionProtectionEnabled"] is True
    assert table["SSESpecification"]["SSEEnabled"] is True


def test_state_table__has_no_stream_so_that_writing_it_triggers_nothing() -> None:
    assert "StreamSpecification" not in LOADED["Resources"]["StateTable"]["Properties"]


def test_failed_batches__are_private_encrypted_and_gone_after_two_weeks() -> None:
    bucket = LOADED["Resources"]["FailedBatches"]["Properties"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert [rule["ExpirationInDays"] for rule in bucket["LifecycleConfiguration"]["Rules"]] == [14]
    (policy,) = LOADED["Resources"]["FailedBatchesPolicy"]["Properties"]["PolicyDocument"][
        "Statement"
    ]
    assert (policy["Effect"], policy["Principal"]) == ("Deny", "*")
    assert policy["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_secret__keeps_the_text_that_a_redeploy_compares_with() -> None:
    # Changing one character here makes the next deployment overwrite what operators stored.
    secret = LOADED["Resources"]["WootricSecret"]["Properties"]
    assert secret["SecretString"] == (
        '{"client_id":"","client_secret":"","webhook_keys":{"active":[],"retired":[]}}'
    )
    assert "Name" not in secret
