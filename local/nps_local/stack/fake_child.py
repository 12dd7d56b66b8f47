"""Starts the bundled fake Wootric as a child process and connects its webhooks to the stack."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from nps_local import checkout
from nps_local.machine.local_http import post_json
from nps_local.machine.processes import Child
from nps_local.options import FakeData
from nps_local.stack.credentials import Credentials


def start(
    folder: Path, port: int, clock_file: Path, amount: FakeData, credentials: Credentials
) -> Child:
    """Start the fake. Its first start generates the answers and saves them in the data folder."""
    command = [sys.executable, "-m", "nps_local.machine.leash", "nps_local.fakes.wootric"]
    command += ["--port", str(port)]
    for name in ("seed", "answers", "people", "accounts", "days"):
        command += [f"--{name}", str(getattr(amount, name))]
    command += ["--clock-file", str(clock_file), "--state", str(folder / "wootric.json")]
    command += ["--account-token", credentials.account_token]
    command += ["--client-id", credentials.client_id]
    command += ["--client-secret", credentials.client_secret]
    path = os.pathsep.join([str(checkout.ROOT / "local"), os.environ.get("PYTHONPATH", "")])
    return Child("wootric", command, {**os.environ, "PYTHONPATH": path}, folder)


def send_webhooks_to(wootric_url: str, webhook_url: str, key: str) -> None:
    """Make the fake send signed webhooks to the stack."""
    switches = {"webhook": {"url": webhook_url, "key": key}}
    post_json(f"{wootric_url}/_fake/switches", switches)
