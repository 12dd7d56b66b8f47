"""Runs of the sync; `RunRow.model_validate(record)` takes the fields from a run's record."""

from nps_core.views.view import Moment, View


class RunRow(View):
    run_id: str
    kind: str
    status: str
    started_at: Moment
    ended_at: Moment | None
    window_from: Moment | None
    window_to: Moment | None
    pages: int
    fetched: int
    created: int
    updated: int
    unchanged: int
    quarantined: int
    requests: int
    throttled: int
    error: str | None
    account_token: str


class RunDetail(RunRow):
    """A run with all recorded fields."""

    closed_gaps: int
    deleted: int
    gaps: int
