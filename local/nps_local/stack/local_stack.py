"""One local stack: MiniStack with the template deployed, the fake Wootric and the front door."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import replace

from nps_local import checkout
from nps_local.clock.control import ClockFile
from nps_local.deployment import deploy, template
from nps_local.deployment.artifacts import Artifacts
from nps_local.machine import discovery, ministack, ports
from nps_local.machine.processes import Child
from nps_local.options import UpOptions
from nps_local.stack import credentials, fake_child, first_steps
from nps_local.stack.front_door import FrontDoor

_FAKE_READY_S = 120.0
# Stopping takes a second or two; a large state may take longer to write and must not be lost.
_STOP_S = 30.0
_LOCAL_ADDRESSES = {
    "SenderAddress": "nps@example.com",
    "FallbackOwnerAddress": "owner@example.com",
}


class LocalStack:
    """Starts the parts in order and ends them together."""

    def __init__(self, options: UpOptions) -> None:
        self._options = options
        self._data = options.data.resolve()
        self._document = template.load(checkout.ROOT / "template.yaml")
        # Refuse a mistyped name before anything runs.
        template.override(self._document, options.parameters)
        self._children: list[Child] = []
        self._front_door: FrontDoor | None = None
        self._is_ours = False
        self._is_worthless = False

    @property
    def broken(self) -> str | None:
        """The name of a part that has ended unexpectedly."""
        return next((child.name for child in self._children if not child.running), None)

    def start(self) -> discovery.RunningStack:
        """Start everything and return when it accepts requests."""
        self._data.mkdir(parents=True, exist_ok=True)
        self._refuse_a_second_stack()
        self._is_ours = True
        clock = self._clock()
        started_at = clock.now()
        secrets = self._secrets()
        chosen = ports.choose(
            self._data / "ports.json", self._options.http_port, self._options.aws_port
        )
        wootric_url = self._options.wootric_url or f"http://127.0.0.1:{chosen.wootric}"
        # The fake generates its answers while AWS starts.
        fake = self._start_fake(chosen.wootric, clock, secrets)
        aws = ministack.start(self._data, chosen.aws, clock.path, self._options.log_level)
        self._children.append(aws.child)
        parameters = self._parameters(secrets.account_token, wootric_url)
        deployed = self._deploy(aws.endpoint, parameters)
        self._set_up(aws.endpoint, deployed.outputs, parameters["SenderAddress"], secrets)
        first_steps.activate(
            aws.endpoint, deployed.outputs["StateTableName"], secrets.account_token, started_at
        )
        api = deployed.resources["WebhookApi"]
        self._front_door = FrontDoor(chosen.http, chosen.aws, f"/_aws/execute-api/{api}")
        stack = discovery.RunningStack(
            pid=os.getpid(),
            data=self._data,
            webhook_url=f"{self._front_door.url}/webhook",
            aws_endpoint=aws.endpoint,
            admin_url=aws.admin_url,
            wootric_url=wootric_url,
            region=ministack.REGION,
            stack_name=deploy.STACK_NAME,
            account_token=secrets.account_token,
            clock_file=clock.path,
            outputs=deployed.outputs,
            functions=_functions(deployed.resources),
        )
        if fake is not None:
            _connect(fake, stack, secrets)
        discovery.announce(stack)
        return stack

    def stop(self) -> None:
        """End everything; MiniStack and the fake write their state."""
        if self._front_door is not None:
            self._front_door.close()
        for child in self._children:
            child.terminate()
        deadline = time.monotonic() + _STOP_S
        for child in self._children:
            child.wait(deadline)
        if self._is_ours:
            discovery.withdraw(self._data)
            shutil.rmtree(self._data / "tmp", ignore_errors=True)
        if self._is_worthless:
            shutil.rmtree(self._data / "aws", ignore_errors=True)

    def _refuse_a_second_stack(self) -> None:
        try:
            running = discovery.find(self._data)
        except discovery.NoRunningStackError:
            return
        raise ValueError(f"a local stack runs in {self._data} already (process {running.pid})")

    def _clock(self) -> ClockFile:
        clock = ClockFile(self._data / "clock.json")
        clock.create()
        if self._options.now is not None:
            clock.set(self._options.now)
        return clock

    def _secrets(self) -> credentials.Credentials:
        if self._options.secrets is not None:
            secrets = credentials.read(self._options.secrets)
        else:
            secrets = credentials.made_up(self._data / "secrets.json")
        chosen_token = self._options.parameters.get("WootricAccountToken", secrets.account_token)
        return replace(secrets, account_token=chosen_token)

    def _start_fake(
        self, port: int, clock: ClockFile, secrets: credentials.Credentials
    ) -> Child | None:
        if self._options.wootric_url is not None:
            return None
        fake = fake_child.start(self._data, port, clock.path, self._options.fake, secrets)
        self._children.append(fake)
        return fake

    def _parameters(self, account_token: str, wootric_url: str) -> dict[str, str]:
        return {
            **_LOCAL_ADDRESSES,
            "WootricAccountToken": account_token,
            "WootricApiUrl": wootric_url,
            "SchedulesState": "ENABLED" if self._options.schedules else "DISABLED",
            **self._options.parameters,
        }

    def _deploy(self, endpoint: str, parameters: dict[str, str]) -> deploy.Deployed:
        artifacts = Artifacts(checkout.ROOT, checkout.ministack_python(), checkout.CACHE)
        deployment = deploy.Deployment(self._document, parameters, artifacts)
        try:
            return deploy.Deployer(endpoint).deploy(deployment)
        except deploy.FirstDeploymentFailedError:
            # The next `up` then starts without data instead of with half a stack.
            self._is_worthless = True
            raise

    def _set_up(
        self,
        endpoint: str,
        outputs: dict[str, str],
        sender: str,
        secrets: credentials.Credentials,
    ) -> None:
        first_steps.store_secret(endpoint, outputs["SecretArn"], secrets)
        first_steps.verify_sender(endpoint, sender)


def _connect(fake: Child, stack: discovery.RunningStack, secrets: credentials.Credentials) -> None:
    """Wait until the bundled fake answers, and make it send its webhooks to the stack."""
    fake.ready(_FAKE_READY_S)
    key = secrets.webhook_keys.active[0]
    fake_child.send_webhooks_to(stack.wootric_url, stack.webhook_url, key)


def _functions(resources: dict[str, str]) -> dict[str, str]:
    suffix = "Function"
    return {
        logical.removesuffix(suffix).lower(): physical
        for logical, physical in resources.items()
        if logical.endswith(suffix)
    }
