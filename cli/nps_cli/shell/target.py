"""Which stack a command works on, and what that stack calls its resources."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from nps_cli.shell.errors import Failure


@dataclass(frozen=True, slots=True)
class Options:
    """The options that every command takes, wherever they stand."""

    local: bool = False
    stack: str | None = None
    region: str | None = None
    data: Path | None = None
    json: bool = False

    def words(self) -> list[str]:
        """Return the options that name the stack, as they would be typed."""
        words = ["--local"] if self.local else []
        named = {"--stack": self.stack, "--region": self.region, "--data": self.data}
        return words + [
            word for name, value in named.items() if value for word in (name, str(value))
        ]


@dataclass(frozen=True, slots=True)
class Target:
    """A deployed stack, in AWS or in the emulator of the local stack."""

    stack_name: str
    is_local: bool
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]
    settings: Mapping[str, str] = field(repr=False)
    """Arguments of every client: region, and where the emulator listens."""
    webhook_url: str = ""

    def output(self, name: str) -> str:
        """Return an output of the stack."""
        return _found(self.outputs, name, "output", self.stack_name)

    def parameter(self, name: str) -> str:
        """Return a parameter of the stack, as deployed."""
        return _found(self.parameters, name, "parameter", self.stack_name)

    def client(self, service: str, read_timeout_s: float = 20, attempts: int = 4) -> Any:
        """Return a client for an AWS service of the stack's account and region."""
        return _client(service, self.settings, read_timeout_s, attempts)


def resolve(options: Options) -> Target:
    """Find the stack that the options name.

    Raises:
        Failure: None is named, or it does not exist.
    """
    if options.local and options.stack:
        raise Failure("give either --local or --stack NAME, not both")
    if options.local:
        return _local(options)
    if options.stack:
        return _deployed(options.stack, options.region)
    raise Failure(
        "which stack? give --local for the one that `nps local up` started,"
        " or --stack NAME --region REGION for a deployed one"
    )


def _local(options: Options) -> Target:
    try:
        from nps_local.machine import discovery  # noqa: PLC0415  a deployed use needs no local stack
    except ImportError as exc:
        raise Failure(f"--local needs {exc.name}: run `make install` in the checkout") from exc
    try:
        running = discovery.find(options.data)
    except discovery.NoRunningStackError as exc:
        raise Failure(str(exc)) from exc
    # From here on `clock.now()` is the time that the local stack has.
    os.environ["NPS_CLOCK_FILE"] = str(running.clock_file)
    settings = running.client_settings()
    return _describe(running.stack_name, settings, is_local=True, webhook_url=running.webhook_url)


def _deployed(stack_name: str, region: str | None) -> Target:
    region = region or boto3.Session().region_name
    if not region:
        raise Failure("which region? give --region, or set AWS_REGION")
    return _describe(stack_name, {"region_name": region}, is_local=False)


def _describe(
    stack_name: str, settings: Mapping[str, str], *, is_local: bool, webhook_url: str = ""
) -> Target:
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
    return Target(
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
    # A client is looked up by its name here, which the typed overloads of boto3 cannot express.
    make: Any = boto3.client
    config = Config(
        connect_timeout=5,
        read_timeout=read_timeout_s,
        retries={"mode": "standard", "total_max_attempts": attempts},
    )
    return make(service, config=config, **settings)


def _found(values: Mapping[str, str], name: str, kind: str, stack_name: str) -> str:
    if name not in values:
        raise Failure(f"stack {stack_name} has no {kind} {name}: deploy this version's template")
    return values[name]
