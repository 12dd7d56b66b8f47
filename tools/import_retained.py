r"""Write what an import change set needs to take the retained resources into a new stack.

    tools/import_retained.py --out DIR ResponsesTable=NAME StateTable=NAME FailedBatches=NAME \
        WootricSecret=ARN

The change set must hold these resources and no others, so `sam deploy` follows and adds the rest.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from nps_local.checkout import ROOT
from nps_local.deployment.template import load

_IDENTIFIER = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SecretsManager::Secret": "Id",
}


def retained(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the resources that outlive the stack, by logical id."""
    return {
        name: resource
        for name, resource in template["Resources"].items()
        if resource.get("DeletionPolicy", "").startswith("Retain")
    }


def import_template(template: dict[str, Any]) -> dict[str, Any]:
    """Return a template of the retained resources alone."""
    return {
        "AWSTemplateFormatVersion": template["AWSTemplateFormatVersion"],
        "Resources": retained(template),
    }


def to_import(template: dict[str, Any], names: dict[str, str]) -> list[dict[str, Any]]:
    """Return the resources with the names that they have. Raises ValueError if one lacks."""
    found = retained(template)
    if found.keys() != names.keys():
        raise ValueError(f"name each of {', '.join(found)} once, as LogicalId=NAME")
    return [
        {
            "ResourceType": resource["Type"],
            "LogicalResourceId": name,
            "ResourceIdentifier": {_IDENTIFIER[resource["Type"]]: names[name]},
        }
        for name, resource in found.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description="Files for an import change set.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("names", nargs="+", metavar="LogicalId=NAME")
    options = parser.parse_args()
    names = dict(entry.split("=", 1) for entry in options.names if "=" in entry)
    template = load(ROOT / "template.yaml")
    try:
        resources = to_import(template, names)
    except ValueError as exc:
        parser.error(str(exc))
    options.out.mkdir(parents=True, exist_ok=True)
    for name, content in (("template", import_template(template)), ("resources", resources)):
        (options.out / f"{name}.json").write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
