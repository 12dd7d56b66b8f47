"""Quarantined payloads; `QuarantineRow.model_validate(payload)` takes the fields from one."""

from nps_core.views.view import Moment, View


class QuarantineRow(View):
    key: str
    received_at: Moment
    source: str
    account_token: str
    reason: str
    detail: str


class QuarantineDetail(QuarantineRow):
    """A payload with its text, which may contain personal data."""

    raw: str
