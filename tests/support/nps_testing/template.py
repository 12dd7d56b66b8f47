"""The deployed tables, taken from template.yaml, so that no test describes them a second time."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TEMPLATE = Path(__file__).parents[3] / "template.yaml"
_CREATE_TABLE = (
    "BillingMode",
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
    "StreamSpecification",
)


class _Loader(yaml.SafeLoader):
    """YAML with the short tags of CloudFormation, spelled out as the long functions."""


def _function(loader: yaml.Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = node.value
    if tag in {"Ref", "Condition"}:
        return {tag: value}
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _function)


def load_template(path: Path = TEMPLATE) -> dict[str, Any]:
    """Parse a template into plain dicts: `!Ref x` is `{"Ref": "x"}`, `!GetAtt a.b` a list."""
    loaded: dict[str, Any] = yaml.load(path.read_text(), Loader=_Loader)  # noqa: S506  # is a SafeLoader
    return loaded


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
        if "StreamSpecification" in arguments:
            arguments["StreamSpecification"] |= {"StreamEnabled": True}
        dynamodb.create_table(TableName=name, **arguments)
        dynamodb.get_waiter("table_exists").wait(TableName=name)
        if ttl := properties.get("TimeToLiveSpecification"):
            dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl)
        names[logical_id] = name
    return names
