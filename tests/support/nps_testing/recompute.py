"""Recomputes every number from the stored answers, without the code of `nps_core.numbers`."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from nps_core.answers.models import Answer


class Numbers(NamedTuple):
    """n, promoters, passives, detractors."""

    n: int
    promoters: int
    passives: int
    detractors: int


class AccountNumbers(NamedTuple):
    """Over all answers, and over the latest answer of each contact."""

    all: Numbers
    latest: Numbers


def accounts(
    answers: Iterable[Answer], now: datetime, window_days: int = 180
) -> dict[str, AccountNumbers]:
    """Return the numbers of each account with a counted answer in the window."""
    since = now - timedelta(days=window_days)
    per_account: dict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        if answer.is_counted and answer.answered_at >= since:
            per_account[answer.account_id or "~unmatched"].append(answer)
    return {
        account: AccountNumbers(_numbers(rows), _numbers(_latest(rows)))
        for account, rows in per_account.items()
    }


def _latest(rows: list[Answer]) -> list[Answer]:
    newest: dict[str, Answer] = {}
    for row in sorted(rows, key=lambda a: (int(a.answered_at.timestamp()), int(a.key.id))):
        newest[row.contact_key] = row
    return list(newest.values())


def _numbers(rows: list[Answer]) -> Numbers:
    scores = [row.score for row in rows if row.score is not None]
    promoters = sum(score >= 9 for score in scores)
    detractors = sum(score <= 6 for score in scores)
    return Numbers(len(scores), promoters, len(scores) - promoters - detractors, detractors)
