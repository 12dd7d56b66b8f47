"""Our additions to MiniStack: it loses nothing at a stop, and redelivers after a kill."""

import io
import json
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nps_local.machine import ministack
from nps_local.machine.local_http import get_json, post_json
from nps_local.machine.ports import choose
from nps_testing.waiting import wait_until

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Writes down the keys it was given, after waiting for as long as a file exists.
HANDLER = """
import os, time, pathlib
def handler(event, context):
    folder = pathlib.Path(os.environ["FOLDER"])
    keys = [r["dynamodb"]["Keys"]["pk"]["S"] for r in event["Records"]]
    (folder / "started").write_text("yes")
    while (folder / "blocked").exists():
        time.sleep(0.02)
    with (folder / "handled").open("a") as file:
        file.write("".join(key + "\\n" for key in keys))
    return {"batchItemFailures": []}
"""


@dataclass
class Emulator:
    folder: Path
    port: int
    running: ministack.MiniStack

    def dynamodb(self) -> "DynamoDBClient":
        return ministack.session().client("dynamodb", endpoint_url=self.running.endpoint)

    def put(self, *keys: str) -> None:
        for key in keys:
            self.dynamodb().put_item(TableName="answers", Item={"pk": {"S": key}})

    def handled(self) -> list[str]:
        file = self.folder / "handled"
        return file.read_text().split() if file.exists() else []

    def behind(self) -> int:
        (stream,) = get_json(f"{self.running.admin_url}/backlog")["streams"]
        return int(stream["behind"])

    def restart(self) -> None:
        self.stop()
        self.running = started(self.folder, self.port)

    def stop(self) -> None:
        self.running.child.terminate()
        assert self.running.child.wait(time.monotonic() + 10), "it had to be killed"

    def block(self) -> None:
        (self.folder / "started").unlink(missing_ok=True)
        (self.folder / "blocked").touch()

    def wait_for_start(self) -> None:
        wait_until((self.folder / "started").exists, 20, "the function was invoked")

    def wait_until_handled(self) -> None:
        wait_until(lambda: self.behind() == 0, 20, "all records are handled")


def started(folder: Path, port: int) -> ministack.MiniStack:
    return ministack.start(folder / "data", port, folder / "clock.json", "ERROR")


@pytest.fixture
def emulator(ministack_python: Path, tmp_path: Path) -> Iterator[Emulator]:
    port = choose(tmp_path / "ports.json", None, None).aws
    own = Emulator(tmp_path, port, started(tmp_path, port))
    deploy(own)
    yield own
    (tmp_path / "blocked").unlink(missing_ok=True)
    own.stop()


def deploy(emulator: Emulator) -> None:
    table = emulator.dynamodb().create_table(
        TableName="answers",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("app.py", HANDLER)
    functions = ministack.session().client("lambda", endpoint_url=emulator.running.endpoint)
    functions.create_function(
        FunctionName="reader",
        Runtime="python3.13",
        Role="arn:aws:iam::000000000000:role/reader",
        Handler="app.handler",
        Code={"ZipFile": archive.getvalue()},
        Timeout=30,
        Environment={"Variables": {"FOLDER": str(emulator.folder)}},
    )
    functions.create_event_source_mapping(
        EventSourceArn=table["LatestStreamArn"],
        FunctionName="reader",
        StartingPosition="TRIM_HORIZON",
        BatchSize=10,
    )


def test_records_not_handled_at_a_stop__are_handled_after_the_start(emulator: Emulator) -> None:
    emulator.put("a", "b")
    emulator.wait_until_handled()
    emulator.block()
    emulator.put("c")
    emulator.wait_for_start()
    emulator.put("d", "e")
    emulator.stop()
    (emulator.folder / "blocked").unlink()
    emulator.running = started(emulator.folder, emulator.port)
    emulator.wait_until_handled()
    assert sorted(emulator.handled()) == ["a", "b", "c", "d", "e"]


def test_records_written_after_a_restart__are_handled(emulator: Emulator) -> None:
    emulator.put("a", "b", "c")
    emulator.wait_until_handled()
    emulator.restart()
    emulator.put("d")
    emulator.wait_until_handled()
    assert emulator.handled() == ["a", "b", "c", "d"]


def test_a_worker_killed_in_the_middle__gets_the_batch_again(emulator: Emulator) -> None:
    emulator.block()
    emulator.put("a")
    emulator.wait_for_start()
    killed = post_json(f"{emulator.running.admin_url}/kill?function=reader")
    assert killed == {"killed": 1, "in_invocation": 1}
    assert emulator.behind() == 1
    (emulator.folder / "blocked").unlink()
    emulator.wait_until_handled()
    assert emulator.handled() == ["a"]


def test_backlog__while_a_batch_runs__counts_it(emulator: Emulator) -> None:
    emulator.block()
    emulator.put("a")
    emulator.wait_for_start()
    assert emulator.behind() == 1


def test_accepted_mails__survive_a_restart(emulator: Emulator) -> None:
    mail = ministack.session().client("sesv2", endpoint_url=emulator.running.endpoint)
    mail.create_email_identity(EmailIdentity="nps@example.com")
    mail.send_email(
        FromEmailAddress="nps@example.com",
        Destination={"ToAddresses": ["owner@example.com"]},
        Content={"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}},
    )
    before = get_json(f"{emulator.running.endpoint}/_ministack/ses/messages")
    emulator.restart()
    assert get_json(f"{emulator.running.endpoint}/_ministack/ses/messages") == before
    assert "owner@example.com" in json.dumps(before)


def test_queues__are_found_again_on_another_port(emulator: Emulator, tmp_path: Path) -> None:
    def queues() -> list[str]:
        client = ministack.session().client("sqs", endpoint_url=emulator.running.endpoint)
        return client.list_queues().get("QueueUrls", [])

    client = ministack.session().client("sqs", endpoint_url=emulator.running.endpoint)
    url = client.create_queue(QueueName="inbox")["QueueUrl"]
    client.send_message(QueueUrl=url, MessageBody="kept")
    emulator.port = choose(tmp_path / "other.json", None, None).aws
    emulator.restart()
    (moved,) = queues()
    client = ministack.session().client("sqs", endpoint_url=emulator.running.endpoint)
    assert f":{emulator.port}/" in moved
    assert client.receive_message(QueueUrl=moved)["Messages"][0]["Body"] == "kept"
