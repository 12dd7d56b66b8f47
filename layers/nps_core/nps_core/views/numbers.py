"""Numbers compared with the stored answers, and their repair. No row names a person."""

from typing import Any

from nps_core.numbers.audit import Difference
from nps_core.views.view import Moment, SourceId, View


class DifferenceRow(View):
    """A vote or summary that is not what the answers say."""

    kind: str
    account_id: str
    ledger: str
    month: str | None
    account_token: str | None
    response_id: SourceId | None
    differs: tuple[str, ...]
    stored: dict[str, Any] | None
    right: dict[str, Any] | None


class NumbersCheck(View):
    """`found` counts all differences; `differences` has the first 10,000 of them."""

    as_of: Moment
    accounts: int
    answers: int
    found: int
    pending: int
    unreadable: int
    differences: tuple[DifferenceRow, ...]


class NumbersRebuild(View):
    """The same before the repair, and what the repair did or, in a dry run, would do."""

    as_of: Moment
    accounts: int
    answers: int
    found: int
    pending: int
    unreadable: int
    dry_run: bool
    ledgers: int
    summaries: int
    proven: bool
    differences: tuple[DifferenceRow, ...]


def difference_row(one: Difference) -> DifferenceRow:
    token, _, answer_id = (one.vote or "").partition("#")
    return DifferenceRow(
        kind=one.kind,
        account_id=one.account_id,
        ledger=one.ledger,
        month=one.month,
        account_token=token or None,
        response_id=answer_id or None,
        differs=one.fields,
        stored=dict(one.stored) if one.stored else None,
        right=dict(one.right) if one.right else None,
    )
