"""Reads template.yaml and points it at the local artifacts; the rest stays unchanged."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import yaml
from samtranslator.yaml_helper import intrinsics_multi_constructor

Template = dict[str, Any]


class _Loader(yaml.CSafeLoader):
    """YAML with CloudFormation's short forms, expanded to the long ones."""


_Loader.add_multi_constructor("!", intrinsics_multi_constructor)
# CloudFormation needs the version "2010-09-09" as a string, not as a date.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def load(path: Path) -> Template:
    """The template as plain data: `!Ref x` is `{"Ref": "x"}`, `!GetAtt a.b` a list."""
    document: Template = yaml.load(path.read_text(), Loader=_Loader)  # noqa: S506  a SafeLoader
    return document


def override(template: Template, chosen: dict[str, str]) -> dict[str, str]:
    """Check parameter values from the command line against the template.

    Raises:
        ValueError: A name is unknown; the message lists the known ones.
    """
    known = template.get("Parameters", {})
    for name in chosen:
        if name not in known:
            raise ValueError(f"unknown parameter {name!r}; the template has {', '.join(known)}")
    return chosen


def with_artifacts(template: Template, functions: str, layer: str) -> Template:
    """The same template with the code of functions and layers at these S3 addresses."""
    document = copy.deepcopy(template)
    defaults = document.get("Globals", {}).get("Function", {})
    if "CodeUri" in defaults:
        defaults["CodeUri"] = functions
    for resource in document["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = functions
            resource.pop("Metadata", None)
        elif resource["Type"] == "AWS::Serverless::LayerVersion":
            resource["Properties"]["ContentUri"] = layer
            resource.pop("Metadata", None)
    return document


def to_json(template: Template) -> str:
    """The text of a deployment; equal templates give equal texts."""
    return json.dumps(template, sort_keys=False, separators=(",", ":"))
