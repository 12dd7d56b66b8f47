"""Every displayed number is a pure fold of votes: the same votes always give the same numbers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from nps_core.keys import month_of
from nps_core.numbers.ledger import Vote
from nps_core.scoring import (
    Counts,
    Direction,
    ScoreClass,
    account_class,
    categorize,
    count,
    direction,
)
from nps_core.times import epoch_ms

TREND_MONTHS = 12


@dataclass(frozen=True, slots=True)
class MonthPoint:
    """All answers of one UTC month; n = 0 is a gap, not a zero."""

    month: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account's numbers at `as_of`, over the answers given at or after `as_of` - window.

    `all` counts every answer, `latest` the latest answer of each contact. The numbers are exact
    until `valid_until`. Then the oldest counted answer leaves the window, so time alone changes
    them.
    """

    account_id: str
    name: str | None
    owner: str | None
    as_of: datetime
    window_days: int
    all: Counts
    latest: Counts
    account_class: ScoreClass | None
    class_reason: str
    last_answered_at: datetime | None
    trend: tuple[MonthPoint, ...]
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class ContactView:
    """A contact's latest answer to an account, compared with the previous one."""

    account_id: str | None
    email: str | None
    end_user_id: str | None
    latest_score: int
    latest_class: ScoreClass
    latest_at: datetime
    previous_score: int | None
    previous_at: datetime | None
    direction: Direction
    delta: int | None


def counted(votes: Mapping[str, Vote]) -> list[tuple[str, Vote]]:
    """Return the votes that count, oldest answer first: the order of every fold.

    By whole second, then by id, because the API has no finer time: the order must not depend on the
    source of an answer.
    """
    live = [(key, vote) for key, vote in votes.items() if not vote.gone and vote.score is not None]
    return sorted(live, key=_order)


def in_window(votes: Mapping[str, Vote], as_of: datetime, window_days: int) -> list[Vote]:
    """Return the counted votes given at or after as_of - window, oldest first, exact to the ms.

    There is no upper bound: a stored answer has been given, even if Wootric's clock is ahead of
    ours.
    """
    oldest = epoch_ms(as_of - timedelta(days=window_days))
    return [vote for _, vote in counted(votes) if vote.answered_ms >= oldest]


def latest_per_contact(votes: Iterable[Vote]) -> list[Vote]:
    """Keep the last vote of each contact; `votes` must be oldest first."""
    return list({vote.contact: vote for vote in votes}.values())


def fold_account(
    account_id: str, votes: Mapping[str, Vote], as_of: datetime, window_days: int
) -> AccountView:
    window = in_window(votes, as_of, window_days)
    latest = count(_scores(latest_per_contact(window)))
    klass, reason = account_class(latest)
    everything = [vote for _, vote in counted(votes)]
    return AccountView(
        account_id=account_id,
        name=_label(votes, 0),
        owner=_label(votes, 1),
        as_of=as_of,
        window_days=window_days,
        all=count(_scores(window)),
        latest=latest,
        account_class=klass,
        class_reason=reason,
        last_answered_at=everything[-1].answered_at if everything else None,
        trend=trend(everything, as_of),
        valid_until=_oldest(window, timedelta(days=window_days)),
    )


def trend(votes: Iterable[Vote], as_of: datetime) -> tuple[MonthPoint, ...]:
    """Return the last 12 UTC months, oldest first, the current month last."""
    by_month: dict[str, list[Vote]] = {}
    for vote in votes:
        by_month.setdefault(month_of(vote.answered_at), []).append(vote)
    return tuple(
        MonthPoint(month, count(_scores(by_month.get(month, [])))) for month in months_to(as_of)
    )


def months_to(as_of: datetime, months: int = TREND_MONTHS) -> list[str]:
    """Return the last UTC months, oldest first, ending with that of `as_of`."""
    last = as_of.year * 12 + as_of.month - 1
    return [f"{m // 12:04d}-{m % 12 + 1:02d}" for m in range(last - months + 1, last + 1)]


def first_month(as_of: datetime, window_days: int) -> str:
    """Return the oldest month that the window or the trend needs."""
    return min(months_to(as_of)[0], month_of(as_of - timedelta(days=window_days)))


def fold_contact(account_id: str | None, votes: Mapping[str, Vote]) -> ContactView | None:
    """Fold a contact's votes; None if none of their answers counts."""
    past = [vote for _, vote in counted(votes)]
    if not past or past[-1].score is None:
        return None
    latest, previous = past[-1], past[-2] if len(past) > 1 else None
    before = previous.score if previous else None
    return ContactView(
        account_id=account_id,
        email=_label(votes, 0),
        end_user_id=_label(votes, 1),
        latest_score=past[-1].score,
        latest_class=categorize(past[-1].score),
        latest_at=latest.answered_at,
        previous_score=before,
        previous_at=previous.answered_at if previous else None,
        direction=direction(past[-1].score, before),
        delta=None if before is None else past[-1].score - before,
    )


def _order(item: tuple[str, Vote]) -> tuple[int, int, str]:
    key, vote = item
    return vote.answered_ms // 1000, len(key), key


def _oldest(window: Iterable[Vote], days: timedelta) -> datetime | None:
    return min((vote.answered_at + days for vote in window), default=None)


def _scores(votes: Iterable[Vote]) -> list[int]:
    return [vote.score for vote in votes if vote.score is not None]


def _label(votes: Mapping[str, Vote], index: int) -> str | None:
    """Return the label of the latest answer that has one, counted or not."""
    rows = [
        (key, vote)
        for key, vote in votes.items()
        if not vote.gone and len(vote.labels) > index and vote.labels[index]
    ]
    return max(rows, key=_order)[1].labels[index] if rows else None
