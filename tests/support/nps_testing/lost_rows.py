"""What the source holds, compared with what is stored."""

from collections.abc import Iterable

from nps_core.models import Answer
from nps_core.wootric import KINDS
from nps_local.fake_wootric.server import FakeWootric


def missing(source: FakeWootric, stored: Iterable[Answer]) -> set[str]:
    """Visible rows, as kind#id, that are not stored, or with another score, text or exclusion."""
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
