"""Starts MiniStack, the local AWS, with its state in our data folder."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import boto3
from botocore.config import Config

from nps_local import checkout
from nps_local.machine.processes import Child

REGION = "us-east-1"
_READY_S = 60.0
# We set MiniStack's and the SDK's variables; those of the user's shell must not reach it.
_FOREIGN = re.compile(r"AWS_|LAMBDA_|S3_|MINISTACK_|NPS_|GATEWAY_PORT|EDGE_PORT|SERVICES|AUTH$")


@dataclass(frozen=True, slots=True)
class MiniStack:
    child: Child
    endpoint: str
    admin_url: str


def start(data: Path, port: int, clock_file: Path, log_level: str) -> MiniStack:
    """Start MiniStack on a port of 127.0.0.1 and wait until it answers."""
    state, scratch = data / "aws", data / "tmp"
    shutil.rmtree(scratch, ignore_errors=True)
    for folder in (state, scratch):
        folder.mkdir(parents=True, exist_ok=True)
    _follow_port(state, port)
    env = {name: value for name, value in os.environ.items() if not _FOREIGN.match(name)}
    env |= {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "LOG_LEVEL": log_level,
        "PERSIST_STATE": "1",
        "STATE_DIR": str(state),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(state / "s3"),
        "TMPDIR": str(scratch),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "MINISTACK_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "NPS_CLOCK_FILE": str(clock_file),
        "PYTHONPATH": str(checkout.ROOT / "local"),
    }
    command = [str(checkout.ministack_python()), "-m", "nps_local.emulator"]
    child = Child("ministack", command, env, scratch)
    try:
        admin_port = int(child.ready(_READY_S)["admin_port"])
    except BaseException:
        child.terminate()
        raise
    endpoint = f"http://127.0.0.1:{port}"
    return MiniStack(child, endpoint, f"http://127.0.0.1:{admin_port}")


def session() -> boto3.Session:
    """An SDK session with the emulator's credentials, not those of the user's shell."""
    return boto3.Session(region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test")


def config(read_timeout: float = 60.0) -> Config:
    """Client settings: one attempt, since everything is on this machine."""
    return Config(read_timeout=read_timeout, retries={"total_max_attempts": 1})


def _follow_port(state: Path, port: int) -> None:
    """Rewrite the port in saved queue URLs, or the queues would not be found again."""
    for name in ("sqs", "lambda", "cloudformation"):
        path = state / f"{name}.json"
        if path.exists():
            text = path.read_text()
            path.write_text(re.sub(r"http://localhost:\d+/", f"http://localhost:{port}/", text))
