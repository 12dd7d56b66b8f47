"""Due times of tasks. Hours of a weekend do not count; days are UTC days."""

from datetime import datetime, time, timedelta

_BY_TIER = {1: timedelta(hours=24), 2: timedelta(hours=48)}
_SATURDAY = 5


def tier_of(score: int) -> int:
    """Return 1 (most urgent) for a score of 0 to 3, 2 for 4 to 6."""
    return 1 if score <= 3 else 2


def due_after(opened_at: datetime, tier: int) -> datetime:
    """Return the due time of a task of the tier: 24 or 48 weekday hours after it was opened.

    Friday 16:00 plus 24 hours is Monday 16:00; the hours of a task opened at the weekend start on
    Monday.
    """
    moment, left = _out_of_weekend(opened_at), _BY_TIER[tier]
    while left:
        step = min(left, _next_midnight(moment) - moment)
        moment, left = _out_of_weekend(moment + step), left - step
    return moment


def _out_of_weekend(moment: datetime) -> datetime:
    while moment.weekday() >= _SATURDAY:
        moment = _next_midnight(moment)
    return moment


def _next_midnight(moment: datetime) -> datetime:
    return datetime.combine(moment + timedelta(days=1), time(), moment.tzinfo)
