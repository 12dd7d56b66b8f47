"""The stack that the options name: its resources, its parameters, and clients for its account."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from nps_cli.shell.errors import Failure
from nps_cli.shell.options import Options


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployed stack, in AWS or in the emulator of the local stack."""

    stack_name: str
    is_local: bool
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]
    settings: Mapping[str, str] = field(repr=False)
    """Arguments of every client: the region, and the endpoint of the emulator."""
    webhook_url: str = ""

    def output(self, name: str) -> str:
        return _value(self.outputs, name, "output", self.stack_name)

    def parameter(self, name: str) -> str:
        return _value(self.parameters, name, "parameter", self.stack_name)

    def client(self, service: str, read_timeout_s: float = 20, attempts: int = 4) -> Any:
        return _client(service, self.settings, read_timeout_s, attempts)


def find(options: Options) -> Deployment:
    """Find the stack that the options name. Raises Failure when it does not exist."""
    return _deployed(options.stack, options.region) if options.stack else _local(options)


def _local(options: Options) -> Deployment:
    try:
        from nps_local.machine import discovery  # a deployed stack needs none of it
    except ImportError as exc:
        raise Failure(f"--local needs {exc.name}: run `make install` in the checkout") from exc
    try:
        running = discovery.find(options.data)
    except discovery.NoRunningStackError as exc:
        raise Failure(str(exc)) from exc
    # From here on `clock.now()` is the time of the local stack.
    os.environ["NPS_CLOCK_FILE"] = str(running.clock_file)
    settings = running.client_settings()
    return _describe(running.stack_name, settings, is_local=True, webhook_url=running.webhook_url)


def _deployed(stack_name: str, region: str | None) -> Deployment:
    region = region or boto3.Session().region_name
    if not region:
        raise Failure("which region? give --region, or set AWS_REGION")
    return _describe(stack_name, {"region_name": region}, is_local=False)


def _describe(
    stack_name: str, settings: Mapping[str, str], *, is_local: bool, webhook_url: str = ""
) -> Deployment:
    client = _client("cloudformation", settings, 20, 4)
    try:
        stack = client.describe_stacks(StackName=stack_name)["Stacks"][0]
    except ClientError as exc:
        if exc.response.get("Error", {}).get("Code") == "ValidationError":
            where = settings["region_name"]
            raise Failure(
                f"there is no stack {stack_name} in {where}: check --stack and --region"
            ) from exc
        raise
    outputs = {row["OutputKey"]: row["OutputValue"] for row in stack.get("Outputs", [])}
    return Deployment(
        stack_name=stack_name,
        is_local=is_local,
        outputs=outputs,
        parameters={
            row["ParameterKey"]: row.get("ParameterValue", "")
            for row in stack.get("Parameters", [])
        },
        settings=settings,
        webhook_url=webhook_url or outputs.get("WebhookUrl", ""),
    )


def _client(service: str, settings: Mapping[str, str], read_timeout_s: float, attempts: int) -> Any:
    # boto3's typed overloads cannot express a service name in a variable.
    make: Any = boto3.client
    config = Config(
        connect_timeout=5,
        read_timeout=read_timeout_s,
        retries={"mode": "standard", "total_max_attempts": attempts},
    )
    return make(service, config=config, **settings)


def _value(values: Mapping[str, str], name: str, kind: str, stack_name: str) -> str:
    if name not in values:
        raise Failure(f"stack {stack_name} has no {kind} {name}: deploy this version's template")
    return values[name]
