"""The deployed tables, taken from template.yaml, so that no test repeats their definition."""

from functools import cache
from typing import TYPE_CHECKING, Any

from nps_local.checkout import ROOT
from nps_local.deployment.template import Template, load

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TEMPLATE = ROOT / "template.yaml"
_CREATE_TABLE = (
    "BillingMode",
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
    "StreamSpecification",
)


@cache
def load_template() -> Template:
    """The template, parsed once. Copy it before changing it."""
    return load(TEMPLATE)


def resources(template: dict[str, Any], type_: str) -> dict[str, dict[str, Any]]:
    """Properties of every resource of a type, by logical id."""
    return {
        name: resource.get("Properties", {})
        for name, resource in template["Resources"].items()
        if resource["Type"] == type_
    }


def create_tables(dynamodb: "DynamoDBClient") -> dict[str, str]:
    """Create the template's tables with streams, indexes and TTL; logical id -> table name."""
    names: dict[str, str] = {}
    for logical_id, properties in resources(load_template(), "AWS::DynamoDB::Table").items():
        name = f"{logical_id}-test"
        arguments = {key: properties[key] for key in _CREATE_TABLE if key in properties}
        if stream := arguments.get("StreamSpecification"):
            arguments["StreamSpecification"] = {**stream, "StreamEnabled": True}
        dynamodb.create_table(TableName=name, **arguments)
        dynamodb.get_waiter("table_exists").wait(TableName=name)
        if ttl := properties.get("TimeToLiveSpecification"):
            dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl)
        names[logical_id] = name
    return names
