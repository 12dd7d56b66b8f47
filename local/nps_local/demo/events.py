"""Events of the demo after the backfill: answers, edits, replays and a forgery."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import requests

from nps_local.clock import control
from nps_local.control import mails

if TYPE_CHECKING:
    from nps_local.demo.__main__ import Demo

_LIVE = (
    (3, None, "json"),
    (10, "Love the new dashboards", "json"),
    (6, "Support needs two days for an answer & the export times out", "form"),
    (9, None, "form"),
    (2, None, "json"),
    (7, "Fine so far", "form"),
)
"""(score, comment, webhook format) of people who have answered before."""


def play_events(demo: Demo) -> None:
    """Let customers answer, deliver, let one change the answer, deliver again."""
    demo.step("Signed webhooks: both formats, a comment 40 s later, edits, replays, a forgery")
    made = _answers(demo)
    control.ClockFile(demo.stack.clock_file).advance(timedelta(seconds=40))
    _patch(demo, made[0], {"text": "The export broke again, third time this month"})
    _patch(demo, made[4], {"score": 8})
    _post(demo, "/_fake/webhooks", {"ids": made, "event": "created"})
    _post(demo, "/_fake/webhooks", {"ids": made, "event": "updated"})
    _post(demo, "/_fake/webhooks/flush?timeout_s=30", {})
    _forge(demo)
    _patch(demo, made[3], {"excluded": True})
    demo.fire("sync")
    control.ClockFile(demo.stack.clock_file).advance(timedelta(minutes=3))
    demo.fire("deliver")
    _judge(demo)


def _answers(demo: Demo) -> list[int]:
    made: list[int] = []
    for person, (score, text, form) in zip(_people(demo), _LIVE, strict=False):
        _post(demo, "/_fake/switches", {"webhook": {"format": form}})
        new = {
            "score": score,
            "text": text,
            "end_user_id": person["id"],
            "properties": person["properties"],
        }
        made += _post(demo, "/_fake/answers", new)["ids"]
        _post(demo, "/_fake/webhooks/flush?timeout_s=30", {})
    return made


def _people(demo: Demo) -> list[dict[str, Any]]:
    """Return one person with an address per account."""
    url = f"{demo.stack.wootric_url}/_fake/source?kind=user"
    everyone = requests.get(url, timeout=30).json()
    per_account = {
        person["properties"]["company_id"]: person
        for person in everyone
        if person["properties"].get("company_id")
        and person["properties"].get("csm_email")
        and "@" in (person["email"] or "")
    }
    return list(per_account.values())


def _forge(demo: Demo) -> None:
    body = json.dumps({"response": {"id": 1, "score": 0}, "account_token": "NPS-1a2b3c4d"})
    headers = {"X-Wootric-Signature": "sha1=" + "0" * 40}
    status = requests.post(demo.stack.webhook_url, body, headers=headers, timeout=30).status_code
    demo.check(status == 401, f"a forged webhook is refused with {status}")


def _judge(demo: Demo) -> None:
    sent = mails.sent(demo.stack)[1:]
    tasks = demo.cli_json("tasks", "list")
    is_open = [task for task in tasks if task["status"] == "open"]
    demo.check(len(is_open) == 2, f"{len(is_open)} open tasks for two unhappy customers")
    demo.check(len(sent) == 2, f"{len(sent)} mails to customer-success managers, one each")
    with_comment = any("third time this month" in mail["text"] for mail in sent)
    demo.check(with_comment, "the comment that came 40 s after the score is in the one mail")


def _post(demo: Demo, path: str, body: Any) -> Any:
    reply = requests.post(f"{demo.stack.wootric_url}{path}", json=body, timeout=60)
    reply.raise_for_status()
    return reply.json() if reply.content else None


def _patch(demo: Demo, answer: int, body: dict[str, Any]) -> None:
    url = f"{demo.stack.wootric_url}/_fake/answers/{answer}"
    requests.patch(url, json=body, timeout=30).raise_for_status()
