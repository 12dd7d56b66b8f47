"""Deploys the template onto the local AWS, unless the same deployment is already there."""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from nps_local.deployment import template
from nps_local.deployment.artifacts import Artifacts
from nps_local.machine import ministack

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef, StackTypeDef

STACK_NAME = "nps-loop-local"
_BUCKET = "nps-local-artifacts"
_FINGERPRINT = "nps-local-fingerprint"
_TIMEOUT_S = 120.0
_COMPLETE = ("CREATE_COMPLETE", "UPDATE_COMPLETE")


class DeploymentFailedError(RuntimeError):
    """CloudFormation refused the template; the message has the reasons."""


class FirstDeploymentFailedError(DeploymentFailedError):
    """The first deployment of a stack failed: its state is not worth keeping."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """The resources of a deployed stack."""

    outputs: dict[str, str]
    resources: dict[str, str]
    """Logical id to physical id."""
    changed: bool
    """Whether anything had to be deployed."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """The template of a checkout with chosen parameters."""

    document: template.Template
    parameters: dict[str, str]
    artifacts: Artifacts

    @property
    def text(self) -> str:
        return template.to_json(
            template.with_artifacts(
                self.document,
                f"s3://{_BUCKET}/{self.artifacts.functions_key}",
                f"s3://{_BUCKET}/{self.artifacts.layer_key}",
            )
        )

    @property
    def fingerprint(self) -> str:
        """Equal for equal template, code, locked packages and parameters."""
        return hashlib.sha256(
            json.dumps([self.text, sorted(self.parameters.items())]).encode()
        ).hexdigest()


class Deployer:
    """Talks to CloudFormation and S3 of one MiniStack."""

    def __init__(self, endpoint: str) -> None:
        session = ministack.session()
        self._cloudformation = session.client(
            "cloudformation", endpoint_url=endpoint, config=ministack.config()
        )
        self._s3 = session.client("s3", endpoint_url=endpoint, config=ministack.config())
        self._endpoint = endpoint

    def deploy(self, deployment: Deployment) -> Deployed:
        """Create or update the stack; do nothing if nothing changed.

        Raises:
            DeploymentFailedError: The stack could not be created or updated.
        """
        stack = self._stack()
        tags = {tag["Key"]: tag["Value"] for tag in stack.get("Tags", [])} if stack else {}
        is_complete = stack is not None and stack["StackStatus"] in _COMPLETE
        if is_complete and tags.get(_FINGERPRINT) == deployment.fingerprint:
            return self._describe(changed=False)
        try:
            self._apply(deployment, update=stack is not None)
        except DeploymentFailedError as error:
            if stack is None:
                raise FirstDeploymentFailedError(str(error)) from error
            raise
        return self._describe(changed=True)

    def _apply(self, deployment: Deployment, *, update: bool) -> None:
        url = self._upload(deployment)
        parameters: list[ParameterTypeDef] = [
            {"ParameterKey": name, "ParameterValue": value}
            for name, value in deployment.parameters.items()
        ]
        act = self._cloudformation.update_stack if update else self._cloudformation.create_stack
        try:
            act(
                StackName=STACK_NAME,
                TemplateURL=url,
                Parameters=parameters,
                Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
                Tags=[{"Key": _FINGERPRINT, "Value": deployment.fingerprint}],
            )
        except ClientError as error:
            message = error.response["Error"].get("Message", "")
            if "No updates are to be performed" in message:
                return
            raise DeploymentFailedError(message) from error
        self._wait("UPDATE_COMPLETE" if update else "CREATE_COMPLETE")

    def _upload(self, deployment: Deployment) -> str:
        # Earlier archives stay: a failed update rolls back to them.
        self._s3.create_bucket(Bucket=_BUCKET)
        with tempfile.TemporaryDirectory() as scratch:
            for archive in deployment.artifacts.build(Path(scratch)):
                self._s3.put_object(Bucket=_BUCKET, Key=archive.name, Body=archive.read_bytes())
        key = f"template-{deployment.fingerprint[:16]}.json"
        self._s3.put_object(Bucket=_BUCKET, Key=key, Body=deployment.text.encode())
        return f"{self._endpoint}/{_BUCKET}/{key}"

    def _wait(self, wanted: str) -> None:
        deadline = time.monotonic() + _TIMEOUT_S
        while time.monotonic() < deadline:
            stack = self._stack()
            status = stack["StackStatus"] if stack else "gone"
            if status == wanted:
                return
            if not status.endswith("_IN_PROGRESS"):
                raise DeploymentFailedError(f"the stack is {status}: {self._reasons()}")
            time.sleep(0.1)
        raise DeploymentFailedError(f"not {wanted} after {_TIMEOUT_S:.0f} s")

    def _reasons(self) -> str:
        events = self._cloudformation.describe_stack_events(StackName=STACK_NAME)["StackEvents"]
        return "; ".join(
            f"{event.get('LogicalResourceId')}: {event['ResourceStatusReason']}"
            for event in reversed(events)
            if event.get("ResourceStatus", "").endswith("_FAILED")
            and event.get("ResourceStatusReason")
        )

    def _stack(self) -> StackTypeDef | None:
        try:
            stacks = self._cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"]
        except ClientError:
            return None
        return stacks[0] if stacks and stacks[0]["StackStatus"] != "DELETE_COMPLETE" else None

    def _describe(self, *, changed: bool) -> Deployed:
        stack = self._stack()
        if stack is None:
            raise DeploymentFailedError("the stack has disappeared")
        outputs = {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}
        pages = self._cloudformation.get_paginator("list_stack_resources")
        resources = {
            summary["LogicalResourceId"]: summary.get("PhysicalResourceId", "")
            for page in pages.paginate(StackName=STACK_NAME)
            for summary in page["StackResourceSummaries"]
        }
        return Deployed(outputs, resources, changed)
