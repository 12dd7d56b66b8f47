"""From an HTTP request to the mail a CSM reads, on the deployed template."""

import json
from collections.abc import Callable
from typing import Any

from nps_core.connectors.wootric.signature import sign
from nps_core.times import iso
from nps_local.demo.recompute import accounts, differences
from nps_testing.sources.local_fake import Source
from nps_testing.stacks.local import LocalStack
from nps_testing.stacks.nps_program import nps

COMMENT = "Exports time out & <b>support</b> is slow"


def test_a_score_of_3__one_task_one_mail_with_the_later_comment_and_the_new_nps(
    start_stack: Callable[..., LocalStack],
) -> None:
    stack = start_stack("--answers", "150", "--people", "40", "--accounts", "5")
    source = Source(stack.running.wootric_url)
    _backfill_alerts_nobody(stack)
    person = source.someone()
    before = _account(stack, person)

    payload = _answer(stack, person, score=3, text=None)
    _post(stack, payload, "created")
    stack.wait()
    after = _account(stack, person)
    assert after["all"]["n"] == before["all"]["n"] + 1
    assert after["all"]["detractors"] == before["all"]["detractors"] + 1
    stack.fire("deliver")
    assert len(stack.mails()) == 1, "nothing leaves before the answer has settled"

    stack.advance("40s")
    payload["response"] |= {"text": COMMENT, "updated_at": iso(stack.now())}
    for _ in range(3):
        _post(stack, payload, "updated")
    _post(stack, payload | {"response": payload["response"] | {"text": None}}, "created")
    stack.wait()
    stack.advance("3m")
    for _ in range(3):
        stack.fire("deliver")

    (mail,) = stack.mails()[1:]
    owner = person["properties"]["csm_email"]
    assert mail["to"] == [owner]
    assert "&lt;b&gt;support&lt;/b&gt;" in mail["html"]
    assert "<b>support" not in mail["html"]
    assert COMMENT in mail["text"]
    (task,) = nps(stack.data, "tasks", "list")
    assert (task["status"], task["owner"]) == ("open", owner)
    assert task["account_id"] == person["properties"]["company_id"]
    listed = nps(stack.data, "mail", "list")
    assert sorted(row["state"] for row in listed) == ["SENT", "SENT"]


def _backfill_alerts_nobody(stack: LocalStack) -> None:
    assert stack.fire("sync")["status"] == "complete"
    stack.wait()
    for _ in range(3):
        stack.advance("3m")
        stack.fire("deliver")
    (mail,) = nps(stack.data, "mail", "list")
    assert mail["kind"] == "backfill"
    assert len(stack.mails()) == 1
    assert nps(stack.data, "tasks", "list") == []
    shown = nps(stack.data, "accounts", "list")
    expected = accounts(Source(stack.running.wootric_url).answers(), stack.now(), 180)
    assert differences(shown, expected) == []


def _account(stack: LocalStack, person: dict[str, Any]) -> dict[str, Any]:
    shown = nps(stack.data, "accounts", "show", person["properties"]["company_id"])
    assert isinstance(shown, dict)
    return shown


def _answer(
    stack: LocalStack, person: dict[str, Any], score: int, text: str | None
) -> dict[str, Any]:
    now = iso(stack.now())
    return {
        "response": {
            "id": 987654,
            "email": person["email"],
            "external_id": person["external_id"],
            "score": score,
            "text": text,
            "end_user_id": person["id"],
            "end_user_properties": person["properties"],
            "survey_id": 1,
            "created_at": now,
            "updated_at": now,
            "excluded_from_calculations": False,
        },
        "timestamp": now,
        "account_token": stack.running.account_token,
        "survey_mode": "NPS",
    }


def _post(stack: LocalStack, payload: dict[str, Any], event: str) -> None:
    body = json.dumps(payload | {"event_name": event}).encode()
    secret = json.loads((stack.data / "secrets.json").read_text())
    key = secret["webhook_keys"]["active"][0]
    reply = stack.post_webhook(body, {"X-Wootric-Signature": sign(body, key)})
    assert reply.status_code == 200
