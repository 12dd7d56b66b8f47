"""Adds rows to the bundled fake in bulk, and compares its rows with the stored answers."""

from collections.abc import Iterable

from nps_core.answers.models import Answer
from nps_core.sync.lists import KINDS
from nps_local.fakes.wootric.actions import NewAnswer
from nps_local.fakes.wootric.server import FakeWootric


def add_answers(source: FakeWootric, count: int, created_s: float, every_s: float = 0.0) -> None:
    """Add answers in one millisecond, or `every_s` apart."""
    with source.store.lock:
        for number in range(count):
            source.actions.answer(
                NewAnswer(
                    score=9,
                    created_ms=round((created_s + number * every_s) * 1000),
                    end_user_id=7001,
                    email="ana@acme.example",
                    properties={"company_id": "c-118"},
                )
            )


def missing(source: FakeWootric, stored: Iterable[Answer]) -> set[str]:
    """Visible rows (kind#id) that are not stored or differ in score, text or exclusion."""
    answers = {(answer.key.kind, answer.key.id): answer for answer in stored}
    lost: set[str] = set()
    for kind in KINDS.values():
        for row in source.source(kind):
            answer = answers.get((kind, str(row["id"])))
            same = answer is not None and (
                kind == "decline"
                or (answer.score, answer.text, answer.excluded)
                == (row["score"], row["text"], row["excluded"])
            )
            if row["visible"] and not same:
                lost.add(f"{kind}#{row['id']}")
    return lost
